import assert from "node:assert/strict";
import { drawDefaults } from "../../lora/generate/index.ts";

describe("what a drawing leaves out", () => {
  const base = { guidanceScale: 6, tilingGuidanceScale: 3, guidanceStop: 0.6 };
  const guidance = (...args: Parameters<typeof drawDefaults>): number => drawDefaults(...args).guidanceScale;

  it("is as the base suggests, with a guidance of its own for what tiles where it names one", () => {
    assert.deepEqual([guidance(base), guidance(base, { tiling: true })], [6, 3]);
    assert.equal(guidance({ guidanceScale: 6 }, { tiling: true }), 6);
    assert.equal(drawDefaults(base, { tiling: true }).guidanceStop, 0.6);
    assert.ok(!("tilingGuidanceScale" in drawDefaults(base)));
  });

  it("is what the sampler is made for before that, and as usual where nobody says", () => {
    assert.deepEqual([guidance(base, { sampler: "LCM", tiling: true }), guidance({})], [1, 7]);
  });
});
