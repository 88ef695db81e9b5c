/**
 * Whitens the latents of a trained VAE, before a UNet is trained on them: `node lora/recipe/whiten-latents.ts --data DIR --out DIR`
 * rewrites `OUT/vae-state.safetensors`, which then holds the averaged weights alone. Pictures are given back as before.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Graph, symbol } from "../graph/index.ts";
import { vaeEncode } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { averagedWeights, writeAveragedWeights } from "./averaged-weights.ts";
import { TrainableParameters } from "./full-training.ts";
import { miniVae } from "./mini-config.ts";
import { PackedData } from "./packed-data.ts";
import { whitenVae, whiteningOf } from "./whitening.ts";

const { values: args } = parseArgs({
  options: {
    data: { type: "string", default: ".work/data" },
    out: { type: "string", default: ".work/vae" },
    pictures: { type: "string", default: "2000" },
  },
});
const SIDE = 128;
const POSITIONS = (SIDE / 8) ** 2;
const { latentChannels } = miniVae;
const LATENT = latentChannels * POSITIONS;

const path = join(args.out, "vae-state.safetensors");
const weights = averagedWeights(path);
const data = new PackedData(args.data);
const count = Math.min(Number(args.pictures), data.samples.length);
const graph = new Graph();
const image = graph.input("image", "float32", [symbol("N"), 3, SIDE, SIDE]);
const encoded = vaeEncode(new Scope(new TrainableParameters(graph)), image, miniVae);
const session = await Session.open({ mean: encoded.mean, logVariance: encoded.logVariance });
const latents = new Float32Array(count * LATENT);
const logVariance = new Float64Array(latentChannels);
const pixels = new Float32Array(3 * SIDE * SIDE);
for (let i = 0; i < count; i++) {
  data.read(i, pixels);
  const result = await session.run({ ...weights, image: { data: pixels, dims: [1, 3, SIDE, SIDE] } });
  latents.set(result.mean.data as Float32Array, i * LATENT);
  (result.logVariance.data as Float32Array).forEach((value, at) => {
    logVariance[Math.floor(at / POSITIONS)]! += value / (count * POSITIONS);
  });
}
await session.close();
data.close();
const white = whiteningOf(latents, latentChannels, POSITIONS);
whitenVae(weights, white, logVariance);
const deviations = white.lower.map((row, i) => row[i]!.toFixed(3)).join(" ");
console.log(`what each channel said that those before it did not, as standard deviation: ${deviations}`);
writeAveragedWeights(path, weights);
