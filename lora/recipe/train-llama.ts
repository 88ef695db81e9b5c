/**
 * Trains the mini LLaMA on conversations made as it goes: `node lora/recipe/train-llama.ts --steps 3000`, after
 * `train-voice-tokenizer.ts`. Goes on from `OUT/state.safetensors`; the rate falls over all `--steps`, so give the same number.
 * Without a state, `--base assets/base/mini-llama --start 4000` goes on from a base, with new moments, as if it had made 4,000 steps.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { openLanguageModel } from "../models/index.ts";
import { copyMiniLlama } from "./export-llama.ts";
import { FullTrainer, TrainableParameters } from "./full-training.ts";
import { learningRateAt } from "./learning-rate.ts";
import { writeMiniLlamaWeights } from "./mini-llama.ts";
import { voiceDialogue } from "./voice-dialogue.ts";
import { headStart } from "./voice-head-start.ts";
import { buildVoiceLoss, voiceFeeds } from "./voice-loss.ts";
import { VoiceBatches, VoiceEncoder } from "./voice-rows.ts";
import { readWeights } from "./weights-file.ts";

const { values: args } = parseArgs({
  options: {
    out: { type: "string", default: ".work/mini-llama" },
    steps: { type: "string", default: "3000" },
    rows: { type: "string", default: "16" },
    lr: { type: "string", default: "3e-3" },
    base: { type: "string" },
    start: { type: "string", default: "0" },
    until: { type: "string", default: "" },
    threads: { type: "string", default: "1" },
    prompt: { type: "string", default: "0" },
  },
});
const SAVE_EVERY = 100;
const SHOW_EVERY = 50;
const COMPARED = 40;

const steps = Number(args.steps);
const statePath = join(args.out, "state.safetensors");
if (args.base && !existsSync(statePath)) copyMiniLlama(args.base, args.out);
const { config, tokenizer } = openLanguageModel(args.out);
const encoder = new VoiceEncoder(tokenizer);
for (let i = 0; i < COMPARED; i++) {
  const { messages } = voiceDialogue(`train ${i}`);
  const { ids, isReply } = encoder.encode(messages);
  const spoken = tokenizer.conversation(messages);
  assert.deepEqual([...ids], spoken.ids, "training and speaking must see the same tokens");
  assert.deepEqual([...isReply].map(Boolean), spoken.isReply);
}
const batches = new VoiceBatches(encoder, Number(args.rows));
const { loss, source } = buildVoiceLoss(config, (graph) => new TrainableParameters(graph));
const trainer = await FullTrainer.open(loss, {}, source.values, new Random(3), {
  emaDecay: 0.995,
  maxGradNorm: 1,
  weightDecay: 0.05,
  betas: [0.9, 0.98],
  prepare: (weights) => headStart(weights, config),
  session: { threads: Number(args.threads) },
});
if (!trainer.resume(statePath) && args.base) {
  trainer.begin(readWeights(join(args.base, "model.safetensors")));
  trainer.step = Number(args.start);
}
console.log(
  `mini LLaMA: ${trainer.parameterCount} parameters, vocabulary ${config.vocabSize}, from step ${trainer.step}`,
);

/** The state to go on from, and beside it the base as it speaks now: `animula say --base OUT`. */
function save(): void {
  trainer.save(statePath);
  writeMiniLlamaWeights(args.out, trainer.averaged());
}

const until = Number(args.until || steps);
let [sum, count, tokens, started] = [0, 0, 0, performance.now()];
while (trainer.step < until) {
  const rows = batches.at(trainer.step);
  const feeds = voiceFeeds(config, rows, Number(args.prompt));
  const result = await trainer.train(feeds, learningRateAt(trainer.step, steps, Number(args.lr)));
  sum += result.loss;
  count++;
  tokens += rows.reduce((all, { ids }) => all + ids.length, 0);
  if (trainer.step % SHOW_EVERY === 0 || trainer.step < 4) {
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `${trainer.step} loss ${(sum / count).toFixed(4)} norm ${result.norm.toFixed(2)} ${((seconds / count) * 1000).toFixed(0)} ms/step ${(tokens / seconds).toFixed(0)} tokens/s`,
    );
    [sum, count, tokens, started] = [0, 0, 0, performance.now()];
  }
  if (trainer.step % SAVE_EVERY === 0) save();
}
save();
