import assert from "node:assert/strict";
import { resolve } from "node:path";
import { openSafetensors, readTensorRaw } from "../../lora/format/index.ts";
import { FEATURE_COUNT } from "../../lora/recipe/mobilenet-v2.ts";
import { FeatureReader } from "../../lora/recipe/mobilenet-features.ts";
import { texture, textureSide } from "../../lora/recipe/textures.ts";
import { closeTo } from "../support/close-to.ts";
import { goldens } from "../support/goldens.ts";

const GOLDEN = "measure/mobilenet-v2.safetensors";
const [SIDE, TIMES] = [224, 8];

describe("features of pictures", () => {
  let reader: FeatureReader;
  before(async () => {
    reader = await FeatureReader.open();
  });
  after(() => reader.close());

  it("are those of TensorFlow.js", async () => {
    const { data, shape } = readTensorRaw(openSafetensors(resolve("test/golden", GOLDEN)), "rgb");
    const coarse = shape[0]!;
    const pixels = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
      const [c, y, x] = [Math.floor(i / SIDE / SIDE), Math.floor(i / SIDE) % SIDE, i % SIDE];
      return Number(data[3 * (Math.floor(y / TIMES) * coarse + Math.floor(x / TIMES)) + c]) / 255;
    });
    // TensorFlow.js normalises after each convolution, here it is folded in.
    closeTo(await reader.readPixels(pixels), goldens(GOLDEN)("features").data, { rtol: 1e-4, atol: 1e-4 });
  });

  it("are nearer for two greys than for a grey and a texture", async () => {
    const flat = (level: number) => new Uint8Array(3 * textureSide ** 2).fill(level);
    const [a, b, other] = [
      await reader.read(flat(100), textureSide),
      await reader.read(flat(104), textureSide),
      await reader.read(texture(3).pixels, textureSide),
    ];
    const distance = (x: Float32Array, y: Float32Array): number => Math.hypot(...x.map((value, i) => value - y[i]!));
    assert.equal(a.length, FEATURE_COUNT);
    assert.ok(3 * distance(a, b) < distance(a, other), `${distance(a, b)}, ${distance(a, other)}`);
  });
});
