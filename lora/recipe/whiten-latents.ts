/**
 * Whitens the latents of a trained VAE, before a UNet is trained on them: `node lora/recipe/whiten-latents.ts --data DIR --out DIR`
 * rewrites `OUT/vae-state.safetensors`, which then holds the averaged weights alone. Pictures are given back as before.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { averagedWeights, writeAveragedWeights } from "./averaged-weights.ts";
import { miniVae } from "./mini-config.ts";
import { PackedData } from "./packed-data.ts";
import { openVaeEncoder } from "./vae-encoder.ts";
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
const encoder = await openVaeEncoder(weights);
const latents = new Float32Array(count * LATENT);
const logVariance = new Float64Array(latentChannels);
const pixels = new Float32Array(3 * SIDE * SIDE);
for (let i = 0; i < count; i++) {
  data.read(i, pixels);
  const encoded = await encoder.encode(pixels);
  latents.set(encoded.mean, i * LATENT);
  encoded.logVariance.forEach((value, at) => {
    logVariance[Math.floor(at / POSITIONS)]! += value / (count * POSITIONS);
  });
}
await encoder.close();
data.close();
const white = whiteningOf(latents, latentChannels, POSITIONS);
whitenVae(weights, white, logVariance);
const deviations = white.lower.map((row, i) => row[i]!.toFixed(3)).join(" ");
console.log(`what each channel said that those before it did not, as standard deviation: ${deviations}`);
writeAveragedWeights(path, weights);
