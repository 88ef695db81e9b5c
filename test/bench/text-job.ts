/** What a child process measures of the language model. The same JSON goes to our script, PyTorch's and llama.cpp's. */
import type { WeightKind } from "../../lora/models/index.ts";
import type { Settings } from "./job.ts";

export interface TextJob extends Settings {
  readonly what: "prepare" | "train" | "decode" | "stacks" | "first-token";
  /** Of our decoder; in floats where it is not said. */
  readonly weights?: WeightKind;
}

/** SmolLM2-135M as its `config.json` has it; the weights are random. */
export const SMOL_JSON = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  attention_bias: false,
  vocab_size: 49_152,
  dtype: "float32",
} as const;

/** Training texts and their tokens; tokens read before the first is said; rows of a batch in which each has a stack. */
export const TEXT_SIZES = { rows: 4, length: 256, prompt: 64, stacks: 8 } as const;

/** A Hugging Face folder with random weights. */
export const smolFolder = ({ cache }: Pick<TextJob, "cache">): string => `${cache}/smol`;
/** The same weights for llama.cpp. */
export const smolGguf = ({ cache }: Pick<TextJob, "cache">): string => `${cache}/smol.gguf`;
/** tokens [rows, length] to train on and prompt [1, prompt], I64. */
export const textInputsFile = ({ cache }: Pick<TextJob, "cache">): string => `${cache}/inputs-smol.safetensors`;
