/** Data folders for tests. Making an embedded database takes seconds, copying one that is empty takes none. */
import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";

const MODULES = join(import.meta.dirname, "../../../node_modules");

/** A new data folder whose database was made by the installed PGlite and never used. Remove it after the test. */
export async function freshFolder(): Promise<string> {
  const template = await emptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), "animula-data-"));
  await cp(template, join(folder, "db"), { recursive: true });
  return folder;
}

/** Made once for each version, beside the packages. */
async function emptyDatabase(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(MODULES, "@electric-sql/pglite/package.json"), "utf8")) as {
    version: string;
  };
  const cache = join(MODULES, ".cache/animula");
  const template = join(cache, `pglite-${version}`);
  if (existsSync(template)) return template;
  const draft = await mkdtemp(join(tmpdir(), "animula-pglite-"));
  const lite = await PGlite.create(draft);
  await lite.close();
  await cp(draft, `${template}.${process.pid}`, { recursive: true });
  await rm(draft, { recursive: true });
  // Two test runs may do this at once; either result will do.
  await rename(`${template}.${process.pid}`, template).catch(() => undefined);
  return template;
}
