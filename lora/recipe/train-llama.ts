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
import { writeMiniLlamaWeights } from "./mini-llama.ts";
import { runTraining } from "./run-training.ts";
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

await runTraining(trainer, {
  steps,
  until: Number(args.until || steps),
  peakRate: Number(args.lr),
  batchAt: (step) => voiceFeeds(config, batches.at(step), Number(args.prompt)),
  statePath,
  saveEvery: SAVE_EVERY,
  tellEvery: SHOW_EVERY,
  // Beside the state the base as it speaks now: `animula say --base OUT`.
  saved: () => writeMiniLlamaWeights(args.out, trainer.averaged()),
});
