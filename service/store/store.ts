import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PgBoss } from "pg-boss";
import { ServiceError } from "../protocol/index.ts";
import { type Database, openPglite, openPostgres } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { migrate } from "./migrations.ts";
import { ObjectStore } from "./object-store.ts";

export interface StoreOptions {
  /** Folder that holds everything. */
  readonly dataDir: string;
  /** A PostgreSQL to use instead of the embedded database. */
  readonly databaseUrl?: string | undefined;
}

/** What the service keeps: rows and objects. One process owns it. */
export interface Store {
  readonly dataDir: string;
  /** For what is needed for a moment; emptied when the store opens. */
  readonly temporaryDir: string;
  readonly db: Database;
  readonly objects: ObjectStore;
  /** The job queue on the same connection, started at the first call. */
  boss(): Promise<PgBoss>;
  close(): Promise<void>;
}

/**
 * Opens the data folder, making it if it is new.
 * Errors: DATA_FOLDER_IN_USE, DATABASE_UNREACHABLE, DISK_FULL.
 */
export async function openStore({ dataDir, databaseUrl }: StoreOptions): Promise<Store> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dataDir);
  const temporaryDir = join(dataDir, "temporary");
  try {
    await rm(temporaryDir, { recursive: true, force: true });
    await mkdir(temporaryDir);
    const objects = await ObjectStore.open(dataDir);
    const database = await (databaseUrl === undefined ? openPglite(dataDir) : reach(databaseUrl));
    await migrate(database.db);
    let boss: Promise<PgBoss> | undefined;
    return {
      dataDir,
      temporaryDir,
      objects,
      db: database.db,
      boss: () => (boss ??= database.makeBoss().start()),
      async close() {
        const running = await boss?.catch(() => undefined);
        await running?.stop({ graceful: false });
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function reach(databaseUrl: string): ReturnType<typeof openPostgres> {
  try {
    return await openPostgres(databaseUrl);
  } catch (error) {
    throw new ServiceError("DATABASE_UNREACHABLE", { problem: error instanceof Error ? error.message : String(error) });
  }
}
