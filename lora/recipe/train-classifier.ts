/**
 * Trains the judge of portraits: `node lora/recipe/train-classifier.ts --data DIR --out DIR --steps 4000`, on packed data
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
import {
  accuracyOf,
  AttributeJudge,
  attributeLogits,
  attributeLoss,
  attributeTargets,
  classifierPixels,
  judgedAttributes,
  LOGIT_COUNT,
  PIXEL_DIMS,
  pixelsInput,
  type Judgement,
} from "./attribute-classifier.ts";
import { recipeErrors } from "./errors.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { learningRateAt } from "./learning-rate.ts";
import { PackedData } from "./packed-data.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";

const { values: args } = parseArgs({
  options: {
    data: { type: "string", default: ".work/data" },
    out: { type: "string", default: ".work/classifier" },
    steps: { type: "string", default: "4000" },
    batch: { type: "string", default: "64" },
    lr: { type: "string", default: "2e-3" },
    portraits: { type: "string", default: "1000" },
    threads: { type: "string", default: "0" },
  },
});
const SAVE_EVERY = 100;
/** Pixels of 128. */
const SHIFT_MAX = 6;
const PIXEL_COUNT = PIXEL_DIMS.reduce((a, b) => a * b, 1);

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
  const shift = () => Math.round((2 * random.uniform() - 1) * SHIFT_MAX);
  const pixels = new Float32Array(batchSize * PIXEL_COUNT);
  const targets = new Float32Array(batchSize * LOGIT_COUNT);
  for (let i = 0; i < batchSize; i++) {
    const { index, attributes } = portraits[Math.floor(random.uniform() * portraits.length)]!;
    const into = pixels.subarray(i * PIXEL_COUNT, (i + 1) * PIXEL_COUNT);
    classifierPixels(data.readBytes(index), into, { dx: shift(), dy: shift(), isMirrored: random.uniform() < 0.5 });
    attributeTargets(attributes, targets.subarray(i * LOGIT_COUNT, (i + 1) * LOGIT_COUNT));
  }
  return {
    pixels: { data: pixels, dims: [batchSize, ...PIXEL_DIMS] },
    targets: { data: targets, dims: [batchSize, LOGIT_COUNT] },
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

async function tellAccuracy(path: string, count: number): Promise<void> {
  const judge = await AttributeJudge.open(path);
  const told = Array.from({ length: count }, (_, index) => portrait(index, "validation"));
  const judged: Judgement[] = [];
  for (const { svg } of told) judged.push(await judge.judge(await rasterizePortrait(svg)));
  await judge.close();
  console.log("attribute      top-1   mean over values   most frequent   pictures");
  for (const name of judgedAttributes) {
    const row = accuracyOf(
      name,
      told.map(({ attributes }) => attributes),
      judged,
    );
    const columns = [percent(row.top1).padStart(7), percent(row.meanOverValues).padStart(15)];
    console.log(
      `${name.padEnd(12)} ${columns.join(" ")} ${percent(row.mostFrequent).padStart(16)} ${String(row.count).padStart(10)}`,
    );
  }
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

let [sum, count, started] = [0, 0, performance.now()];
while (trainer.step < steps) {
  const result = await trainer.train(makeBatch(trainer.step), learningRateAt(trainer.step, steps, Number(args.lr)));
  sum += result.loss;
  count++;
  if (trainer.step % 25 === 0 || trainer.step < 4) {
    const pace = (performance.now() - started) / count;
    console.log(
      `${trainer.step} loss ${(sum / count).toFixed(4)} norm ${result.norm.toFixed(3)} ${pace.toFixed(0)} ms/step`,
    );
    [sum, count, started] = [0, 0, performance.now()];
  }
  if (trainer.step % SAVE_EVERY === 0) trainer.save(statePath);
}
trainer.save(statePath);
data.close();
await tellAccuracy(statePath, Number(args.portraits));
