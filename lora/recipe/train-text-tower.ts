/**
 * Teaches a text tower to read, before a picture is seen: `node lora/recipe/train-text-tower.ts --data DIR --out DIR`. From
 * where a caption ends it must tell every fact of it. Without this, a UNet of 7,000 steps knew no "teal shirt" from a red one:
 * whose colour is whose is hardly learned from pictures. `--begin STATE` begins with the tower of a CLIP or of a UNet. Goes on
 * from `OUT/text-state.safetensors`. `train-clip.ts --text DIR` and `train-unet.ts --text DIR` begin with it and speak its
 * vocabulary.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { labelLanguages, labelSentence } from "../data/index.ts";
import { Random } from "../diffusion/index.ts";
import { Graph } from "../graph/index.ts";
import { clipTextFeeds, ClipTokenizer, type BpeVocabulary } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { drawText, factsOf, type DescribedSample, type TextShares } from "./mini-clip.ts";
import { miniText } from "./mini-config.ts";
import { PackedData } from "./packed-data.ts";
import { runTraining } from "./run-training.ts";
import { FACT_LOGITS, factsRead, factTargets, textFacts } from "./fact-heads.ts";
import { trainBpe } from "./train-tokenizer.ts";
import { trainingOptions } from "./training-options.ts";
import { readVocabulary, writeVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: {
    ...trainingOptions({ out: ".work/text", steps: 1_000, batch: 64, lr: 1e-3 }),
    begin: { type: "string" },
  },
});
const SHARES: TextShares = { written: 0.35, single: 0.15, chinese: 0.3 };
const VOCABULARY_MAX = 2048;
const SAVE_EVERY = 100;
const CHECKED = 512;

const batchSize = Number(args.batch);
mkdirSync(args.out, { recursive: true });
const data = new PackedData(args.data);
const samples = data.samples as readonly DescribedSample[];
const vocabulary = vocabularyIn(join(args.out, "vocabulary.json"));
const tokenizer = new ClipTokenizer(vocabulary);
const config = miniText(vocabulary.vocab.size);

/** The vocabulary that training was begun with, or one made from the captions and from sentences of all facts. */
function vocabularyIn(path: string): BpeVocabulary {
  if (existsSync(path)) return readVocabulary(path);
  const written = samples.flatMap(({ caption, captionZh = "" }) => [caption, captionZh]);
  const told = samples.flatMap((sample) =>
    labelLanguages.map((language) => labelSentence(sample.kind, factsOf(sample), language, true)),
  );
  const made = trainBpe([...written, ...told], VOCABULARY_MAX);
  writeVocabulary(path, made);
  return made;
}

function build() {
  const parameters = new TrainableParameters(new Graph());
  return { ...textFacts(new Scope(parameters), config), parameters: parameters.values };
}

/** What a caption as written leaves out counts too: it is then told by what is usual. */
function makeBatch(step: number, size = batchSize, shares = SHARES) {
  const random = new Random(3_000_000 + step);
  const targets = new Float32Array(size * FACT_LOGITS);
  const drawn = Array.from({ length: size }, (_, i) => {
    const sample = samples[random.integer(samples.length)]!;
    const { text, claims = factsOf(sample) } = drawText(sample, random, shares);
    factTargets(claims, targets.subarray(i * FACT_LOGITS, (i + 1) * FACT_LOGITS));
    return { text, claims };
  });
  const texts = drawn.map(({ text }) => text);
  const feeds = {
    ...clipTextFeeds(tokenizer, texts, config.maxPositions),
    targets: { data: targets, dims: [size, FACT_LOGITS] },
  };
  return { feeds, facts: drawn.map(({ claims }) => claims) };
}

/** Tower weights by the names of a CLIP, from the state of a CLIP, a UNet or this. */
const towerOf = (path: string) =>
  Object.fromEntries(
    Object.entries(averagedWeights(path)).map(([name, tensor]) => [name.replace(/^text_encoder\./, ""), tensor]),
  );

const { loss, parameters } = build();
const trainer = await FullTrainer.open(loss, {}, parameters, new Random(8), {
  emaDecay: 0.99,
  maxGradNorm: 1,
  weightDecay: 0.01,
  session: { threads: Number(args.threads) },
});
const statePath = join(args.out, "text-state.safetensors");
if (!trainer.resume(statePath) && args.begin !== undefined) trainer.beginWith(towerOf(args.begin));
console.log(`text tower: ${trainer.parameterCount} parameters, ${FACT_LOGITS} values, from step ${trainer.step}`);
await runTraining(trainer, {
  steps: Number(args.steps),
  peakRate: Number(args.lr),
  batchAt: (step) => makeBatch(step).feeds,
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: 25,
});

const { logits } = build();
const reading = await Session.open({ logits });
const { feeds, facts } = makeBatch(-1, CHECKED, { ...SHARES, written: 0 });
const { tokens, ends } = feeds;
const result = await reading.run({ ...averagedWeights(statePath), tokens, ends });
await reading.close();
const rows = result.logits.data as Float32Array;
const read = facts.map((told, i) => factsRead(told, rows.subarray(i * FACT_LOGITS, (i + 1) * FACT_LOGITS)));
const [right, asked] = [read.reduce((sum, row) => sum + row.right, 0), read.reduce((sum, row) => sum + row.asked, 0)];
console.log(`facts read right in ${CHECKED} other sentences: ${right} of ${asked}`);
data.close();
