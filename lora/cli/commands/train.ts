import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "citty";
import { writeDiffusers, writeKohya, type LoraModule, type ModuleInfo } from "../../adapter/index.ts";
import { checkDataset, formatReport, readImageDataset } from "../../data/index.ts";
import { AnimulaError, EventWriter, writeFileAtomic } from "../../format/index.ts";
import { DrawingStudio, encodePng } from "../../generate/index.ts";
import { openStableDiffusion, type StableDiffusion } from "../../models/index.ts";
import {
  configHelp,
  loadTrainConfig,
  makeOutputFolders,
  trainImage,
  type TrainConfig,
  type TrainEvent,
} from "../../train/index.ts";
import { drawnInfo } from "../drawn-info.ts";
import { jsonLines, progressBar, type Watcher } from "../progress.ts";

export const trainCommand = defineCommand({
  meta: { name: "train", description: "Train a LoRA module from a YAML configuration" },
  args: {
    config: { type: "string", description: "YAML file with the settings" },
    json: { type: "boolean", description: "One JSON object a line instead of a progress bar" },
    strict: { type: "boolean", description: "Stop when the data report has warnings" },
    "help-config": { type: "boolean", description: "List every key of the configuration" },
  },
  async run({ args }) {
    if (args["help-config"]) {
      process.stdout.write(`${configHelp()}\n`);
      return;
    }
    if (!args.config)
      throw new AnimulaError("CONFIG_NOT_READABLE", "train: expected --config FILE, got nothing; name your YAML file");
    const config = loadTrainConfig(args.config);
    await runTraining(
      { ...config, strict: config.strict || args.strict === true },
      args.json ? jsonLines() : progressBar(),
    );
  },
});

/** Trains as configured and writes module, samples, curves and checkpoints below `output_dir`. */
export async function runTraining(config: TrainConfig, watcher: Watcher): Promise<{ modulePath: string }> {
  if (config.taskType !== "text-to-image")
    throw new AnimulaError(
      "TASK_NOT_YET",
      `task_type: expected text-to-image, got ${config.taskType}; text modules come in a later version`,
    );
  const base = await openStableDiffusion(config.baseModel);
  const { trainDataDir: dir, metadataPath, triggerWord, priorPreservation } = config;
  const dataset = await readImageDataset({
    dir,
    metadataPath,
    triggerWord,
    classDir: priorPreservation?.classDataDir,
    classPrompt: priorPreservation?.classPrompt,
  });
  const report = await checkDataset(dataset, { resolution: config.resolution ?? base.side, triggerWord, config });
  watcher.report(formatReport(report), report);
  if (config.strict && report.findings.some(({ severity }) => severity !== "advice"))
    throw new AnimulaError(
      "DATA_NOT_CLEAN",
      `${dir}: expected clean data (strict), got the findings above; fix them or drop --strict`,
    );
  makeOutputFolders(config);
  const events = EventWriter.open(config.loggingDir);
  const studio = config.samplePrompts.length > 0 ? await DrawingStudio.open(base) : undefined;
  const abort = new AbortController();
  const onInterrupt = () => abort.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const onSave = async (module: LoraModule, step: number) => {
      if (studio) await drawSamples(studio, module, config, step, events, watcher);
    };
    const emit = (event: TrainEvent) => {
      logEvent(events, event);
      watcher.event(event);
    };
    const trained = await trainImage({ config, base, dataset, emit, signal: abort.signal, onSave });
    const modulePath = writeModules(config, base, trained.module, trained.sites);
    watcher.done(modulePath, trained.state.bestStep || trained.state.step);
    return { modulePath };
  } finally {
    process.off("SIGINT", onInterrupt);
    events.close();
    await studio?.close();
  }
}

function logEvent(events: EventWriter, event: TrainEvent): void {
  if (event.type === "step") {
    events.scalar("loss/current", event.step, event.loss);
    events.scalar("loss/average", event.step, event.averageLoss);
    events.scalar("lr/unet", event.step, event.learningRate);
    events.scalar("gradient/norm", event.step, event.gradientNorm);
  } else if (event.type === "validation") events.scalar("loss/validation/step_average", event.step, event.loss);
  else if (event.type === "save") events.flush();
}

async function drawSamples(
  studio: DrawingStudio,
  module: LoraModule,
  config: TrainConfig,
  step: number,
  events: EventWriter,
  watcher: Watcher,
): Promise<void> {
  const folder = join(config.outputDir, "samples");
  mkdirSync(folder, { recursive: true });
  for (const [index, sample] of config.samplePrompts.entries()) {
    const { prompt, negative, seed = config.seed + index, steps, guidance, width, height } = sample;
    const wanted = { negative, steps, guidanceScale: guidance, width, height };
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    const stack = [{ module, weight: 1, textEncoderWeight: 1 }];
    const [picture] = await studio.draw({ prompt, ...given, seeds: [seed], stack });
    const png = await encodePng(picture!.pixels, drawnInfo(studio.base, { prompt, ...given }, picture!, []));
    const path = join(folder, `${String(step).padStart(8, "0")}-${index}.png`);
    writeFileAtomic(path, png);
    events.image(`samples/${index}`, step, png, picture!);
    watcher.sample(path, prompt);
  }
}

/** The module in the formats asked for; returns the path of the first. */
function writeModules(
  config: TrainConfig,
  base: StableDiffusion,
  module: LoraModule,
  sites: Parameters<typeof writeKohya>[2],
): string {
  const info: ModuleInfo = {
    title: config.outputName,
    resolution: `${base.side}x${base.side}`,
    ...(config.triggerWord ? { triggerPhrase: config.triggerWord } : {}),
    training: {
      ss_output_name: config.outputName,
      ss_learning_rate: String(config.learningRate),
      ss_seed: String(config.seed),
      ss_sd_model_name: base.name,
    },
  };
  const kohya = join(config.outputDir, `${config.outputName}.safetensors`);
  const diffusers = join(config.outputDir, "pytorch_lora_weights.safetensors");
  if (config.saveFormat !== "diffusers") writeKohya(kohya, module, sites, { info });
  if (config.saveFormat !== "kohya") writeDiffusers(diffusers, module, sites, { info });
  return config.saveFormat === "diffusers" ? diffusers : kohya;
}
