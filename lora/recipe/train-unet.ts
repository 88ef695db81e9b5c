/**
 * Trains the mini UNet and its text tower together on cached latents:
 * `node lora/recipe/train-unet.ts --data DIR --out DIR --steps 6000`. Goes on from `DIR/unet-state.safetensors`.
 * v-prediction, unweighted: min-SNR weights would all but silence the noisiest timesteps, the ones where the caption
 * decides what there will be. A tenth of the captions is emptied, for classifier-free guidance.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NoiseSchedule, Random } from "../diffusion/index.ts";
import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { allAxes, Graph, mul, reduceMean, sub, symbol } from "../graph/index.ts";
import { clipText, ClipTokenizer, unet, vaeEncode, type BpeVocabulary } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { drawTimestep } from "../train/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { miniSchedule, miniText, miniUnet, miniVae } from "./mini-config.ts";
import { PackedData } from "./packed-data.ts";
import { runTraining } from "./run-training.ts";
import { trainBpe } from "./train-tokenizer.ts";
import { readVocabulary, writeVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: {
    data: { type: "string", default: ".work/data" },
    out: { type: "string", default: ".work/base" },
    steps: { type: "string", default: "6000" },
    batch: { type: "string", default: "16" },
    lr: { type: "string", default: "1e-3" },
  },
});
const SIDE = 128;
const CHANNELS = miniVae.latentChannels;
const LATENT = CHANNELS * 16 * 16;
const VOCABULARY_MAX = 1024;
const SAVE_EVERY = 200;
const CAPTION_DROPOUT = 0.1;

/** Mean latents of every picture, scaled to unit deviation, from the averaged weights of the trained VAE. */
async function encodeLatents(data: PackedData, path: string): Promise<Float32Array> {
  if (existsSync(path)) return readTensor(openSafetensors(path), "latents");
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const image = graph.input("image", "float32", [symbol("N"), 3, SIDE, SIDE]);
  const session = await Session.open({ latents: vaeEncode(new Scope(parameters), image, miniVae).mean });
  const weights = averagedWeights(join(args.out, "vae-state.safetensors"));
  const all = new Float32Array(data.samples.length * LATENT);
  const pixels = new Float32Array(3 * SIDE * SIDE);
  for (let i = 0; i < data.samples.length; i++) {
    data.read(i, pixels);
    const { latents } = await session.run({ ...weights, image: { data: pixels, dims: [1, 3, SIDE, SIDE] } });
    all.set(latents.data as Float32Array, i * LATENT);
    if (i % 1000 === 0) console.log(`encoded ${i}`);
  }
  let squares = 0;
  for (const value of all) squares += value * value;
  const scalingFactor = 1 / Math.sqrt(squares / all.length);
  for (let i = 0; i < all.length; i++) all[i]! *= scalingFactor;
  writeSafetensors(
    path,
    { latents: { dtype: "F32", shape: [data.samples.length, CHANNELS, 16, 16], data: all } },
    { scalingFactor: String(scalingFactor) },
  );
  return all;
}

function buildLoss(vocabSize: number, length: number) {
  const graph = new Graph();
  const batch = symbol("N");
  const text = new TrainableParameters(graph, "text_encoder.");
  const net = new TrainableParameters(graph, "unet.");
  const latents = graph.input("latents", "float32", [batch, CHANNELS, 16, 16]);
  const timestep = graph.input("timestep", "float32", [batch]);
  const tokens = graph.input("tokens", "int64", [batch, length]);
  const target = graph.input("target", "float32", [batch, CHANNELS, 16, 16]);
  const textEmbeddings = clipText(new Scope(text), tokens, miniText(vocabSize));
  const prediction = unet(new Scope(net), { sample: latents, timestep, textEmbeddings }, miniUnet);
  const error = sub(prediction, target);
  return {
    loss: reduceMean(mul(error, error), allAxes(error), false),
    parameters: new Map([...text.values, ...net.values]),
  };
}

/** The vocabulary that the text tower was begun with, or one made from the captions. */
function vocabularyIn(path: string): BpeVocabulary {
  if (existsSync(path)) return readVocabulary(path);
  const captions = data.samples.map(({ caption }) => caption);
  const made = trainBpe(captions, VOCABULARY_MAX);
  writeVocabulary(path, made);
  return made;
}

const steps = Number(args.steps);
const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const vocabulary = vocabularyIn(join(args.out, "vocabulary.json"));
const vocabSize = vocabulary.vocab.size;
const tokenizer = new ClipTokenizer(vocabulary);
const length = miniText(vocabSize).maxPositions;
const encode = (caption: string): BigInt64Array => BigInt64Array.from(tokenizer.encode(caption, length), BigInt);
const tokens = data.samples.map(({ caption }) => encode(caption));
const empty = encode("");
const latents = await encodeLatents(data, join(args.out, "latents.safetensors"));
const schedule = new NoiseSchedule(miniSchedule);

const { loss, parameters } = buildLoss(vocabSize, length);
const trainer = await FullTrainer.open(loss, {}, parameters, new Random(2), {
  emaDecay: 0.997,
  maxGradNorm: 1,
  weightDecay: 0.01,
});
const statePath = join(args.out, "unet-state.safetensors");
trainer.resume(statePath);
console.log(
  `UNet and text tower: ${trainer.parameterCount} parameters, vocabulary ${vocabSize}, from step ${trainer.step}`,
);

function makeBatch(step: number) {
  const random = new Random(5_000_000 + step);
  const noisy = new Float32Array(batchSize * LATENT);
  const target = new Float32Array(batchSize * LATENT);
  const timestep = new Float32Array(batchSize);
  const ids = new BigInt64Array(batchSize * length);
  const noise = new Float32Array(LATENT);
  for (let i = 0; i < batchSize; i++) {
    const index = Math.floor(random.uniform() * data.samples.length);
    // In the noisiest timesteps the caption decides alone.
    const t = drawTimestep(schedule, random, "later");
    ids.set(random.uniform() < CAPTION_DROPOUT ? empty : tokens[index]!, i * length);
    random.fillNormal(noise);
    const clean = latents.subarray(index * LATENT, (index + 1) * LATENT);
    schedule.addNoise(clean, noise, t, noisy.subarray(i * LATENT, (i + 1) * LATENT));
    target.set(schedule.target(clean, noise, t), i * LATENT);
    timestep[i] = t;
  }
  const dims = [batchSize, CHANNELS, 16, 16];
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
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 50,
});
