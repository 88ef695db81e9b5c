import { z } from "zod";

/** One key of a training configuration. This table is the documentation: `--help-config` prints it. */
export interface ConfigKey<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** What the value must be, in words that follow "expected". */
  readonly expected: string;
  /** A valid value as written in YAML, for the advice in an error. */
  readonly example: string;
  /** Other tools' spellings of the same setting. */
  readonly aliases: readonly string[];
  /** The value used when the key is absent, in words. */
  readonly fallback: string;
  readonly meaning: string;
}

function key<Schema extends z.ZodType>(
  kind: { schema: Schema; expected: string; example: string },
  fallback: string,
  meaning: string,
  aliases: readonly string[] = [],
): ConfigKey<Schema> {
  return { ...kind, fallback, meaning, aliases };
}

const words = (values: readonly string[]): string => values.join(", ");

const text = (example: string) => ({ schema: z.string().trim().min(1), expected: "a text", example });
const path = (example: string) => ({ schema: z.string().trim().min(1), expected: "a path", example });
const flag = (example: string) => ({ schema: z.boolean(), expected: "true or false", example });
const whole = (least: number, most: number, example: string) => ({
  schema: z.int().min(least).max(most),
  expected: `a whole number from ${least} to ${most}`,
  example,
});
const number = (least: number, most: number, example: string) => ({
  schema: z.number().min(least).max(most),
  expected: `a number from ${least} to ${most}`,
  example,
});
const rate = (example: string) => ({
  schema: z.number().positive().max(1),
  expected: "a number above 0 and at most 1",
  example,
});
const choice = <const Values extends readonly string[]>(values: Values, example: Values[number]) => ({
  // Capital letters do not matter: other tools write "Cosine" and "FP16".
  schema: z.preprocess((value) => (typeof value === "string" ? value.trim().toLowerCase() : value), z.enum(values)),
  expected: `one of ${words(values)}`,
  example,
});

export const targetNames = ["attention", "feed-forward", "proj", "conv", "text-encoder"] as const;
export type TargetName = (typeof targetNames)[number];

export const timestepBiasNames = ["none", "later"] as const;
export type TimestepBias = (typeof timestepBiasNames)[number];

/** Optimisers this engine has. */
export const optimizerNames = ["AdamW"] as const;
const schedulerNames = ["cosine", "constant", "linear"] as const;

const splitList = (value: unknown): unknown =>
  typeof value === "string" ? value.split(",").map((part) => part.trim()) : value;

const targets = {
  schema: z.preprocess(splitList, z.array(z.enum(targetNames)).min(1)),
  expected: `a list from ${words(targetNames)}`,
  example: "[attention]",
};

/** Latents are 1/8 of a picture's side. */
const side = z.int().min(64).max(4096).multipleOf(8);
const sizePair = z.tuple([side, side]).transform(([width, height]) => ({ width, height }));
const resolution = {
  schema: z.union([
    side.transform((value) => ({ width: value, height: value })),
    sizePair,
    z
      .string()
      .regex(/^\d+ *[,xX×] *\d+$/)
      .transform((value) => value.split(/[,xX×]/).map(Number))
      .pipe(sizePair),
  ]),
  expected: 'a side such as 512, or width and height such as "512,768", each a multiple of 8 from 64 to 4096',
  example: "512",
};

const betas = {
  schema: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]),
  expected: "two numbers of at least 0 and below 1",
  example: "[0.9, 0.999]",
};

/** 2³¹ − 1, the largest seed that every tool that reads our metadata accepts. */
const SEED_MAX = 2 ** 31 - 1;

const samplePrompt = z.union([
  z.string().trim().min(1),
  z.strictObject({
    prompt: z.string().trim().min(1),
    negative: z.string().optional(),
    seed: z.int().min(0).max(SEED_MAX).optional(),
    steps: z.int().min(1).max(1000).optional(),
    guidance: z.number().min(0).max(100).optional(),
    width: side.optional(),
    height: side.optional(),
  }),
]);
const samplePrompts = {
  schema: z.union([z.string().trim().min(1), z.array(samplePrompt)]),
  expected: "a prompt, or a list of prompts (texts, or keys prompt, negative, seed, steps, guidance, width, height)",
  example: '["portrait of zhangsan --n blurry --d 1 --s 20 --l 7"]',
};

const resume = {
  schema: z.union([z.boolean(), z.string().trim().min(1)]),
  expected: "auto, never, or the path of a checkpoint",
  example: "auto",
};

/** Every key, in the order in which the help prints them. The first spelling is the seed document's. */
export const configKeys = {
  task_type: key(
    choice(["text-to-image", "text-generation"], "text-to-image"),
    "text-to-image",
    "what kind of model is trained: pictures or dialogue",
  ),
  train_data_dir: key(path("./data/my_style"), "required", "folder with the pictures (or the dialogue file)", [
    "image_dir",
    "folder_path",
    "dataset",
  ]),
  metadata_path: key(
    path("./data/my_style/metadata.csv"),
    "metadata.csv or metadata.jsonl in the folder, then .caption/.txt beside each picture",
    "file with the captions",
  ),
  base_model: key(
    path("./models/v1-5-pruned.safetensors"),
    "required",
    "the model to build on, which stays as it is: a .safetensors file or a diffusers folder",
    ["pretrained_model_name_or_path", "model_name_or_path", "name_or_path"],
  ),

  lora_rank: key(whole(1, 1024, "8"), "8", "capacity of the module: 4–8 for a style, 12–16 for a face", [
    "network_dim",
    "rank",
    "linear",
  ]),
  lora_alpha: key(number(1e-3, 4096, "16"), "2 × lora_rank", "strength of the module during training", [
    "network_alpha",
    "linear_alpha",
  ]),
  targets: key(
    targets,
    "[attention]",
    "which layers learn: attention, feed-forward, proj (in and out of each block), conv, text-encoder",
  ),

  batch_size: key(whole(1, 1024, "4"), "4", "pictures per step", ["train_batch_size", "per_device_train_batch_size"]),
  gradient_accumulation_steps: key(whole(1, 1024, "1"), "1", "batches added up before each update"),
  epochs: key(whole(1, 100_000, "10"), "10", "how often every picture is seen", [
    "max_train_epochs",
    "num_train_epochs",
  ]),
  max_train_steps: key(whole(1, 100_000_000, "1000"), "not set", "number of updates, instead of epochs", [
    "steps",
    "max_steps",
  ]),
  learning_rate: key(
    rate("2e-4"),
    "3e-4 for up to 2 pictures per update, 2e-4 for up to 4, 1e-4 above",
    "size of each update",
    ["lr", "unet_lr"],
  ),
  text_encoder_learning_rate: key(
    rate("5e-5"),
    "half the learning rate, if text-encoder is a target",
    "size of each update in the text encoder; adds text-encoder to the targets",
    ["text_encoder_lr"],
  ),
  optimizer: key(
    { schema: z.string(), expected: `one of ${words(optimizerNames)}`, example: "AdamW" },
    "AdamW",
    "how updates are made from gradients (capital letters do not matter)",
    ["optimizer_type"],
  ),
  weight_decay: key(number(0, 1, "0.01"), "0.01", "pull of every weight towards zero"),
  betas: key(betas, "[0.9, 0.999]", "memory of AdamW's two averages"),
  epsilon: key(rate("1e-8"), "1e-8", "smallest divisor in AdamW", ["eps", "adam_epsilon"]),
  scheduler: key(choice(schedulerNames, "cosine"), "cosine", "course of the learning rate after the warm-up", [
    "lr_scheduler",
    "lr_scheduler_type",
  ]),
  warmup_steps: key(whole(0, 10_000_000, "50"), "see warmup_ratio", "updates in which the learning rate rises from 0", [
    "lr_warmup_steps",
    "num_warmup_steps",
  ]),
  warmup_ratio: key(
    { schema: z.number().min(0).lt(1), expected: "a number of at least 0 and below 1", example: "0.05" },
    "0.05; 0 for the constant scheduler",
    "share of all updates in which the learning rate rises from 0",
  ),
  max_grad_norm: key(number(0, 1000, "1.0"), "1.0", "longest gradient before it is scaled down; 0 never scales"),
  min_snr_gamma: key(number(0, 1000, "5"), "5", "evens out easy and hard noise levels (min-SNR-γ); 0 is off", [
    "snr_gamma",
  ]),
  timestep_bias_strategy: key(
    choice(timestepBiasNames, "later"),
    "none",
    "later trains the noisiest timesteps more, where a picture's colours and layout are decided",
    ["timestep_bias"],
  ),
  noise_offset: key(number(0, 1, "0.05"), "0", "lets the module learn very dark and bright pictures; 0 is off"),
  seed: key(whole(0, SEED_MAX, "42"), "42", "start of all randomness: the same seed gives the same module"),
  mixed_precision: key(
    choice(["auto", "no", "fp16", "bf16"], "auto"),
    "auto (what the device does best)",
    "number format of the computation",
  ),
  gradient_checkpointing: key(flag("true"), "false", "less memory for about a third more time"),
  max_memory_mb: key(
    whole(64, 10_000_000, "6000"),
    "what the device has free",
    "refuse to start if the run would need more memory than this, in MiB",
  ),
  cache_latents: key(flag("true"), "true; false with random_crop", "encode every picture once, before the first step"),

  resolution: key(resolution, "the base model's", "side of the pictures in pixels, or width and height"),
  enable_bucket: key(flag("true"), "true", "keep each picture's shape instead of cropping all to one", ["bucketing"]),
  min_bucket_side: key(whole(64, 4096, "256"), "half the resolution", "shortest side of a bucket in pixels", [
    "min_bucket_reso",
  ]),
  max_bucket_side: key(whole(64, 8192, "1024"), "twice the resolution", "longest side of a bucket in pixels", [
    "max_bucket_reso",
  ]),
  bucket_step: key(
    { schema: z.int().min(8).max(1024).multipleOf(8), expected: "a multiple of 8 from 8 to 1024", example: "64" },
    "the base model's",
    "sides of buckets are multiples of this",
    ["bucket_reso_steps"],
  ),
  random_crop: key(flag("false"), "false", "crop at a new place each time instead of the centre"),
  flip: key(flag("false"), "false", "show every picture mirrored half of the time; not for faces", ["flip_aug"]),

  trigger_word: key(text("zhangsan"), "not set", "word that calls the module; put before captions that lack it", [
    "trigger",
    "instance_token",
  ]),
  caption_prefix: key(text('"photo of"'), "not set", "text put before every caption"),
  caption_suffix: key(text('"ink painting style"'), "not set", "text put after every caption"),
  caption_dropout: key(number(0, 1, "0.05"), "0.05", "share of steps with an empty caption, which guidance needs", [
    "caption_dropout_rate",
  ]),
  shuffle_caption: key(flag("true"), "false", "reorder the comma-separated parts of a caption each time"),
  keep_tokens: key(whole(0, 1000, "1"), "0; 1 with a trigger word", "parts at the start that shuffling leaves alone"),

  max_length: key(
    whole(8, 131_072, "1024"),
    "1024, or what the base can read",
    "tokens of a dialogue after which it is cut off (text)",
    ["max_seq_length", "max_seq_len", "cutoff_len"],
  ),
  packing: key(
    flag("true"),
    "false",
    "several short dialogues of a batch share a row, each seeing itself alone; the result is the same, and so is the speed, as batches are of about equal length anyhow (text)",
    ["sample_packing"],
  ),
  history_dialogues: key(
    whole(1, 100, "4"),
    "1",
    "above 1: each dialogue is seen once alone and once after up to so many less one others, so that a small base keeps its manner when more was said before (text)",
  ),
  system_prompt: key(
    text('"You are a grumpy blacksmith."'),
    "not set",
    "who speaks; put before dialogues that do not say so themselves (text)",
    ["persona"],
  ),

  class_data_dir: key(
    path("./data/any_man"),
    "not set",
    "pictures of the same kind of thing that the base should go on drawing as before (prior preservation)",
    ["reg_data_dir"],
  ),
  class_prompt: key(text('"a man"'), "captions in class_data_dir", "caption of those pictures"),
  prior_loss_weight: key(number(0, 100, "1.0"), "1.0", "weight of those pictures"),

  validation_split: key(
    {
      schema: z.union([z.number().min(0).lt(1), z.int().min(1).max(100_000)]),
      expected: "a share below 1, or a whole number of pictures",
      example: "0.1",
    },
    "0; 0.1 with early stopping",
    "pictures kept out of training to measure the loss on",
  ),
  validation_every: key(whole(1, 10_000_000, "50"), "save_steps", "updates between two such measurements", [
    "validation_steps",
    "validate_every_n_steps",
  ]),
  early_stopping_patience: key(
    whole(0, 10_000, "5"),
    "0 (off)",
    "stop after this many measurements without a better loss, and keep the best step",
    ["early_stopping"],
  ),
  sample_prompts: key(
    samplePrompts,
    "none",
    "pictures to draw at every save, or what to say to the character; --n negative --d seed --s steps --l guidance",
  ),

  output_dir: key(path("./output/my_style"), "required", "folder for the module and its checkpoints"),
  output_name: key(
    {
      schema: z
        .string()
        .trim()
        .regex(/^[^/\\:*?"<>|]*[^/\\:*?"<>|. ]$/),
      expected: 'a file name without / \\ : * ? " < > |',
      example: "my_style",
    },
    "last part of output_dir",
    "file name of the module, without .safetensors",
  ),
  save_steps: key(whole(1, 10_000_000, "100"), "100", "updates between two saves; 50–100 lets you go back", [
    "save_every_n_steps",
    "checkpointing_steps",
    "save_every",
  ]),
  save_format: key(
    choice(["both", "kohya", "diffusers"], "both"),
    "both",
    "kohya: <output_name>.safetensors for WebUI and ComfyUI; diffusers: pytorch_lora_weights.safetensors",
  ),
  logging_dir: key(path("./output/my_style/logs"), "logs in output_dir", "folder for TensorBoard"),
  resume: key(resume, "auto", "auto goes on from the last checkpoint in output_dir; never starts again; or a path", [
    "resume_from_checkpoint",
  ]),
  strict: key(flag("false"), "false", "stop at warnings about the data instead of only showing them"),
} satisfies Record<string, ConfigKey>;

export type ConfigKeyName = keyof typeof configKeys;
/** Values as the YAML gives them, checked; absent keys are absent. */
export type ConfigValues = { [K in ConfigKeyName]?: z.output<(typeof configKeys)[K]["schema"]> };

/** Spelling → the key it means. */
export const configSpellings: ReadonlyMap<string, ConfigKeyName> = new Map(
  (Object.entries(configKeys) as [ConfigKeyName, ConfigKey][]).flatMap(([name, { aliases }]) =>
    [name, ...aliases].map((spelling) => [spelling, name] as const),
  ),
);

/** The text of `animula train --help-config`: every key with its meaning, default and other spellings. */
export function configHelp(): string {
  const lines = ["Keys of a training configuration (YAML). Relative paths start at the current directory.", ""];
  for (const [name, { meaning, fallback, expected, aliases }] of Object.entries(configKeys) as [string, ConfigKey][]) {
    lines.push(name, `    ${meaning}`, `    value: ${expected}; default: ${fallback}`);
    if (aliases.length > 0) lines.push(`    also written: ${aliases.join(", ")}`);
  }
  return `${lines.join("\n")}\n`;
}
