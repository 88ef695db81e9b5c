/**
 * Trains the judge of portraits: `node lora/recipe/train-classifier.ts --data DIR --out DIR --steps 5000`, on packed data
 * with attributes. Goes on from `DIR/classifier-state.safetensors`. At the end it tells the accuracy on portraits that
 * no training sees; with all steps done it only tells that.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { Graph, symbol } from "../graph/index.ts";
import { Scope } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";
import { printAccuracy } from "./accuracy.ts";
import {
  accuracyOf,
  AttributeJudge,
  attributeLogits,
  attributeLoss,
  attributeTargets,
  judgedAttributes,
  LOGIT_COUNT,
  type Judgement,
} from "./attribute-classifier.ts";
import { recipeErrors } from "./errors.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { PackedData } from "./packed-data.ts";
import { pixelsInput, toldPictures } from "./picture-batch.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { runTraining } from "./run-training.ts";
import { trainingOptions } from "./training-options.ts";

const { values: args } = parseArgs({
  options: {
    ...trainingOptions({ out: ".work/classifier", steps: 5_000, batch: 32, lr: 2e-3 }),
    portraits: { type: "string", default: "1000" },
  },
});
const SAVE_EVERY = 100;

const steps = Number(args.steps);
const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const portraits = data.samples.flatMap(({ kind, attributes }, index) =>
  kind === "portrait" && attributes ? [{ index, attributes }] : [],
);
if (portraits.length === 0) throw recipeErrors.RECIPE_NO_ATTRIBUTES(args.data);

function buildLoss() {
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const logits = attributeLogits(new Scope(parameters), pixelsInput(graph));
  const targets = graph.input("targets", "float32", [symbol("N"), LOGIT_COUNT]);
  return { loss: attributeLoss(logits, targets), parameters: parameters.values };
}

function makeBatch(step: number): Feeds {
  const random = new Random(7_000_000 + step);
  return toldPictures(batchSize, LOGIT_COUNT, random, () => {
    const { index, attributes } = portraits[Math.floor(random.uniform() * portraits.length)]!;
    return { rgb: data.readBytes(index), tell: (into) => attributeTargets(attributes, into) };
  });
}

async function tellAccuracy(path: string, count: number): Promise<void> {
  const judge = await AttributeJudge.open(path);
  const told = Array.from({ length: count }, (_, index) => portrait(index, "validation"));
  const judged: Judgement[] = [];
  for (const { svg } of told) judged.push(await judge.judge(await rasterizePortrait(svg)));
  await judge.close();
  const attributes = told.map((held) => held.attributes);
  printAccuracy(judgedAttributes.map((name) => [name, accuracyOf(name, attributes, judged)]));
}

const { loss, parameters } = buildLoss();
const trainer = await FullTrainer.open(loss, {}, parameters, new Random(6), {
  emaDecay: 0.99,
  maxGradNorm: 5,
  weightDecay: 0.02,
  session: { threads: Number(args.threads) },
});
const statePath = join(args.out, "classifier-state.safetensors");
trainer.resume(statePath);
console.log(
  `classifier: ${trainer.parameterCount} parameters, ${portraits.length} portraits, from step ${trainer.step}`,
);

await runTraining(trainer, {
  steps,
  peakRate: Number(args.lr),
  batchAt: makeBatch,
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 25,
});
data.close();
await tellAccuracy(statePath, Number(args.portraits));
