import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ObjectStore, TooManyBytes } from "../../../service/store/object-store.ts";
import { tempDir } from "../../support/temp-dir.ts";

const SOURCE = join(import.meta.dirname, "../../../service/store/object-store.ts");
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const files = (folder: string): string[] =>
  readdirSync(join(folder, "objects"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    yield part;
  }
}

describe("the object store", () => {
  it("keeps bytes under their hash, in one piece or in many", async () => {
    const store = await ObjectStore.open(tempDir());
    const [a, b] = [randomBytes(100_000), randomBytes(7)];
    const whole = Buffer.concat([a, b]);
    const expected = { sha256: sha256(whole), bytes: whole.length };
    assert.deepEqual(await store.put(chunks(a, b)), expected);
    assert.deepEqual(await store.put(whole), expected);
    assert.deepEqual(await store.read(expected.sha256), whole);
    assert.equal(await store.has(expected.sha256), true);
    await store.delete(expected.sha256);
    assert.equal(await store.has(expected.sha256), false);
    assert.equal(await store.read(expected.sha256), undefined);
  });

  it("stops at the limit and leaves nothing", async () => {
    const folder = tempDir();
    const store = await ObjectStore.open(folder);
    assert.equal((await store.put(chunks(randomBytes(50), randomBytes(50)), 100)).bytes, 100);
    await assert.rejects(store.put(chunks(randomBytes(50), randomBytes(51)), 100), TooManyBytes);
    assert.equal(files(folder).length, 1);
  });

  it("leaves nothing of a source that breaks", async () => {
    const folder = tempDir();
    const store = await ObjectStore.open(folder);
    const broken = (async function* () {
      await Promise.resolve();
      yield randomBytes(10);
      throw new Error("the line is dead");
    })();
    await assert.rejects(store.put(broken), /the line is dead/);
    assert.deepEqual(files(folder), []);
  });

  it("takes nothing but a hash for a name", async () => {
    const store = await ObjectStore.open(tempDir());
    for (const name of ["../../etc/passwd", "", "a".repeat(63), "A".repeat(64), `${"a".repeat(64)}/..`, "%2e%2e"]) {
      assert.throws(() => store.path(name), { code: "NOT_FOUND" });
    }
  });

  it("clears away what a killed process left half-written, and keeps the rest", async () => {
    const folder = tempDir();
    const script = `
      import { ObjectStore } from ${JSON.stringify(SOURCE)};
      const store = await ObjectStore.open(${JSON.stringify(folder)});
      const kept = await store.put(Buffer.from("kept"));
      store.put((async function* () { yield Buffer.from("half"); console.log(kept.sha256); await new Promise(() => {}); })());
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(files(folder).length, 2);
    const store = await ObjectStore.open(folder);
    assert.equal((await store.read(line.toString().trim()))?.toString(), "kept");
    assert.equal(files(folder).length, 1);
  });

  it("says that the disk is full", async () => {
    const folder = tempDir();
    const store = await ObjectStore.open(folder);
    const full = (async function* () {
      await Promise.resolve();
      yield randomBytes(10);
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    })();
    await assert.rejects(store.put(full), { code: "DISK_FULL" });
    assert.deepEqual(files(folder), []);
  });

  it("opens beside files it did not make", async () => {
    const folder = tempDir();
    mkdirSync(join(folder, "objects"), { recursive: true });
    writeFileSync(join(folder, "objects", "README"), "hello");
    await ObjectStore.open(folder);
    assert.deepEqual(files(folder), ["README"]);
  });
});
