import { constants } from "node:os";
import { join } from "node:path";
import { writeGgufModule, writePeft, type LoraModule, type ModuleSite } from "../../adapter/index.ts";
import { distinctShare, formatTextReport, readTextDataset, reportText } from "../../data/index.ts";
import { EventWriter, ggufArchitectures, makeFolder, writeFileAtomic } from "../../format/index.ts";
import { VoiceStudio } from "../../generate/index.ts";
import { openLanguageModel, type LanguageModel } from "../../models/index.ts";
import {
  makeOutputFolders,
  planText,
  trainText,
  type TextPlan,
  type TrainConfig,
  type TrainEvent,
} from "../../train/index.ts";
import { cliErrors } from "../errors.ts";
import { logEvent } from "../event-log.ts";
import { interruptible } from "../interrupt.ts";
import type { Watcher } from "../progress.ts";

export interface TrainingResult {
  /** Absent if the run was cancelled before its first step. */
  readonly modulePath?: string;
  readonly cancelledBy?: NodeJS.Signals;
}

/** As `runTraining`, for `task_type: text-generation`. The module is a PEFT folder: `output_dir` itself. */
export async function runTextTraining(
  config: TrainConfig,
  watcher: Watcher,
  lang: "en" | "zh",
): Promise<TrainingResult> {
  const base = openLanguageModel(config.baseModel);
  const plan = readCheckedText(config, base, watcher, lang);
  makeOutputFolders(config);
  const events = EventWriter.open(config.loggingDir);
  const interrupt = interruptible();
  let studio: VoiceStudio | undefined;
  try {
    watcher.note(`opening ${base.name}; Ctrl-C saves a checkpoint from which the same command goes on`);
    studio = config.samplePrompts.length > 0 ? await VoiceStudio.open(base) : undefined;
    const onSave = async (module: LoraModule, step: number, sites: readonly ModuleSite[]) => {
      const folder = join(config.outputDir, "steps", `${config.outputName}-${String(step).padStart(8, "0")}`);
      writePeft(folder, module, sites, "language_model", { baseModel: base.path });
      watcher.saved(folder, step);
      if (studio) await saySamples({ studio, config, plan, events, watcher, signal: interrupt.signal }, module, step);
    };
    const emit = (event: TrainEvent) => {
      logEvent(events, event);
      watcher.event(event);
    };
    const trained = await trainText({ config, base, plan, emit, signal: interrupt.signal, onSave });
    const { step, bestStep } = trained.state;
    const cancelledBy = step < trained.totalSteps ? interrupt.caught() : undefined;
    if (cancelledBy) {
      watcher.note(`cancelled at step ${step} of ${trained.totalSteps}; the same command goes on from there`);
      process.exitCode = 128 + constants.signals[cancelledBy];
      if (step === 0) return { cancelledBy };
    }
    writePeft(config.outputDir, trained.module, trained.sites, "language_model", { baseModel: base.path });
    const architecture = ggufArchitectures[base.config.family];
    if (architecture !== undefined) {
      const gguf = join(config.outputDir, `${config.outputName}.gguf`);
      writeGgufModule(gguf, trained.module, trained.sites, architecture);
    }
    watcher.done(config.outputDir, cancelledBy ? step : bestStep || step);
    return { modulePath: config.outputDir, ...(cancelledBy ? { cancelledBy } : {}) };
  } finally {
    interrupt.release();
    watcher.close();
    await studio?.close();
    events.close();
  }
}

/** @throws DATA_NOT_CLEAN if strict, and the errors of `readTextDataset` and `planText` */
function readCheckedText(config: TrainConfig, base: LanguageModel, watcher: Watcher, lang: "en" | "zh"): TextPlan {
  const plan = planText(config, base, readTextDataset(config.trainDataDir));
  const report = reportText(config.trainDataDir, plan, lang);
  watcher.report(formatTextReport(report), report);
  if (config.strict && report.skipped > 0) throw cliErrors.DATA_NOT_CLEAN(config.trainDataDir);
  return plan;
}

interface Sampling {
  readonly studio: VoiceStudio;
  readonly config: TrainConfig;
  readonly plan: TextPlan;
  readonly events: EventWriter;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
}

/** Longest sample reply in tokens: enough to hear the voice, short enough not to hold up the training. */
const SAMPLE_TOKENS_MAX = 96;

/**
 * Says the sample prompts to the character as it is now. Length and variety stand beside the loss in the curves: training
 * too long first shows there, as replies that shrink or repeat.
 */
async function saySamples(sampling: Sampling, module: LoraModule, step: number): Promise<void> {
  const { studio, config, plan, events, watcher, signal } = sampling;
  const replies = await studio.replies(
    config.samplePrompts.map(({ prompt, seed }, index) => ({
      messages: [{ role: "user" as const, content: prompt }],
      systemPrompt: plan.systemPrompt,
      stack: [{ module, weight: 1, textEncoderWeight: 0 }],
      maxTokens: SAMPLE_TOKENS_MAX,
      seed: seed ?? config.seed + index,
      signal,
    })),
  );
  if (signal.aborted) return;
  const refused = replies.find(({ error }) => error);
  if (refused) throw refused.error!;
  const folder = join(config.outputDir, "samples");
  makeFolder(folder);
  config.samplePrompts.forEach(({ prompt, seed = config.seed }, index) => {
    const { text } = replies[index]!;
    const path = join(folder, `${String(step).padStart(8, "0")}-${index}.txt`);
    writeFileAtomic(path, `${prompt}\n\n${text}\n`);
    watcher.sample({ path, prompt, step, index, seed, text });
  });
  const texts = replies.map(({ text }) => text);
  events.scalar("replies/tokens", step, replies.reduce((sum, { tokens }) => sum + tokens, 0) / replies.length);
  for (const n of [1, 2]) events.scalar(`replies/distinct_${n}`, step, distinctShare(texts, n));
}
