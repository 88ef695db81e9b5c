import assert from "node:assert/strict";
import { applyEmphasis, chunkTokens } from "../../lora/diffusion/prompt-tokens.ts";
import type { PromptTokenizer } from "../../lora/diffusion/prompt-tokens.ts";
import { parsePrompt } from "../../lora/diffusion/prompt.ts";
import { openAiClipTokenizer } from "../../lora/models/clip-tokenizer.ts";
import { closeTo } from "../support/close-to.ts";

/** One id for each word or comma: its number in the text "w12", 1 for a comma. */
const words: PromptTokenizer = {
  startId: 900,
  endId: 901,
  padId: 902,
  encodeText: (text) => (text.match(/w\d+|,/g) ?? []).map((word) => (word === "," ? 1 : Number(word.slice(1)))),
};

const range = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `w${from + i}`).join(" ");

/** The ids between the markers of each chunk. */
function chunkIds(prompt: string, maxLength = 77): number[][] {
  const { chunks, tokens } = chunkTokens(parsePrompt(prompt).segments, words, maxLength);
  return Array.from({ length: chunks }, (_, i) => {
    const row = [...tokens.subarray(i * maxLength, (i + 1) * maxLength)];
    assert.equal(row[0], 900);
    const end = row.indexOf(901);
    assert.ok(row.slice(end + 1).every((id) => id === 902));
    return row.slice(1, end);
  });
}

describe("diffusion/prompt-tokens", () => {
  it("cuts after 75 tokens, or as many as the model takes", () => {
    assert.deepEqual(
      chunkIds(range(10, 84)).map((chunk) => chunk.length),
      [75],
    );
    assert.deepEqual(
      chunkIds(range(10, 85)).map((chunk) => chunk.length),
      [75, 1],
    );
    assert.deepEqual(
      chunkIds(range(10, 85), 32).map((chunk) => chunk.length),
      [30, 30, 16],
    );
    assert.deepEqual(chunkIds(""), [[]]);
  });

  it("cuts at a comma up to 20 tokens back, and not further", () => {
    assert.deepEqual(
      chunkIds(`${range(10, 65)}, ${range(100, 130)}`).map((chunk) => chunk.length),
      [57, 31],
    );
    assert.deepEqual(
      chunkIds(`${range(10, 64)}, ${range(100, 130)}`).map((chunk) => chunk.length),
      [56, 31],
    );
    assert.deepEqual(
      chunkIds(`${range(10, 63)}, ${range(100, 130)}`).map((chunk) => chunk.length),
      [75, 11],
    );
    assert.deepEqual(
      chunkIds(`${range(10, 84)}, w5`).map((chunk) => chunk.length),
      [75, 2],
    );
    const [first, second] = chunkIds(`${range(10, 79)}, ${range(100, 110)}`);
    assert.equal(first?.at(-1), 1);
    assert.deepEqual(
      second,
      Array.from({ length: 11 }, (_, i) => 100 + i),
    );
  });

  it("BREAK starts a chunk, except at the very end", () => {
    assert.deepEqual(chunkIds("w2 BREAK w3"), [[2], [3]]);
    assert.deepEqual(chunkIds("BREAK w3"), [[], [3]]);
    assert.deepEqual(chunkIds("w2 BREAK"), [[2]]);
    assert.deepEqual(chunkIds("BREAK"), [[]]);
  });

  it("weights stand beside their tokens, across chunks; empty chunks fill up to minChunks", () => {
    const { tokens, weights, chunks } = chunkTokens(parsePrompt("w2 (w3 BREAK w4:1.5)").segments, words, 5, 3);
    assert.equal(chunks, 3);
    assert.deepEqual([...tokens], [900, 2, 3, 901, 902, 900, 4, 901, 902, 902, 900, 901, 902, 902, 902]);
    assert.deepEqual([...weights], [1, 1, 1.5, 1, 1, 1, 1.5, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("a plain prompt is what the CLIP tokenizer makes of it", async () => {
    const tokenizer = await openAiClipTokenizer();
    const { tokens } = chunkTokens(parsePrompt("a photo of 张三, smiling").segments, tokenizer);
    assert.deepEqual(tokens, tokenizer.encode("a photo of 张三, smiling"));
  });

  it("emphasis multiplies each token's embedding and restores the mean of its chunk", () => {
    const prompt = chunkTokens(parsePrompt("w2 BREAK (w3:1.5) [w4]").segments, words, 4);
    const embeddings = Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => Math.sin(i) + 0.5);
    const emphasised = applyEmphasis(embeddings, prompt);
    assert.deepEqual(emphasised.subarray(0, 12), embeddings.subarray(0, 12));
    const chunk = embeddings.subarray(12);
    const weighted = Array.from(chunk, (value, i) => value * [1, 1.5, 1 / 1.1, 1][Math.floor(i / 3)]!);
    const sum = (values: Iterable<number>) => Array.from(values).reduce((total, value) => total + value, 0);
    const ratio = sum(chunk) / sum(weighted);
    closeTo(
      emphasised.subarray(12),
      weighted.map((value) => value * ratio),
      { rtol: 1e-5, atol: 1e-6 },
    );
    closeTo([sum(emphasised.subarray(12))], [sum(chunk)], { rtol: 1e-5 });
    assert.throws(() => applyEmphasis(new Float32Array(25), prompt), RangeError);
  });
});
