/** A library on a store of its own, one for a test file. */
import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { Client } from "pg";
import { Library } from "../../../service/library/index.ts";
import { openStore, type Store } from "../../../service/store/index.ts";
import { freshFolder } from "../store/fresh-folder.ts";

export const ADA = "Ada";
export const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

export interface OpenLibrary {
  readonly folder: string;
  readonly store: Store;
  readonly library: Library;
  /** Ids of the events that `act` causes. */
  heard(event: "dataset" | "module" | "erased", act: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

/** With a PostgreSQL's address in ANIMULA_TEST_DATABASE, the same tests run on a new database of it. */
export async function openLibrary(): Promise<OpenLibrary> {
  const folder = await freshFolder();
  const server = process.env["ANIMULA_TEST_DATABASE"];
  const store = await openStore({ dataDir: folder, databaseUrl: server && (await newDatabase(server)) });
  const library = new Library(store, { side: 64 });
  return {
    folder,
    store,
    library,
    async heard(event, act) {
      const ids: string[] = [];
      const listener = (id: string): void => void ids.push(id);
      library.on(event, listener);
      await act();
      library.off(event, listener);
      return ids;
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function newDatabase(server: string): Promise<string> {
  const name = `animula_test_${randomUUID().replaceAll("-", "")}`;
  const client = new Client(server);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
