/** Keys that have a meaning for one task only: with the other they would be ignored, so they are refused. */
import type { ConfigKeyName } from "./config-keys.ts";
import type { TrainConfig } from "./config.ts";

const PICTURE_KEYS = [
  "metadata_path",
  "text_encoder_learning_rate",
  "min_snr_gamma",
  "noise_offset",
  "cache_latents",
  "resolution",
  "enable_bucket",
  "min_bucket_side",
  "max_bucket_side",
  "bucket_step",
  "random_crop",
  "flip",
  "trigger_word",
  "caption_prefix",
  "caption_suffix",
  "caption_dropout",
  "shuffle_caption",
  "keep_tokens",
  "class_data_dir",
  "class_prompt",
  "prior_loss_weight",
  "save_format",
] as const satisfies readonly ConfigKeyName[];
const TEXT_KEYS = [
  "max_length",
  "packing",
  "history_dialogues",
  "system_prompt",
] as const satisfies readonly ConfigKeyName[];

export const foreignKeys: Readonly<Record<TrainConfig["taskType"], readonly ConfigKeyName[]>> = {
  "text-to-image": TEXT_KEYS,
  "text-generation": PICTURE_KEYS,
};

/** Groups of layers that a language model has. */
const TEXT_TARGETS: readonly string[] = ["attention", "feed-forward"];
export const targetsFit = (task: TrainConfig["taskType"], targets: readonly string[]): boolean =>
  task === "text-to-image" || targets.every((target) => TEXT_TARGETS.includes(target));
