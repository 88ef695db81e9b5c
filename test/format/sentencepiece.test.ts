import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { AnimulaError, openGguf, readSentencePiece } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../golden/gguf/${name}`, import.meta.url));

function write(bytes: Uint8Array): string {
  const path = join(tempDir(), "tokenizer.model");
  writeFileSync(path, bytes);
  return path;
}

describe("vocabularies of SentencePiece", () => {
  it("every piece, score and kind as SentencePiece itself has them", () => {
    const model = readSentencePiece(golden("spm.model"));
    const { metadata } = openGguf(golden("spm.gguf"));
    assert.deepEqual(model.pieces, metadata.get("tokenizer.ggml.tokens"));
    assert.deepEqual(model.scores, metadata.get("tokenizer.ggml.scores"));
    assert.deepEqual(model.kinds, metadata.get("tokenizer.ggml.token_type"));
    assert.deepEqual([model.type, model.hasPrefix], [2, true]);
  });

  const attacks: readonly (readonly [string, readonly number[], RegExp])[] = [
    ["nothing", [], /no pieces/],
    ["text", [...Buffer.from("vocabulary of tiktoken")], /another format|fewer bytes/],
    ["a piece longer than the file", [0x0a, 0xff, 0x7f, 1], /fewer bytes/],
    ["a length beyond counting", [0x0a, ...Array<number>(9).fill(0xff), 1], /does not end/],
    ["a number that is cut off", [0x0a, 0x80], /fewer bytes/],
    ["a score that is no number", [0x0a, 2, 0x12, 0], /score/],
    ["a piece that is no text", [0x0a, 3, 0x0a, 1, 0xff], /./],
  ];
  for (const [what, bytes, message] of attacks)
    it(`refuses ${what}`, () => {
      const path = write(Uint8Array.from(bytes));
      assert.throws(() => readSentencePiece(path), { code: "SENTENCEPIECE_DAMAGED", message });
    });

  it("refuses a file that is too large, without reading it", () => {
    const path = write(new Uint8Array());
    truncateSync(path, 2 ** 33);
    assert.throws(() => readSentencePiece(path), { code: "SENTENCEPIECE_TOO_LARGE" });
  });

  it("is refused or read, whatever bytes of it are changed or missing", () => {
    const good = readFileSync(golden("spm.model"));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(good.length),
        (changes, length) => {
          const bytes = Buffer.from(good.subarray(0, length));
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          try {
            readSentencePiece(write(bytes));
          } catch (error) {
            assert.ok(error instanceof AnimulaError, String(error));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
