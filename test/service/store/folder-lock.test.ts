import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../../../service/store/folder-lock.ts";
import { tempDir } from "../../support/temp-dir.ts";

const LOCK = join(import.meta.dirname, "../../../service/store/folder-lock.ts");
const inUse = { code: "DATA_FOLDER_IN_USE" };

/** Another process that takes the lock and keeps it; its first line says "taken" or the error's code. */
async function otherOwner(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const script = `
    import { lockFolder } from ${JSON.stringify(LOCK)};
    try { lockFolder(${JSON.stringify(folder)}); console.log("taken"); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: line.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("the lock of a data folder", () => {
  it("is given once, and again after its release", () => {
    const folder = tempDir();
    const lock = lockFolder(folder);
    assert.throws(() => lockFolder(folder), { ...inUse, params: { folder, pid: process.pid } });
    lock.release();
    lockFolder(folder).release();
    assert.equal(existsSync(join(folder, "lock")), false);
  });

  it("is kept by a living process and taken from one that was killed", async () => {
    const folder = tempDir();
    const { child, said } = await otherOwner(folder);
    try {
      assert.equal(said, "taken");
      assert.throws(() => lockFolder(folder), { ...inUse, params: { folder, pid: child.pid } });
    } finally {
      await kill(child);
    }
    lockFolder(folder).release();
  });

  it("of a dead process goes to exactly one of many that want it", async () => {
    const folder = tempDir();
    const first = await otherOwner(folder);
    await kill(first.child);
    const rivals = await Promise.all([1, 2, 3, 4].map(() => otherOwner(folder)));
    await Promise.all(rivals.map(({ child }) => kill(child)));
    assert.deepEqual(rivals.map(({ said }) => said).toSorted(), [
      "DATA_FOLDER_IN_USE",
      "DATA_FOLDER_IN_USE",
      "DATA_FOLDER_IN_USE",
      "taken",
    ]);
  });

  it("is not kept by another process that has the dead owner's number", function () {
    if (!existsSync("/proc/self/stat")) this.skip(); // elsewhere a number is all there is
    const folder = tempDir();
    const owner = { id: "old", pid: process.ppid, host: hostname(), startedAt: "1" };
    writeFileSync(join(folder, "lock"), JSON.stringify(owner));
    lockFolder(folder).release();
  });

  it("of another machine is kept while its owner touches it", () => {
    const folder = tempDir();
    const path = join(folder, "lock");
    writeFileSync(path, JSON.stringify({ id: "far", pid: 1, host: "elsewhere", startedAt: "" }));
    assert.throws(() => lockFolder(folder), inUse);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(path, longAgo, longAgo);
    lockFolder(folder).release();
  });

  it("that nobody can read is nobody's", () => {
    const folder = tempDir();
    writeFileSync(join(folder, "lock"), "\0\0\0");
    lockFolder(folder).release();
  });

  it("released late does not take away its successor's", () => {
    const folder = tempDir();
    const lock = lockFolder(folder);
    const path = join(folder, "lock");
    const successor = JSON.stringify({ id: "next", pid: process.pid, host: hostname(), startedAt: "" });
    writeFileSync(path, successor);
    lock.release();
    assert.equal(readFileSync(path, "utf8"), successor);
  });
});
