/** The database: PGlite in a folder of this process, or PostgreSQL; the same queries run on both. */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzlePostgres } from "drizzle-orm/node-postgres";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { Pool } from "pg";
import { fromPglite, PgBoss } from "pg-boss";
import * as tables from "./tables.ts";

export type Database = PgDatabase<PgQueryResultHKT, typeof tables>;

export interface OpenDatabase {
  readonly db: Database;
  /** A queue on the same connection, not started yet. */
  makeBoss(): PgBoss;
  close(): Promise<void>;
}

/** PGlite under `dataDir`/db. The caller holds the folder's lock: two processes on one PGlite folder lose rows. */
export async function openPglite(dataDir: string): Promise<OpenDatabase> {
  const folder = join(dataDir, "db");
  if (!existsSync(folder)) await makeCluster(folder);
  const lite = await PGlite.create(folder);
  return {
    db: drizzlePglite(lite, { schema: tables }) as unknown as Database,
    makeBoss: () => new PgBoss({ db: fromPglite(lite), backend: "pglite" }),
    close: () => lite.close(),
  };
}

/** A database whose making was cut short would never open again: it gets its name when it is whole. */
async function makeCluster(folder: string): Promise<void> {
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  const lite = await PGlite.create(draft);
  await lite.close();
  await rename(draft, folder);
}

export async function openPostgres(databaseUrl: string): Promise<OpenDatabase> {
  const pool = new Pool({ connectionString: databaseUrl });
  // An idle connection that the server closes is replaced at the next query; without a listener it would end the process.
  pool.on("error", () => undefined);
  await pool.query("SELECT 1");
  return {
    db: drizzlePostgres(pool, { schema: tables }) as unknown as Database,
    makeBoss: () => new PgBoss({ connectionString: databaseUrl }),
    close: () => pool.end(),
  };
}
