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

/** Settings by the trainer's names; what is absent is the trainer's own default. */
export function trainingConfig(request: TrainRequest, folder: string, basePath: string): Record<string, unknown> {
  const { settings, triggerWord, samplePrompts } = request;
  const { steps, seed } = settings;
  const config = {
    train_data_dir: join(folder, DATA_FOLDER),
    base_model: basePath,
    output_dir: join(folder, OUTPUT_FOLDER),
    output_name: OUTPUT_NAME,
    save_format: "kohya",
    lora_rank: settings.rank,
    lora_alpha: settings.alpha,
    learning_rate: settings.learningRate,
    batch_size: settings.batchSize,
    max_train_steps: steps,
    save_steps: settings.saveSteps ?? (steps === undefined ? undefined : Math.ceil(steps / SAVES_DEFAULT)),
    targets: settings.targets,
    seed: seed === undefined ? undefined : seed & SEED_MASK,
    flip: settings.flip,
    caption_dropout: settings.captionDropout,
    validation_split: settings.validation === true ? VALIDATION_SHARE : undefined,
    gradient_checkpointing: settings.gradientCheckpointing,
    trigger_word: triggerWord,
    // As objects: a prompt may hold what would be read as a flag.
    sample_prompts: samplePrompts.filter((prompt) => prompt.trim() !== "").map((prompt) => ({ prompt })),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** As `trainingConfig`, for a voice. */
export function voiceTrainingConfig(
  request: VoiceTrainRequest,
  folder: string,
  basePath: string,
): Record<string, unknown> {
  const { settings, persona, samplePrompts } = request;
  const { steps, seed } = settings;
  const asked = samplePrompts.filter((prompt) => prompt.trim() !== "");
  const config = {
    task_type: "text-generation",
    train_data_dir: join(folder, LINES_FILE),
    base_model: basePath,
    output_dir: join(folder, OUTPUT_FOLDER),
    output_name: OUTPUT_NAME,
    lora_rank: settings.rank,
    lora_alpha: settings.alpha,
    learning_rate: settings.learningRate,
    batch_size: settings.batchSize,
    max_train_steps: steps,
    save_steps: settings.saveSteps ?? (steps === undefined ? undefined : Math.ceil(steps / SAVES_DEFAULT)),
    max_length: settings.maxLength,
    seed: seed === undefined ? undefined : seed & SEED_MASK,
    validation_split: settings.validation === true ? VALIDATION_SHARE : undefined,
    gradient_checkpointing: settings.gradientCheckpointing,
    system_prompt: persona.trim() === "" ? undefined : persona,
    sample_prompts: asked.map((prompt, index) => ({ prompt, seed: sampleSeed(seed, index) })),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** The same at every step, so that replies differ by what was learned and nothing else. */
export const sampleSeed = (seed = 0, index: number): number => (seed + index) & SEED_MASK;

/** The rank of a job's module, which may be the trainer's or the base's own default. */
export const trainedRank = (folder: string): number => loadTrainConfig(join(folder, TRAINING_CONFIG)).rank;
