import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join, resolve } from "node:path";
import { openSafetensors, readTensor, writeFileAtomic, writeSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const formatIndex = resolve(import.meta.dirname, "../../lora/format/index.ts");

/** Replaces a function of `node:fs` while `act` runs. */
function withFault<K extends "writeSync" | "fsyncSync" | "renameSync">(
  name: K,
  fault: (typeof fs)[K] | (() => never),
  act: () => void,
): void {
  const original = fs[name];
  fs[name] = fault as (typeof fs)[K];
  try {
    act();
  } finally {
    fs[name] = original;
  }
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code, syscall: "write" });
  };
}

describe("writeFileAtomic", () => {
  it("writes bytes, text, and pieces", () => {
    const path = join(tempDir(), "file");
    writeFileAtomic(path, Buffer.from("ab"));
    assert.equal(fs.readFileSync(path, "utf8"), "ab");
    writeFileAtomic(path, "中文\n");
    assert.equal(fs.readFileSync(path, "utf8"), "中文\n");
    writeFileAtomic(path, [Buffer.from("x"), Buffer.alloc(0), Buffer.from("yz")]);
    assert.equal(fs.readFileSync(path, "utf8"), "xyz");
  });

  for (const [fault, code, expected] of [
    ["writeSync", "ENOSPC", "FILE_NO_SPACE"],
    ["fsyncSync", "ENOSPC", "FILE_NO_SPACE"],
    ["writeSync", "EDQUOT", "FILE_NO_SPACE"],
    ["fsyncSync", "EIO", "FILE_NOT_WRITABLE"],
    ["renameSync", "EACCES", "FILE_NOT_WRITABLE"],
  ] as const) {
    it(`keeps the old file and leaves nothing behind where ${fault} fails with ${code}`, () => {
      const folder = tempDir();
      const path = join(folder, "file");
      fs.writeFileSync(path, "old");
      withFault(fault, failing(code), () => {
        assert.throws(() => writeFileAtomic(path, "new"), { code: expected, message: /expected .+, got E.+; / });
      });
      assert.equal(fs.readFileSync(path, "utf8"), "old");
      assert.deepEqual(fs.readdirSync(folder), ["file"]);
    });
  }

  it("writes the rest where the system takes only a part at a time", () => {
    const path = join(tempDir(), "file");
    const writeSync = fs.writeSync as (...args: unknown[]) => number;
    const partial = (descriptor: number, bytes: Uint8Array, offset: number, length: number): number =>
      writeSync(descriptor, bytes, offset, Math.min(3, length));
    withFault("writeSync", partial as typeof fs.writeSync, () => writeFileAtomic(path, "abcdefgh"));
    assert.equal(fs.readFileSync(path, "utf8"), "abcdefgh");
  });

  it("syncs the data before the rename and the folder after it", () => {
    const calls: string[] = [];
    const { fsyncSync, renameSync } = fs;
    const recordFsync = (descriptor: number): void => {
      calls.push(fs.fstatSync(descriptor).isDirectory() ? "sync folder" : "sync file");
      fsyncSync(descriptor);
    };
    const recordRename: typeof fs.renameSync = (from, to) => {
      calls.push("rename");
      renameSync(from, to);
    };
    withFault("fsyncSync", recordFsync, () =>
      withFault("renameSync", recordRename, () => writeFileAtomic(join(tempDir(), "file"), "x")),
    );
    assert.deepEqual(
      calls,
      process.platform === "win32" ? ["sync file", "rename"] : ["sync file", "rename", "sync folder"],
    );
  });

  it("says that a folder is missing", () => {
    assert.throws(() => writeFileAtomic(join(tempDir(), "none", "file"), "x"), {
      code: "FILE_NOT_WRITABLE",
      message: /ENOENT; check that the folder exists/,
    });
  });

  it("reports a real limit of the system as no space, with nothing half-written", function () {
    if (process.platform === "win32") this.skip();
    const folder = tempDir();
    const program = `
      process.on("SIGXFSZ", () => {});
      const { writeSafetensors } = await import(${JSON.stringify(formatIndex)});
      try {
        writeSafetensors("large.safetensors", { a: { dtype: "F32", shape: [262144], data: new Float32Array(262144) } });
      } catch (error) { console.log(error.code); }`;
    const script = 'ulimit -f 64; exec "$0" --input-type=module --eval "$1"';
    const output = execFileSync("sh", ["-c", script, process.execPath, program], { cwd: folder, encoding: "utf8" });
    assert.equal(output.trim(), "FILE_NO_SPACE");
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it("leaves a whole file, old or new, when it is killed at any moment", async function () {
    if (process.platform === "win32") this.skip();
    const path = join(tempDir(), "module.safetensors");
    const size = 1 << 18;
    const write = (value: number): void =>
      writeSafetensors(path, { a: { dtype: "F32", shape: [size], data: new Float32Array(size).fill(value) } });
    write(-1);
    const program = `
      const { writeSafetensors } = await import(${JSON.stringify(formatIndex)});
      console.log("ready");
      for (let i = 0; ; i++) writeSafetensors(${JSON.stringify(path)},
        { a: { dtype: "F32", shape: [${size}], data: new Float32Array(${size}).fill(i) } });`;
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
      await once(child.stdout, "data");
      await new Promise((done) => setTimeout(done, 7 + 13 * round));
      child.kill("SIGKILL");
      await once(child, "exit");
      const values = readTensor(openSafetensors(path), "a");
      assert.ok(values.every((value) => value === values[0]));
    }
  });
});
