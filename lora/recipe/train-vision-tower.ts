/**
 * Teaches the vision tower of the mini CLIP to see, before a text is read: `node lora/recipe/train-vision-tower.ts --data DIR
 * --out DIR`. From its last map it must tell every fact of a picture. Goes on from `OUT/vision-state.safetensors`, which
 * `train-clip.ts --vision OUT` begins with.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { Graph } from "../graph/index.ts";
import { clipVision, clipVisionSize } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { FACT_LOGITS, factHeads, factTargets } from "./fact-heads.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { answersOf, miniClip, type DescribedSample } from "./mini-clip.ts";
import { PackedData } from "./packed-data.ts";
import { pixelsInput, toldPictures } from "./picture-batch.ts";
import { runTraining } from "./run-training.ts";
import { trainingOptions } from "./training-options.ts";

const { values: args } = parseArgs({
  options: trainingOptions({ out: ".work/vision", steps: 5_000, batch: 32, lr: 2e-3 }),
});
const SAVE_EVERY = 100;

const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const samples = data.samples as readonly DescribedSample[];

function build() {
  const { vision } = miniClip(0);
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const scope = new Scope(parameters);
  const { loss } = factHeads(scope, clipVision(scope, pixelsInput(graph), vision), clipVisionSize(vision));
  return { loss, parameters: parameters.values };
}

function makeBatch(step: number) {
  const random = new Random(4_000_000 + step);
  return toldPictures(batchSize, FACT_LOGITS, random, () => {
    const index = random.integer(samples.length);
    return { rgb: data.readBytes(index), tell: (into) => factTargets(answersOf(samples[index]!), into) };
  });
}

const { loss, parameters } = build();
const trainer = await FullTrainer.open(loss, {}, parameters, new Random(9), {
  emaDecay: 0.995,
  maxGradNorm: 5,
  weightDecay: 0.02,
  session: { threads: Number(args.threads) },
});
const statePath = join(args.out, "vision-state.safetensors");
trainer.resume(statePath);
console.log(
  `vision tower: ${trainer.parameterCount} parameters, ${samples.length} pictures, from step ${trainer.step}`,
);
await runTraining(trainer, {
  steps: Number(args.steps),
  peakRate: Number(args.lr),
  batchAt: makeBatch,
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 25,
});
data.close();
