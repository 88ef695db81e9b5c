/** Sizes and files of the embedded voice base, "mini-llama": the LLaMA architecture in miniature, in a Hugging Face folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../format/index.ts";
import type { BpeVocabulary } from "../models/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { PYTORCH, writeHalfWeights } from "./weights-file.ts";

export const MAX_POSITIONS = 512;
/** Learned by `train-voice-tokenizer.ts`; the special tokens come on top. */
export const VOICE_VOCABULARY_MAX = 3066;

const SPECIALS = {
  bos: "<|begin|>",
  system: "<|system|>",
  user: "<|user|>",
  assistant: "<|assistant|>",
  eos: "<|end|>",
  pad: "<|pad|>",
} as const;
export const SPECIAL_TOKENS: readonly string[] = Object.values(SPECIALS);
const ADDED = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

const CHAT_TEMPLATE =
  "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * Pieces of which no token reaches into the next: a Chinese character, a word of other letters with the space before it, a
 * digit, other signs, space. A name is then the same tokens wherever it stands, which is what makes it easy to repeat.
 */
export const PIECES = String.raw`'(?:s|t|re|ve|m|ll|d)|[一-鿿]| ?(?:(?![一-鿿])\p{L})+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** transformers' `LlamaConfig`. @param vocabSize the special tokens included */
export const miniLlamaConfig = (vocabSize: number): object => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  vocab_size: vocabSize,
  hidden_size: 192,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  num_key_value_heads: 6,
  head_dim: 32,
  hidden_act: "silu",
  max_position_embeddings: MAX_POSITIONS,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: true,
  torch_dtype: "float16",
  bos_token_id: vocabSize - SPECIAL_TOKENS.length,
  eos_token_id: vocabSize - 2,
  pad_token_id: vocabSize - 1,
});

const writeJson = (path: string, value: object): void => writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);

/** Writes all of the base but its weights: config, tokenizer, chat template. */
export function writeMiniLlama(folder: string, { vocab, merges }: BpeVocabulary): void {
  mkdirSync(folder, { recursive: true });
  const config = miniLlamaConfig(vocab.size + SPECIAL_TOKENS.length);
  writeJson(join(folder, "config.json"), config);
  const { bos_token_id, eos_token_id, pad_token_id } = config as Record<string, number>;
  const tokens = { bos_token_id, eos_token_id, pad_token_id };
  // A small model knows what is likely and not how unlikely the rest is: what is far from the likeliest is noise.
  const sampling = { do_sample: true, temperature: 0.6, min_p: 0.1 };
  writeJson(join(folder, "generation_config.json"), { ...tokens, ...sampling });
  writeFileAtomic(join(folder, "tokenizer.json"), `${JSON.stringify(tokenizerFile(vocab, merges))}\n`);
  writeJson(join(folder, "tokenizer_config.json"), {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: MAX_POSITIONS,
    clean_up_tokenization_spaces: false,
    bos_token: SPECIALS.bos,
    eos_token: SPECIALS.eos,
    pad_token: SPECIALS.pad,
    chat_template: CHAT_TEMPLATE,
  });
}

/** Writes the weights in half precision. */
export function writeMiniLlamaWeights(folder: string, weights: Readonly<Record<string, HostTensor>>): void {
  writeHalfWeights(join(folder, "model.safetensors"), weights, PYTORCH);
}

function tokenizerFile(vocab: BpeVocabulary["vocab"], merges: BpeVocabulary["merges"]): object {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, i) => ({ id: vocab.size + i, content, ...ADDED })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: PIECES }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}
