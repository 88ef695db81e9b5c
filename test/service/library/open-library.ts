/** A library on a store of its own, one for a test file. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
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

export async function openLibrary(): Promise<OpenLibrary> {
  const folder = await freshFolder();
  const store = await openStore({ dataDir: folder });
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
