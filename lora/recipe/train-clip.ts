/**
 * Trains the mini CLIP on packed pictures: `node lora/recipe/train-clip.ts --data DIR --text DIR --vision DIR --out DIR`. Goes
 * on from `OUT/clip-state.safetensors`. The text tower begins as `train-text-tower.ts` left it; the vision tower stays as
 * `train-vision-tower.ts` left it, and only its projection learns (Zhai et al. 2022). The loss is symmetric InfoNCE (Radford et
 * al. 2021): each picture picks its text among the batch's, each text its picture; texts that are true of another picture too,
 * which the attributes tell, do not compete there. To it comes what labelling asks, see `labelLoss`.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { labelLanguages } from "../data/index.ts";
import { add, Graph } from "../graph/index.ts";
import { clipTextFeeds, clipTextLength, ClipTokenizer } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { contrastiveInputs, contrastiveLoss } from "./contrastive-loss.ts";
import { FACT_LOGITS, factTargets } from "./fact-heads.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { positionsByKind } from "./kind-batches.ts";
import { labelInputs, labelLoss, labelSentences } from "./label-loss.ts";
import { answersOf, drawText, isAlsoTrue, miniClip, type DescribedSample } from "./mini-clip.ts";
import { PackedData } from "./packed-data.ts";
import { PictureBatch } from "./picture-batch.ts";
import { runTraining } from "./run-training.ts";
import { trainingOptions } from "./training-options.ts";
import { readVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: {
    ...trainingOptions({ out: ".work/clip", steps: 2_000, batch: 64, lr: 1e-3 }),
    text: { type: "string", default: ".work/text" },
    vision: { type: "string", default: ".work/vision" },
  },
});
const SAVE_EVERY = 100;
const CHINESE_SHARE = 0.2;
/** Textures are a fifth of the pictures, but have more kinds than portraits have values of anything. */
const TEXTURE_SHARE = 1 / 3;
/** Added to the logit of a text that is true of the picture but not its own: out of the softmax. */
const NO_RIVAL = -1e4;
/** The paper's start of the logits' scale. */
const START_SCALE = Math.log(1 / 0.07);

function buildLoss() {
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const scope = new Scope(parameters);
  const { loss, images, scale } = contrastiveLoss(scope, contrastiveInputs(graph, config), config);
  const asked = labelLoss(scope, images, scale, labelInputs(graph, labels.longest), config);
  return { loss: add(loss, asked), parameters: parameters.values };
}

/** The label sentences of each language, with room for the longest of either. */
function labelFeeds() {
  const texts = labelLanguages.map((language) => labelSentences(language));
  const longest = clipTextLength(tokenizer, texts.flat());
  const feeds = texts.map((sentences) => {
    const { tokens, ends } = clipTextFeeds(tokenizer, sentences, longest);
    return { labelTokens: tokens, labelEnds: ends };
  });
  return { longest, feeds: Object.fromEntries(labelLanguages.map((language, i) => [language, feeds[i]!])) };
}

const steps = Number(args.steps);
const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const samples = data.samples as readonly DescribedSample[];
const positions = positionsByKind(samples);
const vocabularyPath = join(args.out, "vocabulary.json");
copyFileSync(join(args.text, "vocabulary.json"), vocabularyPath);
const vocabulary = readVocabulary(vocabularyPath);
const tokenizer = new ClipTokenizer(vocabulary);
const config = miniClip(vocabulary.vocab.size);
const labels = labelFeeds();
const { loss, parameters } = buildLoss();

function makeBatch(step: number): Feeds {
  const random = new Random(9_000_000 + step);
  const pictures = new PictureBatch(batchSize);
  const targets = new Float32Array(batchSize * FACT_LOGITS);
  const drawn = Array.from({ length: batchSize }, (_, i) => {
    const ofKind = positions[random.uniform() < TEXTURE_SHARE ? "texture" : "portrait"];
    const index = ofKind[random.integer(ofKind.length)]!;
    pictures.addShifted(data.readBytes(index), random);
    const facts = answersOf(samples[index]!);
    factTargets(facts, targets.subarray(i * FACT_LOGITS, (i + 1) * FACT_LOGITS));
    return { facts, text: drawText(samples[index]!, random) };
  });
  const rivals = drawn.flatMap(({ facts, text: own }, i) =>
    drawn.map(({ text }, j) => (i !== j && (text.text === own.text || isAlsoTrue(text, facts)) ? NO_RIVAL : 0)),
  );
  const texts = drawn.map(({ text }) => text.text);
  return {
    ...labels.feeds[random.uniform() < CHINESE_SHARE ? "zh" : "en"],
    ...clipTextFeeds(tokenizer, texts, config.text.maxPositions),
    pixels: pictures.tensor,
    targets: { data: targets, dims: [batchSize, FACT_LOGITS] },
    rivals: { data: Float32Array.from(rivals), dims: [batchSize, batchSize] },
  };
}

const trainer = await FullTrainer.open(loss, {}, parameters, new Random(4), {
  emaDecay: 0.995,
  maxGradNorm: 1,
  weightDecay: 0,
  betas: [0.9, 0.98],
  session: { threads: Number(args.threads) },
  isFrozen: (name) => name.startsWith("vision_model."),
  prepare: (weights) => weights.get("logit_scale")!.data.fill(START_SCALE),
});
const statePath = join(args.out, "clip-state.safetensors");
if (!trainer.resume(statePath))
  trainer.beginWith({
    ...averagedWeights(join(args.text, "text-state.safetensors")),
    ...averagedWeights(join(args.vision, "vision-state.safetensors")),
  });
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
