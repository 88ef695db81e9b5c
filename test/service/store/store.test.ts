import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eq, is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { migrate } from "../../../service/store/migrations.ts";
import { openStore, tables, type Store } from "../../../service/store/index.ts";
import { freshFolder } from "./fresh-folder.ts";

const SOURCE = join(import.meta.dirname, "../../../service/store/index.ts");

describe("the store", function () {
  this.timeout(300_000);
  let folder: string;
  let store: Store;

  before(async () => {
    folder = await freshFolder();
    store = await openStore({ dataDir: folder });
  });
  after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("has the tables that queries name, column by column", async () => {
    const { rows } = (await store.db.execute(
      sql`SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'`,
    )) as unknown as { rows: { table_name: string; column_name: string; data_type: string; is_nullable: string }[] };
    const present = rows
      .filter(({ table_name: table }) => table !== "animula_schema")
      .map((row) => `${row.table_name}.${row.column_name} ${row.data_type} ${row.is_nullable}`);
    const named = Object.values(tables)
      .filter((each) => is(each, PgTable))
      .flatMap((table) => {
        const { name, columns } = getTableConfig(table);
        return columns.map((column) => {
          const type = column.getSQLType().replace("bigserial", "bigint");
          return `${name}.${column.name} ${type} ${column.notNull ? "NO" : "YES"}`;
        });
      });
    assert.deepEqual(present.toSorted(), named.toSorted());
  });

  it("has the indexes and keys that queries count on", async () => {
    const { rows } = (await store.db.execute(
      sql`SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`,
    )) as unknown as { rows: { indexname: string }[] };
    const present = rows.map(({ indexname }) => indexname);
    for (const table of Object.values(tables).filter((each) => is(each, PgTable))) {
      const { indexes, primaryKeys } = getTableConfig(table);
      for (const { config } of indexes) assert.ok(present.includes(config.name ?? "?"), config.name);
      for (const key of primaryKeys) assert.ok(present.includes(key.getName()), key.getName());
    }
  });

  it("migrates once, however often it is opened", async () => {
    await store.db.insert(tables.datasets).values({
      id: "kept",
      name: "Kept",
      nodeId: "",
      owner: "Ada",
      revision: 0,
      createdAt: Date.now(),
    });
    await migrate(store.db);
    const rows = await store.db.select().from(tables.datasets).where(eq(tables.datasets.id, "kept"));
    assert.equal(rows.length, 1);
  });

  it("runs a queue on the same connection", async () => {
    const boss = await store.boss();
    assert.equal(await store.boss(), boss);
    await boss.createQueue("greetings");
    const got = new Promise<unknown>((resolve) => {
      void boss.work("greetings", async ([job]) => {
        await Promise.resolve();
        resolve(job?.data);
      });
    });
    await boss.send("greetings", { to: "smith" });
    assert.deepEqual(await got, { to: "smith" });
  });

  it("clears away what an earlier run needed for a moment", async () => {
    const other = await freshFolder();
    const left = join(other, "temporary", "left");
    await mkdir(left, { recursive: true });
    const reopened = await openStore({ dataDir: other });
    try {
      assert.deepEqual(await readdir(reopened.temporaryDir), []);
    } finally {
      await reopened.close();
      await rm(other, { recursive: true });
    }
  });

  it("starts over where the making of its database was cut short", async () => {
    const other = await freshFolder();
    // The draft of a first start that was killed: some of the files, none whole.
    await rename(join(other, "db"), join(other, "db.new"));
    await rm(join(other, "db.new", "global"), { recursive: true });
    try {
      await (await openStore({ dataDir: other })).close();
      assert.deepEqual((await readdir(other)).toSorted(), ["db", "objects", "temporary"]);
      await (await openStore({ dataDir: other })).close();
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it("belongs to one process", async () => {
    await assert.rejects(openStore({ dataDir: folder }), {
      code: "DATA_FOLDER_IN_USE",
      params: { folder, pid: process.pid },
    });
    // Being refused changed nothing for the owner.
    assert.equal((await store.db.select().from(tables.datasets)).length, 1);
  });

  it("says how to go on without a database that cannot be reached, and lets go of the folder", async () => {
    const other = await freshFolder();
    try {
      const databaseUrl = "postgres://nobody@127.0.0.1:9/none";
      await assert.rejects(openStore({ dataDir: other, databaseUrl }), { code: "DATABASE_UNREACHABLE" });
      await (await openStore({ dataDir: other })).close();
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it("keeps what it acknowledged through kill -9", async () => {
    const killed = await freshFolder();
    const script = `
      import { openStore, tables } from ${JSON.stringify(SOURCE)};
      const store = await openStore({ dataDir: ${JSON.stringify(killed)} });
      for (let n = 0; ; n++) {
        const { sha256 } = await store.objects.put(Buffer.from("object " + n));
        await store.db.insert(tables.assets).values({ keyHash: String(n), key: {}, sha256, provenance: {}, createdAt: 0 });
        console.log(sha256);
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 50) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    const reopened = await openStore({ dataDir: killed });
    try {
      const kept = new Set((await reopened.db.select().from(tables.assets)).map(({ sha256 }) => sha256));
      for (const sha256 of acknowledged) {
        assert.ok(kept.has(sha256));
        assert.ok(await reopened.objects.has(sha256));
      }
    } finally {
      await reopened.close();
      await rm(killed, { recursive: true });
    }
  });
});
