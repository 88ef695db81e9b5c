/**
 * Trains the mini UNet on cached latents:
 * `node lora/recipe/train-unet.ts --data DIR --vae DIR --text DIR --out DIR --steps 6000`. Goes on from
 * `OUT/unet-state.safetensors`. The text tower stays as `train-text-tower.ts` left it, which taught it what a caption tells;
 * with `--begin STATE` the UNet begins with what fits of an earlier one. Textures come in batches of their own, in which every
 * convolution goes round the border, as it will when tiles are drawn.
 * v-prediction, unweighted: min-SNR weights would all but silence the noisiest timesteps, the ones where the caption
 * decides what there will be. A tenth of the captions is emptied, for classifier-free guidance.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NoiseSchedule, Random } from "../diffusion/index.ts";
import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { allAxes, Graph, mul, reduceMean, sub, symbol } from "../graph/index.ts";
import { clipText, ClipTokenizer, unet } from "../models/index.ts";
import { Scope, type Borders } from "../nn/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { drawTimestep } from "../train/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { BORDERS, kindAt, positionsByKind } from "./kind-batches.ts";
import { miniSchedule, miniText, miniUnet, miniVae } from "./mini-config.ts";
import { drawText, type DescribedSample, type TextShares } from "./mini-clip.ts";
import { PackedData } from "./packed-data.ts";
import { runTraining } from "./run-training.ts";
import { trainingOptions } from "./training-options.ts";
import { openVaeEncoder } from "./vae-encoder.ts";
import { readVocabulary, writeVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: {
    ...trainingOptions({ out: ".work/base", steps: 6_000, batch: 16, lr: 1e-3 }),
    vae: { type: "string", default: ".work/vae" },
    text: { type: "string", default: ".work/text" },
    begin: { type: "string" },
    /** This share of timesteps is drawn towards the noise, where the caption decides alone; the rest evenly. */
    noisy: { type: "string", default: "0.3" },
  },
});
const SIDE = 128;
const CHANNELS = miniVae.latentChannels;
const LATENT = CHANNELS * 16 * 16;
const LATENT_SIDE = SIDE / 8;
const SAVE_EVERY = 200;
const CAPTION_DROPOUT = 0.1;
/**
 * The tower stays as it was taught to read. Where it learned on with the UNet, it forgot what the UNet did not yet heed: after
 * 10,600 steps another skin changed its states by 8 %, a quarter of what it had been, and portraits had any skin.
 */
const TEXT = "text_encoder.";
/**
 * A third as people write; the rest lists, and single facts, from which each word is learned soonest: among nine others the
 * UNet did not find out in 12,000 steps what skin is, told alone it did in 2,000. Stressed is what it is slow to learn.
 */
const SHARES: TextShares = {
  written: 0.35,
  single: 0.4,
  chinese: 0.5,
  stressed: ["skin", "hairShape", "expression", "facialHair"],
};
/** Mean latents of every picture, scaled to unit deviation, from the averaged weights of the trained VAE. */
async function encodeLatents(data: PackedData, path: string): Promise<Float32Array> {
  if (existsSync(path)) return readTensor(openSafetensors(path), "latents");
  const threads = Number(args.threads);
  const weights = averagedWeights(join(args.vae, "vae-state.safetensors"));
  const encoders = {
    portrait: await openVaeEncoder(weights, { borders: BORDERS.portrait, threads }),
    texture: await openVaeEncoder(weights, { borders: BORDERS.texture, threads }),
  };
  const all = new Float32Array(data.samples.length * LATENT);
  const pixels = new Float32Array(3 * SIDE * SIDE);
  for (let i = 0; i < data.samples.length; i++) {
    data.read(i, pixels);
    const encoder = encoders[data.samples[i]!.kind];
    all.set((await encoder.encode(pixels)).mean, i * LATENT);
    if (i % 1000 === 0) console.log(`encoded ${i}`);
  }
  await Promise.all(Object.values(encoders).map((encoder) => encoder.close()));
  let squares = 0;
  for (const value of all) squares += value * value;
  const scalingFactor = 1 / Math.sqrt(squares / all.length);
  for (let i = 0; i < all.length; i++) all[i]! *= scalingFactor;
  writeSafetensors(
    path,
    { latents: { dtype: "F32", shape: [data.samples.length, CHANNELS, LATENT_SIDE, LATENT_SIDE], data: all } },
    { scalingFactor: String(scalingFactor) },
  );
  return all;
}

function buildLoss(vocabSize: number, length: number, borders: Borders) {
  const graph = new Graph();
  const batch = symbol("N");
  const text = new TrainableParameters(graph, TEXT);
  const net = new TrainableParameters(graph, "unet.");
  const latents = graph.input("latents", "float32", [batch, CHANNELS, LATENT_SIDE, LATENT_SIDE]);
  const timestep = graph.input("timestep", "float32", [batch]);
  const tokens = graph.input("tokens", "int64", [batch, length]);
  const target = graph.input("target", "float32", [batch, CHANNELS, LATENT_SIDE, LATENT_SIDE]);
  const textEmbeddings = clipText(new Scope(text), tokens, miniText(vocabSize));
  const prediction = unet(new Scope(net, "", borders), { sample: latents, timestep, textEmbeddings }, miniUnet);
  const error = sub(prediction, target);
  return {
    loss: reduceMean(mul(error, error), allAxes(error), false),
    parameters: new Map([...text.values, ...net.values]),
  };
}

/** Without its text tower, which spoke another vocabulary. */
const netOf = (weights: Record<string, HostTensor>): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(weights).filter(([name]) => name.startsWith("unet.")));

/** A tile may begin anywhere: rolls [C, h, w] latents by whole places, over the border. */
function rolled(latents: Float32Array, random: Random): Float32Array {
  const [down, right] = [random.integer(LATENT_SIDE), random.integer(LATENT_SIDE)];
  return latents.map((_, at) => {
    const [plane, y, x] = [at - (at % LATENT_SIDE ** 2), Math.floor(at / LATENT_SIDE), at % LATENT_SIDE];
    return latents[plane + ((y + down) % LATENT_SIDE) * LATENT_SIDE + ((x + right) % LATENT_SIDE)]!;
  });
}

const steps = Number(args.steps);
const batchSize = Number(args.batch);
const noisyShare = Number(args.noisy);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const samples = data.samples as readonly DescribedSample[];
const vocabulary = readVocabulary(join(args.text, "vocabulary.json"));
writeVocabulary(join(args.out, "vocabulary.json"), vocabulary);
const vocabSize = vocabulary.vocab.size;
const tokenizer = new ClipTokenizer(vocabulary);
const length = miniText(vocabSize).maxPositions;
const encode = (caption: string): BigInt64Array => BigInt64Array.from(tokenizer.encode(caption, length), BigInt);
const empty = encode("");
const positions = positionsByKind(samples);
const latents = await encodeLatents(data, join(args.out, "latents.safetensors"));
const schedule = new NoiseSchedule(miniSchedule);

const { loss, parameters } = buildLoss(vocabSize, length, BORDERS.portrait);
const trainer = await FullTrainer.open(loss, {}, parameters, new Random(2), {
  emaDecay: 0.997,
  maxGradNorm: 1,
  weightDecay: 0,
  session: { threads: Number(args.threads) },
  isFrozen: (name) => name.startsWith(TEXT),
});
const tiles = buildLoss(vocabSize, length, BORDERS.texture);
const tilesLoss = await trainer.also(tiles.loss, tiles.parameters);
const statePath = join(args.out, "unet-state.safetensors");
if (!trainer.resume(statePath)) {
  const words = Object.entries(averagedWeights(join(args.text, "text-state.safetensors")));
  trainer.beginWith(Object.fromEntries(words.map(([name, tensor]) => [`${TEXT}${name}`, tensor])));
  if (args.begin !== undefined) trainer.beginWith(netOf(averagedWeights(args.begin)));
}
console.log(
  `UNet and its text tower: ${trainer.parameterCount} parameters, vocabulary ${vocabSize}, from step ${trainer.step}`,
);

function makeBatch(step: number) {
  const random = new Random(5_000_000 + step);
  const kind = kindAt(step);
  const noisy = new Float32Array(batchSize * LATENT);
  const target = new Float32Array(batchSize * LATENT);
  const timestep = new Float32Array(batchSize);
  const ids = new BigInt64Array(batchSize * length);
  const noise = new Float32Array(LATENT);
  for (let i = 0; i < batchSize; i++) {
    const index = positions[kind][random.integer(positions[kind].length)]!;
    const t = drawTimestep(schedule, random, random.uniform() < noisyShare ? "later" : "none");
    const { text } = drawText(samples[index]!, random, SHARES);
    ids.set(random.uniform() < CAPTION_DROPOUT ? empty : encode(text), i * length);
    random.fillNormal(noise);
    const kept = latents.subarray(index * LATENT, (index + 1) * LATENT);
    const clean = kind === "texture" ? rolled(kept, random) : kept;
    schedule.addNoise(clean, noise, t, noisy.subarray(i * LATENT, (i + 1) * LATENT));
    target.set(schedule.target(clean, noise, t), i * LATENT);
    timestep[i] = t;
  }
  const dims = [batchSize, CHANNELS, LATENT_SIDE, LATENT_SIDE];
  return {
    latents: { data: noisy, dims },
    target: { data: target, dims },
    timestep: { data: timestep, dims: [batchSize] },
    tokens: { data: ids, dims: [batchSize, length] },
  };
}

await runTraining(trainer, {
  steps,
  peakRate: Number(args.lr),
  batchAt: makeBatch,
  lossAt: (step) => (kindAt(step) === "texture" ? tilesLoss : 0),
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 50,
});
