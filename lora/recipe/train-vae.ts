/**
 * Trains the mini VAE: `node lora/recipe/train-vae.ts --data DIR --out DIR --steps 4000`. Goes on from `DIR/vae-state.safetensors`.
 * Loss: mean absolute and squared error of pixels, absolute error of their differences to the right and below (which keeps lines sharp), plus a
 * little KL that keeps the latents near unit size. With `--freeze-encoder` the decoder learns on alone: latents stay as they
 * are, so that a UNet can be trained on them meanwhile.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { Random } from "../diffusion/index.ts";
import {
  abs,
  add,
  addScalar,
  allAxes,
  exp,
  Graph,
  mul,
  mulScalar,
  reduceMean,
  slice,
  sub,
  symbol,
  type Value,
} from "../graph/index.ts";
import { vaeDecode, vaeEncode } from "../models/index.ts";
import { Scope, type Borders } from "../nn/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { BORDERS, kindAt, positionsByKind } from "./kind-batches.ts";
import { miniVae } from "./mini-config.ts";
import { PackedData } from "./packed-data.ts";
import { varyPicture } from "./picture-variation.ts";
import { runTraining } from "./run-training.ts";
import { trainingOptions } from "./training-options.ts";

const { values: args } = parseArgs({
  options: {
    ...trainingOptions({ out: ".work/base", steps: 4_000, batch: 2, lr: 2e-3 }),
    until: { type: "string", default: "" },
    crop: { type: "string", default: "128" },
    "freeze-encoder": { type: "boolean", default: false },
  },
});
const FULL = 128;
/** Random crops give more different pictures per step at the same cost; the last steps should see whole ones. */
const SIDE = Number(args.crop);
const PIXELS = 3 * SIDE * SIDE;
const CHANNELS = miniVae.latentChannels;
const KL_WEIGHT = 3e-5;
const EDGE_WEIGHT = 0.5;
const SAVE_EVERY = 250;

const mean = (x: Value) => reduceMean(x, allAxes(x), false);
const difference = (x: Value, axis: number) => sub(slice(x, axis, 1, 0), slice(x, axis, 0, -1));

function buildLoss(borders: Borders) {
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const scope = new Scope(parameters, "", borders);
  const batch = symbol("N");
  const image = graph.input("image", "float32", [batch, 3, SIDE, SIDE]);
  const noise = graph.input("noise", "float32", [batch, CHANNELS, SIDE / 8, SIDE / 8]);
  const { mean: mu, logVariance } = vaeEncode(scope, image, miniVae);
  const latents = add(mu, mul(exp(mulScalar(logVariance, 0.5)), noise));
  const output = vaeDecode(scope, latents, miniVae);
  const error = sub(output, image);
  const edges = add(mean(abs(difference(error, 2))), mean(abs(difference(error, 3))));
  // KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − ln σ²)
  const kl = mulScalar(mean(sub(add(mul(mu, mu), exp(logVariance)), addScalar(logVariance, 1))), 0.5);
  const squared = mean(mul(error, error));
  const pixels = add(mean(abs(error)), squared);
  const loss = add(add(pixels, mulScalar(edges, EDGE_WEIGHT)), mulScalar(kl, KL_WEIGHT));
  return { loss, extra: { squared, kl, output }, parameters: parameters.values };
}

const inEncoder = (name: string): boolean => name.startsWith("encoder.") || name.startsWith("quant_conv.");

async function saveSheet(path: string, planes: readonly Float32Array[]): Promise<void> {
  const raw = Buffer.alloc(SIDE * SIDE * 3 * planes.length);
  planes.forEach((plane, n) => {
    for (let p = 0; p < SIDE * SIDE; p++)
      for (let c = 0; c < 3; c++)
        raw[((Math.floor(p / SIDE) * planes.length + n) * SIDE + (p % SIDE)) * 3 + c] = Math.max(
          0,
          Math.min(255, (plane[c * SIDE * SIDE + p]! + 1) * 127.5),
        );
  });
  await sharp(raw, { raw: { width: SIDE * planes.length, height: SIDE, channels: 3 } })
    .png()
    .toFile(path);
}

function cropInto(target: Float32Array, left: number, top: number): void {
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < SIDE; y++) {
      const from = (c * FULL + top + y) * FULL + left;
      target.set(full.subarray(from, from + SIDE), (c * SIDE + y) * SIDE);
    }
}

const steps = Number(args.steps);
const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const whole = SIDE === FULL;
const positions = positionsByKind(data.samples);
const first = buildLoss(BORDERS.portrait);
const options = {
  emaDecay: 0.998,
  maxGradNorm: 1,
  weightDecay: 0,
  session: { threads: Number(args.threads) },
  ...(args["freeze-encoder"] ? { isFrozen: inEncoder } : {}),
};
const trainer = await FullTrainer.open(first.loss, first.extra, first.parameters, new Random(1), options);
let tilesLoss = 0;
if (whole) {
  const tiles = buildLoss(BORDERS.texture);
  tilesLoss = await trainer.also(tiles.loss, tiles.parameters, tiles.extra);
}
const statePath = join(args.out, "vae-state.safetensors");
trainer.resume(statePath);
console.log(`VAE: ${trainer.parameterCount} parameters, ${data.samples.length} pictures, from step ${trainer.step}`);
const full = new Float32Array(FULL * FULL * 3);

// Crops of a texture are no tiles: they come among the others.
const kindOf = (step: number) => (whole ? kindAt(step) : undefined);

function makeBatch(step: number) {
  const random = new Random(1000 + step);
  const kind = kindOf(step);
  const image = new Float32Array(batchSize * PIXELS);
  for (let i = 0; i < batchSize; i++) {
    const index = kind ? positions[kind][random.integer(positions[kind].length)]! : random.integer(data.samples.length);
    data.read(index, full, random.uniform() < 0.5);
    varyPicture(full, FULL, random);
    const corner = () => Math.floor(random.uniform() * (FULL - SIDE + 1));
    cropInto(image.subarray(i * PIXELS, (i + 1) * PIXELS), corner(), corner());
  }
  const noise = new Float32Array(batchSize * CHANNELS * (SIDE / 8) ** 2);
  random.fillNormal(noise);
  return {
    image: { data: image, dims: [batchSize, 3, SIDE, SIDE] },
    noise: { data: noise, dims: [batchSize, CHANNELS, SIDE / 8, SIDE / 8] },
  };
}

const picturesOf = (batch: HostTensor) =>
  [0, 1].map((i) => (batch.data as Float32Array).subarray(i * PIXELS, (i + 1) * PIXELS));

await runTraining(trainer, {
  steps,
  until: Number(args.until || steps),
  peakRate: Number(args.lr),
  batchAt: makeBatch,
  lossAt: (step) => (kindOf(step) === "texture" ? tilesLoss : 0),
  told: {
    // Pixels go from -1 to 1.
    psnr: ({ squared }) => 10 * Math.log10(4 / Number(squared!.data[0])),
    kl: ({ kl }) => Number(kl!.data[0]),
  },
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 50,
  saved: async ({ output }, { image }) => {
    const [real, drawn] = [picturesOf(image as HostTensor), picturesOf(output!)];
    await saveSheet(
      join(args.out, "vae-latest.png"),
      real.flatMap((picture, i) => [picture, drawn[i]!]),
    );
  },
});
