import assert from "node:assert/strict";
import { Random } from "../../lora/diffusion/index.ts";
import { product, whitenVae, whiteningOf } from "../../lora/recipe/whitening.ts";
import { closeTo } from "../support/close-to.ts";

const [CHANNELS, POSITIONS, PICTURES] = [3, 4, 500];

/** Channels 0 and 1 say nearly the same, and none is centred. */
function latents(): Float32Array {
  const random = new Random(1);
  const all = new Float32Array(PICTURES * CHANNELS * POSITIONS);
  const drawn = new Float32Array(CHANNELS * POSITIONS);
  for (let n = 0; n < PICTURES; n++) {
    random.fillNormal(drawn);
    for (let p = 0; p < POSITIONS; p++) {
      const [a, b, c] = [drawn[p]!, drawn[POSITIONS + p]!, drawn[2 * POSITIONS + p]!];
      [2 * a + 1, 2 * a + 0.03 * b - 1, 0.5 * c + 0.2 * a].forEach((value, channel) => {
        all[(n * CHANNELS + channel) * POSITIONS + p] = value;
      });
    }
  }
  return all;
}

describe("whitening of latents", () => {
  it("makes their covariance the identity, also of channels that nearly say the same", () => {
    const all = latents();
    const { mean, inverse } = whiteningOf(all, CHANNELS, POSITIONS);
    const columns = PICTURES * POSITIONS;
    const centred = Array.from({ length: CHANNELS }, (_, c) =>
      Float64Array.from({ length: columns }, (__, i) => {
        const at = (Math.floor(i / POSITIONS) * CHANNELS + c) * POSITIONS + (i % POSITIONS);
        return all[at]! - mean[c]!;
      }),
    );
    const white = product(inverse, centred);
    for (let a = 0; a < CHANNELS; a++)
      for (let b = 0; b < CHANNELS; b++) {
        const covariance = white[a]!.reduce((sum, value, i) => sum + value * white[b]![i]!, 0) / columns;
        assert.ok(Math.abs(covariance - Number(a === b)) < 1e-6, `${a}, ${b}: ${covariance}`);
      }
  });

  it("refuses a channel that is a copy of another", () => {
    const all = latents();
    for (let n = 0; n < PICTURES; n++)
      all.copyWithin((n * CHANNELS + 1) * POSITIONS, n * CHANNELS * POSITIONS, (n * CHANNELS + 1) * POSITIONS);
    assert.throws(() => whiteningOf(all, CHANNELS, POSITIONS), /channel 1 .* says nothing that others do not/);
  });

  it("changes nothing of what the VAE gives back", () => {
    const random = new Random(2);
    const tensor = (...dims: number[]) => {
      const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
      random.fillNormal(data);
      return { data, dims };
    };
    const weights = {
      "quant_conv.weight": tensor(2 * CHANNELS, 2 * CHANNELS, 1, 1),
      "quant_conv.bias": tensor(2 * CHANNELS),
      "post_quant_conv.weight": tensor(CHANNELS, CHANNELS, 1, 1),
      "post_quant_conv.bias": tensor(CHANNELS),
    };
    const hidden = tensor(2 * CHANNELS).data;
    const apply = (layer: string, x: ArrayLike<number>) => {
      const { data: matrix } = weights[`${layer}.weight` as keyof typeof weights];
      const { data: bias } = weights[`${layer}.bias` as keyof typeof weights];
      return Array.from(
        bias,
        (b, row) => b + Array.from(x, (v, k) => v * matrix[row * x.length + k]!).reduce((p, q) => p + q),
      );
    };
    const back = () => apply("post_quant_conv", apply("quant_conv", hidden).slice(0, CHANNELS));
    const before = back();
    whitenVae(weights, whiteningOf(latents(), CHANNELS, POSITIONS), new Float64Array(CHANNELS).fill(-4));
    closeTo(back(), before, { atol: 1e-4, rtol: 1e-4 });
    const spread = apply("quant_conv", tensor(2 * CHANNELS).data).slice(CHANNELS);
    closeTo(apply("quant_conv", hidden).slice(CHANNELS), spread, {}, "the variance is the same for all");
  });
});
