import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { alphaForRank, learningRateForBatch } from "../data/index.ts";
import { type ConfigValues, configKeys, optimizerNames, type TargetName, type TimestepBias } from "./config-keys.ts";
import { type BaseDefaults, readBaseDefaults } from "./base-defaults.ts";
import { type ConfigLines, readConfigValues } from "./config-yaml.ts";
import { foreignKeys, targetsFit } from "./config-tasks.ts";
import { trainErrors } from "./errors.ts";
import { isPromptFault, parseSamplePrompt, promptLines, readPromptLines, type SamplePrompt } from "./sample-prompts.ts";

/** A checked training configuration with every default filled in. Paths are absolute. Lengths are in pixels. */
export interface TrainConfig {
  readonly taskType: "text-to-image" | "text-generation";
  readonly trainDataDir: string;
  readonly metadataPath: string | undefined;
  readonly baseModel: string;
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly TargetName[];
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  /** Exactly one of `epochs` and `maxTrainSteps` is set. */
  readonly epochs: number | undefined;
  readonly maxTrainSteps: number | undefined;
  readonly learningRate: number;
  /** What the base suggests; undefined where it says nothing. */
  readonly suitedLearningRate: number | undefined;
  /** Set exactly if `targets` has "text-encoder". */
  readonly textEncoderLearningRate: number | undefined;
  readonly optimizer: (typeof optimizerNames)[number];
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly scheduler: "cosine" | "constant" | "linear";
  readonly warmup: { readonly steps: number } | { readonly ratio: number };
  /** 0: no clipping. */
  readonly maxGradNorm: number;
  /** 0: off. */
  readonly minSnrGamma: number;
  readonly timestepBias: TimestepBias;
  readonly noiseOffset: number;
  readonly seed: number;
  readonly mixedPrecision: "auto" | "no" | "fp16" | "bf16";
  readonly gradientCheckpointing: boolean;
  readonly maxMemoryMb: number | undefined;
  readonly cacheLatents: boolean;
  /** Undefined: the base's own. */
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
  /** Undefined sides and step: derived from the resolution and the base. */
  readonly buckets: {
    readonly enabled: boolean;
    readonly min: number | undefined;
    readonly max: number | undefined;
    readonly step: number | undefined;
  };
  readonly crop: "center" | "random";
  readonly flip: boolean;
  readonly triggerWord: string | undefined;
  readonly captions: {
    readonly prefix: string | undefined;
    readonly suffix: string | undefined;
    readonly dropout: number;
    readonly shuffle: boolean;
    readonly keepTokens: number;
  };
  /** Tokens; undefined: as much as the base reads, up to a default. */
  readonly maxLength: number | undefined;
  /** Short dialogues of a batch share rows. */
  readonly packing: boolean;
  /** Dialogues that one conversation is made of at most; 1: each stays alone. */
  readonly historyDialogues: number;
  readonly systemPrompt: string | undefined;
  readonly priorPreservation:
    | { readonly classDataDir: string; readonly classPrompt: string | undefined; readonly weight: number }
    | undefined;
  /** `split` below 1 is a share of the pictures, otherwise their number. */
  readonly validation: { readonly split: number; readonly everySteps: number } | undefined;
  readonly earlyStopping: { readonly patience: number } | undefined;
  readonly samplePrompts: readonly SamplePrompt[];
  readonly outputDir: string;
  /** File name without extension. */
  readonly outputName: string;
  readonly saveSteps: number;
  readonly saveFormat: "both" | "kohya" | "diffusers";
  readonly loggingDir: string;
  readonly resume: "auto" | "never" | { readonly path: string };
  readonly strict: boolean;
}

/**
 * Reads a training configuration. Relative paths start at `cwd`, the current directory, as the seed's commands
 * (`--config configs/my.yaml` beside `./data/…`) need it; `~/` is the home folder.
 * @param file names the text in errors
 * Errors: the CONFIG_… codes; all faults of a file are listed in one message, under the code of the first.
 */
export function parseTrainConfig(yamlText: string, file: string, cwd: string = process.cwd()): TrainConfig {
  const { values, lines } = readConfigValues(yamlText, file);
  refuseConflicts(values, lines);
  for (const key of ["train_data_dir", "base_model", "output_dir"] as const) {
    if (values[key] === undefined) throw trainErrors.CONFIG_KEY_MISSING(file, key, configKeys[key].meaning);
  }
  const path = (given: string): string => resolve(cwd, given.replace(/^~(?=[/\\])/, homedir()));
  const given = values as ConfigValues & RequiredValues;
  return buildConfig(given, readBaseDefaults(path(given.base_model)), lines, path);
}

/** Reads the file and parses it. Errors: CONFIG_NOT_READABLE and those of `parseTrainConfig`. */
export function loadTrainConfig(file: string, cwd: string = process.cwd()): TrainConfig {
  let yamlText: string;
  try {
    yamlText = readFileSync(resolve(cwd, file), "utf8");
  } catch (cause) {
    throw trainErrors.CONFIG_NOT_READABLE(file, (cause as NodeJS.ErrnoException).code ?? String(cause));
  }
  return parseTrainConfig(yamlText, file, cwd);
}

/** Updates in which the learning rate rises, for a run of `totalSteps` updates. */
export function warmupStepCount({ warmup }: Pick<TrainConfig, "warmup">, totalSteps: number): number {
  return Math.min(totalSteps, "steps" in warmup ? warmup.steps : Math.round(warmup.ratio * totalSteps));
}

type RequiredValues = { train_data_dir: string; base_model: string; output_dir: string };

/** Pairs of settings that contradict each other; a setting without effect is an error, never ignored. */
function refuseConflicts(values: ConfigValues, lines: ConfigLines): void {
  const fail = (key: keyof ConfigValues, expected: string, got: string, remedy: string): never => {
    throw trainErrors.CONFIG_CONFLICT(lines.where(key), expected, got, remedy);
  };
  const both = (a: keyof ConfigValues, b: keyof ConfigValues): void => {
    if (values[a] === undefined || values[b] === undefined) return;
    const [spelledA, spelledB] = [lines.spelling(a), lines.spelling(b)];
    fail(b, `either ${spelledA} or ${spelledB}`, "both", `remove one of the two`);
  };
  const task = values.task_type ?? "text-to-image";
  for (const key of foreignKeys[task]) {
    if (values[key] !== undefined)
      fail(key, `settings for ${task}`, lines.spelling(key), `it means nothing there: remove it`);
  }
  if (!targetsFit(task, values.targets ?? []))
    fail("targets", "attention, feed-forward", values.targets!.join(", "), "a language model has no other layers");
  both("epochs", "max_train_steps");
  both("warmup_steps", "warmup_ratio");
  if (values.random_crop === true && values.cache_latents === true) {
    fail("random_crop", "random_crop or cache_latents", "both", "a cached picture has one crop: remove one of the two");
  }
  if (values.text_encoder_learning_rate !== undefined && values.targets?.includes("text-encoder") === false) {
    const got = `targets ${values.targets.join(", ")}`;
    fail("text_encoder_learning_rate", "text-encoder among the targets", got, "add text-encoder or remove the rate");
  }
  const { min_bucket_side: least, max_bucket_side: most } = values;
  if (least !== undefined && most !== undefined && least > most) {
    fail("min_bucket_side", `at most max_bucket_side (${most})`, String(least), "exchange the two numbers");
  }
  for (const key of ["class_prompt", "prior_loss_weight"] as const) {
    if (values[key] !== undefined && values.class_data_dir === undefined) {
      fail(key, `class_data_dir beside ${key}`, "no class_data_dir", `add class_data_dir or remove ${key}`);
    }
  }
  if ((values.early_stopping_patience ?? 0) > 0 && values.validation_split === 0) {
    const remedy = "write validation_split: 0.1 or remove early stopping";
    fail("early_stopping_patience", "held-out pictures to measure on", "validation_split 0", remedy);
  }
}

function buildConfig(
  given: ConfigValues & RequiredValues,
  suggested: BaseDefaults,
  lines: ConfigLines,
  path: (given: string) => string,
): TrainConfig {
  const v = { ...suggested, ...given };
  const outputDir = path(v.output_dir);
  const batchSize = v.batch_size ?? 4;
  const gradientAccumulationSteps = v.gradient_accumulation_steps ?? 1;
  const learningRate = v.learning_rate ?? learningRateForBatch(batchSize * gradientAccumulationSteps);
  const rank = v.lora_rank ?? 8;
  const saveSteps = v.save_steps ?? 100;
  return {
    taskType: v.task_type ?? "text-to-image",
    trainDataDir: path(v.train_data_dir),
    metadataPath: v.metadata_path === undefined ? undefined : path(v.metadata_path),
    baseModel: path(v.base_model),
    rank,
    alpha: v.lora_alpha ?? alphaForRank(rank),
    ...learnedLayers(v, learningRate),
    batchSize,
    gradientAccumulationSteps,
    epochs: v.max_train_steps === undefined ? (v.epochs ?? 10) : undefined,
    maxTrainSteps: v.max_train_steps,
    learningRate,
    suitedLearningRate: suggested.learning_rate,
    optimizer: optimizer(v.optimizer, lines),
    weightDecay: v.weight_decay ?? 0.01,
    betas: v.betas ?? [0.9, 0.999],
    epsilon: v.epsilon ?? 1e-8,
    scheduler: v.scheduler ?? "cosine",
    warmup: warmupOf(v),
    maxGradNorm: v.max_grad_norm ?? 1,
    minSnrGamma: v.min_snr_gamma ?? 5,
    timestepBias: v.timestep_bias_strategy ?? "none",
    noiseOffset: v.noise_offset ?? 0,
    seed: v.seed ?? 42,
    mixedPrecision: v.mixed_precision ?? "auto",
    gradientCheckpointing: v.gradient_checkpointing ?? false,
    maxMemoryMb: v.max_memory_mb,
    ...pictures(v),
    maxLength: v.max_length,
    packing: v.packing ?? false,
    historyDialogues: v.history_dialogues ?? 1,
    systemPrompt: v.system_prompt,
    priorPreservation: priorPreservation(v, path),
    ...measurements(v, saveSteps),
    samplePrompts: samplePrompts(v.sample_prompts, lines, path),
    outputDir,
    outputName: v.output_name ?? (basename(outputDir) || "lora"),
    saveSteps,
    saveFormat: v.save_format ?? "both",
    loggingDir: v.logging_dir === undefined ? join(outputDir, "logs") : path(v.logging_dir),
    resume: resumeFrom(v.resume, path),
    strict: v.strict ?? false,
  };
}

function learnedLayers(
  v: ConfigValues,
  learningRate: number,
): Pick<TrainConfig, "targets" | "textEncoderLearningRate"> {
  const given: TargetName[] = v.targets ?? ["attention"];
  const addEncoder = v.text_encoder_learning_rate !== undefined && !given.includes("text-encoder");
  const targets = [...new Set(addEncoder ? [...given, "text-encoder" as const] : given)];
  if (!targets.includes("text-encoder")) return { targets, textEncoderLearningRate: undefined };
  return { targets, textEncoderLearningRate: v.text_encoder_learning_rate ?? learningRate / 2 };
}

function optimizer(given: string | undefined, lines: ConfigLines): TrainConfig["optimizer"] {
  if (given === undefined) return "AdamW";
  const found = optimizerNames.find((name) => name.toLowerCase() === given.trim().toLowerCase());
  if (found !== undefined) return found;
  const key = lines.spelling("optimizer");
  throw trainErrors.CONFIG_OPTIMIZER_UNKNOWN(lines.where("optimizer"), key, optimizerNames.join(", "), `"${given}"`);
}

function warmupOf(v: ConfigValues): TrainConfig["warmup"] {
  if (v.warmup_steps !== undefined) return { steps: v.warmup_steps };
  return { ratio: v.warmup_ratio ?? (v.scheduler === "constant" ? 0 : 0.05) };
}

function pictures(
  v: ConfigValues,
): Pick<TrainConfig, "cacheLatents" | "resolution" | "buckets" | "crop" | "flip" | "triggerWord" | "captions"> {
  return {
    cacheLatents: v.cache_latents ?? v.random_crop !== true,
    resolution: v.resolution,
    buckets: {
      enabled: v.enable_bucket ?? true,
      min: v.min_bucket_side,
      max: v.max_bucket_side,
      step: v.bucket_step,
    },
    crop: v.random_crop === true ? "random" : "center",
    flip: v.flip ?? false,
    triggerWord: v.trigger_word,
    captions: {
      prefix: v.caption_prefix,
      suffix: v.caption_suffix,
      dropout: v.caption_dropout ?? 0.05,
      shuffle: v.shuffle_caption ?? false,
      keepTokens: v.keep_tokens ?? (v.trigger_word === undefined ? 0 : 1),
    },
  };
}

function priorPreservation(v: ConfigValues, path: (given: string) => string): TrainConfig["priorPreservation"] {
  if (v.class_data_dir === undefined) return undefined;
  return { classDataDir: path(v.class_data_dir), classPrompt: v.class_prompt, weight: v.prior_loss_weight ?? 1 };
}

function measurements(v: ConfigValues, saveSteps: number): Pick<TrainConfig, "validation" | "earlyStopping"> {
  const patience = v.early_stopping_patience ?? 0;
  const split = v.validation_split ?? (patience > 0 ? 0.1 : 0);
  return {
    validation: split === 0 ? undefined : { split, everySteps: v.validation_every ?? saveSteps },
    earlyStopping: patience === 0 ? undefined : { patience },
  };
}

function samplePrompts(
  given: ConfigValues["sample_prompts"],
  lines: ConfigLines,
  path: (given: string) => string,
): SamplePrompt[] {
  if (given === undefined) return [];
  const key = lines.spelling("sample_prompts");
  const fail = (expected: string, got: string, remedy: string): never => {
    throw trainErrors.CONFIG_VALUE(lines.where("sample_prompts"), key, expected, got, remedy);
  };
  const readFile = (file: string): string[] => {
    try {
      return readPromptLines(path(file));
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      return fail("a prompt file that can be read", `${file} (${reason})`, "check the path");
    }
  };
  const parse = (line: string): SamplePrompt => {
    const result = parseSamplePrompt(line);
    if (!isPromptFault(result)) return result;
    return fail(result.expected, result.got, "correct the line");
  };
  if (typeof given !== "string") {
    // zod's optional keys may hold undefined in their type, never in fact.
    return given.map((entry) => (typeof entry === "string" ? parse(entry) : (entry as SamplePrompt)));
  }
  return (/^\S+\.txt$/i.test(given) ? readFile(given) : promptLines(given)).map(parse);
}

function resumeFrom(given: string | boolean | undefined, path: (given: string) => string): TrainConfig["resume"] {
  if (given === undefined || given === true || given === "auto") return "auto";
  return given === false || given === "never" ? "never" : { path: path(given) };
}
