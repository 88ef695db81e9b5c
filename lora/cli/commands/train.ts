import { constants } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import type { LoraModule, ModuleSite } from "../../adapter/index.ts";
import { checkDataset, formatReport, readImageDataset, type ImageDataset } from "../../data/index.ts";
import { parsePrompt } from "../../diffusion/index.ts";
import { AnimulaError, EventWriter, makeFolder, writeFileAtomic } from "../../format/index.ts";
import {
  checkPictureSize,
  DrawingStudio,
  drawnInfo,
  encodePng,
  generateErrors,
  type Picture,
} from "../../generate/index.ts";
import { openStableDiffusion, type StableDiffusion } from "../../models/index.ts";
import {
  configHelp,
  loadTrainConfig,
  makeOutputFolders,
  trainImage,
  type TrainConfig,
  type TrainEvent,
} from "../../train/index.ts";
import { cliErrors } from "../errors.ts";
import { logEvent } from "../event-log.ts";
import { interruptible } from "../interrupt.ts";
import { writeModules, writeStepModule } from "../module-files.ts";
import { jsonLines, progressBar, type Watcher } from "../progress.ts";
import { runTextTraining, type TrainingResult } from "./train-text.ts";

export const trainCommand = defineCommand({
  meta: { name: "train", description: "Train a LoRA module from a YAML configuration" },
  args: {
    config: { type: "string", description: "YAML file with the settings" },
    lang: { type: "enum", options: ["en", "zh"], description: "Language of the data report", default: "en" },
    json: { type: "boolean", description: "One JSON object a line instead of a progress bar" },
    strict: { type: "boolean", description: "Stop when the data report has warnings" },
    "help-config": { type: "boolean", description: "List every key of the configuration" },
  },
  async run({ args }) {
    if (args["help-config"]) {
      process.stdout.write(configHelp());
      return;
    }
    if (!args.config) throw cliErrors.OPTION_MISSING("train", "--config FILE", "the YAML file with the settings");
    const watcher = args.json ? jsonLines() : progressBar();
    try {
      const config = loadTrainConfig(args.config);
      await runTraining({ ...config, strict: config.strict || args.strict === true }, watcher, args.lang);
    } catch (error) {
      if (error instanceof AnimulaError) watcher.failed(error);
      throw error;
    }
  },
});

/**
 * Trains as configured and writes module, samples, curves and checkpoints below `output_dir`. Nothing is written before
 * configuration, base and pictures are known to be good. Ctrl-C (SIGINT, SIGTERM) saves a checkpoint and the module as
 * far as it came, and sets the exit code 128 + signal.
 */
export async function runTraining(
  config: TrainConfig,
  watcher: Watcher,
  lang: "en" | "zh" = "en",
): Promise<TrainingResult> {
  if (config.taskType === "text-generation") return runTextTraining(config, watcher, lang);
  const base = await openStableDiffusion(config.baseModel);
  checkSamplePrompts(config, base);
  const dataset = await readCheckedDataset(config, base, watcher, lang);
  makeOutputFolders(config);
  const events = EventWriter.open(config.loggingDir);
  const interrupt = interruptible();
  let studio: DrawingStudio | undefined;
  try {
    watcher.note(`opening ${base.name}; Ctrl-C saves a checkpoint from which the same command goes on`);
    studio = config.samplePrompts.length > 0 ? await DrawingStudio.open(base) : undefined;
    const onSave = async (module: LoraModule, step: number, sites: readonly ModuleSite[]) => {
      watcher.saved(writeStepModule(config, base, module, sites, step), step);
      if (studio) await drawSamples({ studio, config, events, watcher, signal: interrupt.signal }, module, step);
    };
    const emit = (event: TrainEvent) => {
      logEvent(events, event);
      watcher.event(event);
    };
    const trained = await trainImage({ config, base, dataset, emit, signal: interrupt.signal, onSave });
    const { step, bestStep } = trained.state;
    const cancelledBy = step < trained.totalSteps ? interrupt.caught() : undefined;
    if (cancelledBy) {
      watcher.note(`cancelled at step ${step} of ${trained.totalSteps}; the same command goes on from there`);
      process.exitCode = 128 + constants.signals[cancelledBy];
      if (step === 0) return { cancelledBy };
    }
    const modulePath = writeModules(config, base, trained.module, trained.sites);
    watcher.done(modulePath, cancelledBy ? step : bestStep || step);
    return { modulePath, ...(cancelledBy ? { cancelledBy } : {}) };
  } finally {
    interrupt.release();
    watcher.close();
    await studio?.close();
    events.close();
  }
}

/** What would stop the run at its first save stops it now. @throws MODULE_UNKNOWN, SIZE_INVALID and the prompts' errors */
function checkSamplePrompts({ samplePrompts }: TrainConfig, base: StableDiffusion): void {
  for (const { prompt, negative = "", width = base.side, height = base.side } of samplePrompts) {
    checkPictureSize(base, width, height);
    const [lora] = [prompt, negative].flatMap((text) => parsePrompt(text).loras);
    if (lora) throw generateErrors.MODULE_UNKNOWN(lora.name, "sample_prompts draw with the module in training alone");
  }
}

/** @throws DATA_NOT_CLEAN if strict, and the errors of `readImageDataset` */
async function readCheckedDataset(
  config: TrainConfig,
  base: StableDiffusion,
  watcher: Watcher,
  lang: "en" | "zh",
): Promise<ImageDataset> {
  const { trainDataDir: dir, metadataPath, triggerWord, priorPreservation } = config;
  const dataset = await readImageDataset({
    dir,
    metadataPath,
    triggerWord,
    classDir: priorPreservation?.classDataDir,
    classPrompt: priorPreservation?.classPrompt,
  });
  const report = await checkDataset(dataset, { lang, resolution: config.resolution ?? base.side, triggerWord, config });
  watcher.report(formatReport(report), report);
  if (config.strict && report.findings.some(({ severity }) => severity !== "advice"))
    throw cliErrors.DATA_NOT_CLEAN(dir);
  return dataset;
}

interface Sampling {
  readonly studio: DrawingStudio;
  readonly config: TrainConfig;
  readonly events: EventWriter;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
}

/** Draws the sample prompts with the module as it is; whoever cancelled does not wait for pictures. */
async function drawSamples(sampling: Sampling, module: LoraModule, step: number): Promise<void> {
  const { studio, config, events, watcher, signal } = sampling;
  const folder = join(config.outputDir, "samples");
  for (const [index, sample] of config.samplePrompts.entries()) {
    if (signal.aborted) return;
    const { prompt, negative, seed = config.seed + index, steps, guidance, width, height } = sample;
    const wanted = { negative, steps, guidanceScale: guidance, width, height };
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    const stack = [{ module, weight: 1, textEncoderWeight: 1 }];
    let picture: Picture;
    try {
      [picture] = (await studio.draw({ prompt, ...given, seeds: [seed], stack, signal })) as [Picture];
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    makeFolder(folder);
    const png = await encodePng(picture.pixels, drawnInfo(studio.base, { prompt, ...given }, picture, []));
    const path = join(folder, `${String(step).padStart(8, "0")}-${index}.png`);
    writeFileAtomic(path, png);
    events.image(`samples/${index}`, step, png, picture);
    watcher.sample({ path, prompt, step, index, seed });
  }
}
