import assert from "node:assert/strict";
import { resolve } from "node:path";
import { readBaseDefaults, suggestSettings } from "../../lora/train/index.ts";

const MINI = resolve(import.meta.dirname, "../../assets/base/mini-sd");

describe("what suits a set of pictures", () => {
  it("grows with it, between a floor and what a person waits for", () => {
    const steps = (images: number, epochs?: number) => suggestSettings(images, epochs ? { epochs } : {}).steps;
    assert.deepEqual([0, 3, 12, 40, 1000].map((images) => steps(images)), [200, 200, 250, 800, 2000]); // prettier-ignore
    assert.deepEqual([3, 12, 40].map((images) => steps(images, 320)), [250, 950, 2000]); // prettier-ignore
    assert.deepEqual([suggestSettings(4).rank, suggestSettings(12).rank], [8, 16]);
  });

  it("is what the base asks for, if it asks", () => {
    const embedded = suggestSettings(12, readBaseDefaults(MINI));
    assert.deepEqual(embedded, { rank: 16, learningRate: 2e-3, steps: 950 });
    assert.equal(suggestSettings(12).learningRate, 2e-4);
  });
});
