/**
 * Trains the mini CLIP on packed pictures: `node lora/recipe/train-clip.ts --data DIR --text DIR --out DIR --steps 3000`.
 * Goes on from `OUT/clip-state.safetensors`; the text tower begins as `train-text-tower.ts` left it. Symmetric InfoNCE (Radford
 * et al. 2021): each picture picks its text among the batch's, each text its picture. Texts that are true of another picture too, which the attributes tell, do not compete there.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { add, Graph, mulScalar } from "../graph/index.ts";
import { clipPixels, ClipTokenizer, endMarks } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { contrastiveInputs, contrastiveLoss } from "./contrastive-loss.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { drawText, factsOf, isAlsoTrue, miniClip, miniClipPixels, type DescribedSample } from "./mini-clip.ts";
import { PackedData } from "./packed-data.ts";
import { runTraining } from "./run-training.ts";
import { drawShift, shifted } from "./shifted.ts";
import { FACT_LOGITS, factHeads, factTargets } from "./fact-heads.ts";
import { readVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: {
    data: { type: "string", default: ".work/data" },
    out: { type: "string", default: ".work/clip" },
    text: { type: "string", default: ".work/text" },
    steps: { type: "string", default: "3000" },
    batch: { type: "string", default: "128" },
    lr: { type: "string", default: "1e-3" },
    threads: { type: "string", default: "0" },
  },
});
const SAVE_EVERY = 100;
const PICTURE_SIDE = 128;
/** Pictures move by up to this much, so that the model does not learn places by heart; of 128 pixels. */
const SHIFT_MAX = 8;
/**
 * Of the loss of the facts that a picture's vector must tell by itself: every attribute of each picture teaches at every step,
 * where a text tells some.
 */
const FACTS_WEIGHT = 0.2;
/** Added to the logit of a text that is true of the picture but not its own: out of the softmax. */
const NO_RIVAL = -1e4;
/** The paper's start of the logits' scale. */
const START_SCALE = Math.log(1 / 0.07);
/** Where a patch lies matters as much here as what it shows: heads are always in the middle. */
const POSITIONS_AT_START = 5;

function buildLoss(vocabSize: number) {
  const graph = new Graph();
  const config = miniClip(vocabSize);
  const parameters = new TrainableParameters(graph);
  const scope = new Scope(parameters);
  const { loss: contrastive, images } = contrastiveLoss(scope, contrastiveInputs(graph, config), config);
  // Of about unit deviation, as layers begin with.
  const features = mulScalar(images, Math.sqrt(config.projectionDim));
  const facts = factHeads(scope, features, config.projectionDim).loss;
  return { loss: add(contrastive, mulScalar(facts, FACTS_WEIGHT)), parameters: parameters.values, config };
}

const steps = Number(args.steps);
const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const samples = data.samples as readonly DescribedSample[];
const vocabularyPath = join(args.out, "vocabulary.json");
copyFileSync(join(args.text, "vocabulary.json"), vocabularyPath);
const vocabulary = readVocabulary(vocabularyPath);
const tokenizer = new ClipTokenizer(vocabulary);
const { loss, parameters, config } = buildLoss(vocabulary.vocab.size);
const { maxPositions: length } = config.text;
const pixelCount = 3 * config.vision.imageSize ** 2;

function makeBatch(step: number): Feeds {
  const random = new Random(9_000_000 + step);
  const pixels = new Float32Array(batchSize * pixelCount);
  const ids = new Int32Array(batchSize * length);
  const targets = new Float32Array(batchSize * FACT_LOGITS);
  const drawn = Array.from({ length: batchSize }, (_, i) => {
    const index = Math.floor(random.uniform() * samples.length);
    const rgb = shifted(data.readBytes(index), drawShift(random, SHIFT_MAX));
    pixels.set(clipPixels({ rgb, width: PICTURE_SIDE, height: PICTURE_SIDE }, miniClipPixels), i * pixelCount);
    const text = drawText(samples[index]!, random);
    const facts = factsOf(samples[index]!);
    factTargets(facts, targets.subarray(i * FACT_LOGITS, (i + 1) * FACT_LOGITS));
    ids.set(tokenizer.encode(text.text, length), i * length);
    return { facts, text };
  });
  const rivals = drawn.flatMap(({ facts, text: own }, i) =>
    drawn.map(({ text }, j) => (i !== j && (text.text === own.text || isAlsoTrue(text, facts)) ? NO_RIVAL : 0)),
  );
  return {
    pixels: { data: pixels, dims: [batchSize, 3, config.vision.imageSize, config.vision.imageSize] },
    tokens: { data: BigInt64Array.from(ids, BigInt), dims: [batchSize, length] },
    ends: { data: endMarks(ids, length, tokenizer.endId), dims: [batchSize, length] },
    targets: { data: targets, dims: [batchSize, FACT_LOGITS] },
    rivals: { data: Float32Array.from(rivals), dims: [batchSize, batchSize] },
  };
}

const trainer = await FullTrainer.open(loss, {}, parameters, new Random(4), {
  emaDecay: 0.995,
  maxGradNorm: 1,
  weightDecay: 0.05,
  betas: [0.9, 0.98],
  session: { threads: Number(args.threads) },
  prepare: (weights) => {
    weights.get("logit_scale")!.data.fill(START_SCALE);
    const positions = weights.get("vision_model.embeddings.position_embedding.weight")!.data;
    for (let i = 0; i < positions.length; i++) positions[i]! *= POSITIONS_AT_START;
  },
});
const statePath = join(args.out, "clip-state.safetensors");
if (!trainer.resume(statePath)) trainer.beginWith(averagedWeights(join(args.text, "text-state.safetensors")));
console.log(
  `CLIP: ${trainer.parameterCount} parameters, vocabulary ${vocabulary.vocab.size}, from step ${trainer.step}`,
);

await runTraining(trainer, {
  steps,
  peakRate: Number(args.lr),
  batchAt: makeBatch,
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 25,
});
