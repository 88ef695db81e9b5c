import assert from "node:assert/strict";
import { direction, featureDistances } from "../../lora/recipe/feature-distance.ts";
import { FeatureReader } from "../../lora/recipe/mobilenet-features.ts";
import { heldOutTexture } from "../../lora/recipe/textures.ts";
import { closeTo } from "../support/close-to.ts";

describe("distance of features", () => {
  it("looks at directions, of mean square 1", () => {
    closeTo(direction(Float32Array.of(3, 4, 0, 0)), [1.2, 1.6, 0, 0], { rtol: 1e-6 });
    closeTo(direction(Float32Array.of(300, 400, 0, 0)), [1.2, 1.6, 0, 0], { rtol: 1e-6 });
    assert.deepEqual([...direction(new Float32Array(3))], [0, 0, 0]);
  });

  it("is larger for noise than for other real pictures", async () => {
    const reader = await FeatureReader.open();
    const textures = (from: number) => Array.from({ length: 6 }, (_, i) => heldOutTexture(from + i).pixels);
    const noise = textures(0).map((pixels, k) => pixels.map((_, i) => ((i + 1) * (k + 7919) * 2_654_435) % 256));
    const distances = await featureDistances(reader, textures(6), { real: textures(0), noise });
    await reader.close();
    assert.ok(distances.noise > distances.real + 0.2, JSON.stringify(distances));
  });
});
