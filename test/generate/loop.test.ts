import assert from "node:assert/strict";
import { isLooping } from "../../lora/generate/loop.ts";

const repeated = (piece: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => piece).flat();

describe("a reply that has got stuck", () => {
  it("says one piece over and over for as many tokens as are granted", () => {
    assert.ok(isLooping([1, 2, 3, ...repeated([9], 8)], 8));
    assert.ok(!isLooping([1, 2, 3, ...repeated([9], 7)], 8));
    assert.ok(isLooping([5, ...repeated([1, 2, 3], 4)], 8));
    assert.ok(isLooping([...repeated([1, 2, 3, 4, 5, 6, 7, 8], 4)], 8));
  });

  it("is not one that repeats a word or a verse, or has said something else since", () => {
    assert.ok(!isLooping([1, 1, 1], 8));
    assert.ok(!isLooping(repeated([1, 2, 3, 4], 3), 8));
    assert.ok(!isLooping([...repeated([9], 20), 1], 8));
    assert.ok(!isLooping(repeated([1, 2, 3, 4, 5, 6, 7, 8, 9], 4), 8));
    assert.ok(!isLooping(repeated([9], 31), 32));
  });

  it("a piece that stands still in the middle of its round is one too", () => {
    assert.ok(isLooping([3, ...repeated([1, 2, 3], 4), 1], 8));
  });
});
