/** What a person asked for, as the trainer's configuration. */
import { join } from "node:path";
import { loadTrainConfig } from "../../lora/index.ts";
import { TRAINING_CONFIG } from "../workers/index.ts";
import type { TrainRequest, VoiceTrainRequest } from "./job.ts";

/** File names below a job's folder. */
export const DATA_FOLDER = "data";
export const LINES_FILE = "lines.jsonl";
export const OUTPUT_FOLDER = "output";
/** Name of the module's files; the person's name for it may hold what a file system refuses. */
export const OUTPUT_NAME = "module";
/** Held-out share that `validation: true` means. */
const VALIDATION_SHARE = 0.1;
/** Saves in a run where nobody said how many: enough to choose among, few enough to look at. */
const SAVES_DEFAULT = 6;
/** The trainer's seeds have 31 bits. */
const SEED_MASK = 0x7fff_ffff;

type Config = Readonly<Record<string, unknown>>;

/** What every training's configuration says, by the trainer's names. */
function sharedConfig({ settings }: TrainRequest | VoiceTrainRequest, folder: string, basePath: string): Config {
  const { steps, seed } = settings;
  return {
    base_model: basePath,
    output_dir: join(folder, OUTPUT_FOLDER),
    output_name: OUTPUT_NAME,
    lora_rank: settings.rank,
    lora_alpha: settings.alpha,
    learning_rate: settings.learningRate,
    batch_size: settings.batchSize,
    max_train_steps: steps,
    save_steps: settings.saveSteps ?? (steps === undefined ? undefined : Math.ceil(steps / SAVES_DEFAULT)),
    seed: seed === undefined ? undefined : seed & SEED_MASK,
    validation_split: settings.validation === true ? VALIDATION_SHARE : undefined,
    gradient_checkpointing: settings.gradientCheckpointing,
  };
}

const withoutAbsent = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));

/** Settings by the trainer's names; what is absent is the trainer's own default. */
export function trainingConfig(request: TrainRequest, folder: string, basePath: string): Config {
  const { settings, triggerWord, samplePrompts } = request;
  return withoutAbsent({
    ...sharedConfig(request, folder, basePath),
    train_data_dir: join(folder, DATA_FOLDER),
    save_format: "kohya",
    targets: settings.targets,
    flip: settings.flip,
    caption_dropout: settings.captionDropout,
    trigger_word: triggerWord,
    // As objects: a prompt may hold what would be read as a flag.
    sample_prompts: samplePrompts.filter((prompt) => prompt.trim() !== "").map((prompt) => ({ prompt })),
  });
}

/** As `trainingConfig`, for a voice. */
export function voiceTrainingConfig(request: VoiceTrainRequest, folder: string, basePath: string): Config {
  const { settings, samplePrompts, persona } = request;
  const asked = samplePrompts.filter((prompt) => prompt.trim() !== "");
  return withoutAbsent({
    ...sharedConfig(request, folder, basePath),
    task_type: "text-generation",
    train_data_dir: join(folder, LINES_FILE),
    max_length: settings.maxLength,
    system_prompt: persona.trim() === "" ? undefined : persona,
    sample_prompts: asked.map((prompt, index) => ({ prompt, seed: sampleSeed(settings.seed, index) })),
  });
}

/** The same at every step, so that replies differ by what was learned and nothing else. */
export const sampleSeed = (seed = 0, index: number): number => (seed + index) & SEED_MASK;

/** The rank of a job's module, which may be the trainer's or the base's own default. */
export const trainedRank = (folder: string): number => loadTrainConfig(join(folder, TRAINING_CONFIG)).rank;
