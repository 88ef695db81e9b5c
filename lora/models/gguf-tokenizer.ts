/** A GGUF file's vocabulary as the `tokenizer.json` that the same model has on the Hugging Face hub. */
import { Tokenizer } from "@huggingface/tokenizers";
import type { GgufFile, GgufValue } from "../format/index.ts";
import { addedTokens, BPE, idsOf, scoredBpe, TOKEN_KIND } from "./bpe-json.ts";
import { modelErrors } from "./errors.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
}
type Json = Readonly<Record<string, unknown>>;
/** The parts of tokenizer.json that depend on the kind of vocabulary. */
type Build = (metadata: Metadata, vocabulary: Vocabulary) => Json;

/** Typed access to metadata. */
class Metadata {
  readonly path: string;
  private readonly values: ReadonlyMap<string, GgufValue>;
  constructor({ path, metadata }: GgufFile) {
    this.path = path;
    this.values = metadata;
  }
  refuse(key: string, expected: string): Error {
    const value = this.values.get(key);
    const got = Array.isArray(value) ? `a list of ${value.length}` : String(value ?? "nothing");
    return modelErrors.BASE_CONFIG_INVALID(this.path, key, expected, got);
  }
  text(key: string): string | undefined {
    const value = this.values.get(key);
    if (value !== undefined && typeof value !== "string") throw this.refuse(key, "a text");
    return value;
  }
  number(key: string): number | undefined {
    const value = this.values.get(key);
    if (value !== undefined && typeof value !== "number") throw this.refuse(key, "a number");
    return value;
  }
  flag(key: string, fallback: boolean): boolean {
    const value = this.values.get(key) ?? fallback;
    if (typeof value !== "boolean") throw this.refuse(key, "true or false");
    return value;
  }
  list<T>(key: string, expected: string, check: (value: unknown) => value is T, length?: number): readonly T[] {
    const value = this.values.get(key);
    const isList = Array.isArray(value) && value.every(check) && (length === undefined || value.length === length);
    if (!isList) throw this.refuse(key, length === undefined ? expected : `${length} ${expected}`);
    return value as readonly T[];
  }
}
const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";

const LLAMA3_WORDS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN_WORDS = LLAMA3_WORDS.replace("{1,3}", "");
const TEKKEN_WORDS =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const byteLevel = (useRegex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const words = (pattern: string) => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
    byteLevel(false),
  ],
});
const digitByDigit = {
  type: "Sequence",
  pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel(true)],
};

/** How text is cut into words before pairs are merged, by `tokenizer.ggml.pre`; from the models' own tokenizer.json. */
const WORD_RULES: Readonly<
  Record<string, { readonly cut: object; readonly wholeFirst?: boolean; readonly normalizer?: object }>
> = {
  "gpt-2": { cut: byteLevel(true) },
  smollm: { cut: digitByDigit },
  "llama-bpe": { cut: words(LLAMA3_WORDS), wholeFirst: true },
  qwen2: { cut: words(QWEN_WORDS), normalizer: { type: "NFC" } },
  "deepseek-r1-qwen": { cut: words(QWEN_WORDS), normalizer: { type: "NFC" } },
  tekken: { cut: words(TEKKEN_WORDS), wholeFirst: true },
};

/** GPT-2's: text as bytes, merges in order. */
const byteLevelBpe: Build = (metadata, { tokens }) => {
  const pre = metadata.text("tokenizer.ggml.pre") ?? "gpt-2";
  if (!Object.hasOwn(WORD_RULES, pre))
    throw metadata.refuse("tokenizer.ggml.pre", `one of ${Object.keys(WORD_RULES).join(", ")}`);
  const { cut, wholeFirst = false, normalizer = null } = WORD_RULES[pre]!;
  const isPair = (value: unknown): value is string => isText(value) && value.indexOf(" ", 1) > 0;
  const merges = metadata.list("tokenizer.ggml.merges", "pairs with a blank between", isPair);
  return {
    normalizer,
    pre_tokenizer: cut,
    decoder: byteLevel(true),
    model: { ...BPE, vocab: idsOf(tokens), merges, ignore_merges: wholeFirst },
  };
};

/** SentencePiece's. */
const sentencePieceBpe: Build = (metadata, { tokens, kinds }) => {
  const unknown = metadata.number("tokenizer.ggml.unknown_token_id") ?? kinds.indexOf(TOKEN_KIND.unknown);
  return scoredBpe({
    tokens,
    scores: metadata.list("tokenizer.ggml.scores", "numbers", isNumber, tokens.length),
    hasPrefix: metadata.flag("tokenizer.ggml.add_space_prefix", true),
    unknown: tokens[unknown],
  });
};

const BUILDS: Readonly<Record<string, Build>> = { gpt2: byteLevelBpe, llama: sentencePieceBpe };

/** @throws BASE_CONFIG_INVALID, BASE_TEMPLATE */
export function ggufTokenizer(file: GgufFile): TextTokenizer {
  const metadata = new Metadata(file);
  const model = metadata.text("tokenizer.ggml.model");
  if (model === undefined || !Object.hasOwn(BUILDS, model))
    throw metadata.refuse("tokenizer.ggml.model", `one of ${Object.keys(BUILDS).join(", ")}`);
  const tokens = metadata.list("tokenizer.ggml.tokens", "texts", isText);
  const kinds = metadata.list("tokenizer.ggml.token_type", "numbers", isNumber, tokens.length);
  const parts = BUILDS[model]!(metadata, { tokens, kinds });
  const json = { version: "1.0", added_tokens: addedTokens(tokens, kinds), post_processor: null, ...parts };
  const named = (key: string) => tokens[metadata.number(`tokenizer.ggml.${key}_token_id`) ?? -1];
  const ends = ["eos", "eot", "eom"].map((key) => metadata.number(`tokenizer.ggml.${key}_token_id`));
  return new TextTokenizer(file.path, new Tokenizer(json, {}), {
    bosToken: named("bos"),
    eosToken: named("eos"),
    endIds: ends.filter((id) => id !== undefined && id in tokens) as number[],
    template: metadata.text("tokenizer.chat_template"),
  });
}
