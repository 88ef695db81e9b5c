import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { weightsMark } from "../../lora/train/weights-mark.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("the mark of a weights file", () => {
  const trained = (seed: number): Buffer =>
    Buffer.from(Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(seed + i)).buffer);
  const fileOf = (bytes: Uint8Array): string => {
    const path = join(tempDir(), "weights.safetensors");
    writeFileSync(path, bytes);
    return path;
  };

  it("is that of its content, wherever it lies", () => {
    const path = fileOf(trained(1));
    const copy = join(tempDir(), "copy.safetensors");
    copyFileSync(path, copy);
    assert.equal(weightsMark(copy), weightsMark(path));
  });

  it("is another one after another training, and for a file that was cut off", () => {
    const marks = [trained(1), trained(2), trained(1).subarray(0, -4)].map((bytes) => weightsMark(fileOf(bytes)));
    assert.equal(new Set(marks).size, 3);
  });

  it("takes files of any size", () => {
    const marks = [0, 1, 4096, 5000].map((length) => weightsMark(fileOf(Buffer.alloc(length))));
    assert.equal(new Set(marks).size, 4);
  });
});
