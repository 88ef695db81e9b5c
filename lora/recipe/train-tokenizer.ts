import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../format/index.ts";
import {
  byteOrder,
  byteSymbols,
  END_TOKEN,
  mergePair,
  splitWords,
  START_TOKEN,
  WORD_END,
  wordSymbols,
} from "../models/index.ts";
import type { BpeVocabulary } from "../models/index.ts";

/** 256 bytes, 256 word-ending bytes, two markers: what any CLIP vocabulary holds before its first merge. */
export const VOCAB_SIZE_MIN = 514;

/**
 * Learns a CLIP vocabulary: the most frequent pair merges first (Sennrich et al. 2016), equal counts in code-unit order
 * of the pair, so equal captions give equal files. Ids: bytes, word-ending bytes, merges, `<|startoftext|>`, `<|endoftext|>`.
 * The result is smaller than `vocabSize` once every word is a single token.
 */
export function trainBpe(captions: Iterable<string>, vocabSize: number): BpeVocabulary {
  if (!Number.isInteger(vocabSize) || vocabSize < VOCAB_SIZE_MIN) {
    throw new RangeError(`vocabSize: expected a whole number of at least ${VOCAB_SIZE_MIN}, got ${vocabSize}`);
  }
  const words = countWords(captions);
  const tokens = byteOrder.map((byte) => byteSymbols[byte]!);
  tokens.push(...tokens.map((symbol) => symbol + WORD_END));
  const merges = learnMerges(words, tokens, vocabSize - 2);
  tokens.push(START_TOKEN, END_TOKEN);
  return { vocab: new Map(tokens.map((token, id) => [token, id])), merges };
}

export interface CountedWord {
  symbols: string[];
  readonly count: number;
}

/** Merges the most frequent pair of `words` until `tokens` has `size` entries or nothing is left to merge; adds to `tokens`. */
export function learnMerges(words: readonly CountedWord[], tokens: string[], size: number): [string, string][] {
  const known = new Set(tokens);
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const best = mostFrequentPair(words);
    if (!best) break;
    const [left, right] = best;
    merges.push([left, right]);
    for (const word of words) {
      if (word.symbols.includes(left)) word.symbols = mergePair(word.symbols, left, right);
    }
    // Two ways to spell one token ("a"+"bc", "ab"+"c") share its id.
    if (!known.has(left + right)) tokens.push(left + right);
    known.add(left + right);
  }
  return merges;
}

function countWords(captions: Iterable<string>): CountedWord[] {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of splitWords(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Array.from(counts, ([word, count]) => ({ symbols: wordSymbols(word), count }));
}

function mostFrequentPair(words: readonly CountedWord[]): [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]} ${symbols[i + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let bestCount = 0;
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== undefined && pair < best)) {
      best = pair;
      bestCount = count;
    }
  }
  return best?.split(" ") as [string, string] | undefined;
}

/**
 * Writes `vocab.json`, `merges.txt`, `tokenizer_config.json` and `special_tokens_map.json` into `folder`, as transformers'
 * `CLIPTokenizer` reads them. `modelMaxLength` is the text encoder's `max_position_embeddings`.
 */
export function writeTokenizer(folder: string, vocabulary: BpeVocabulary, modelMaxLength = 77): void {
  const specials = { bos_token: START_TOKEN, eos_token: END_TOKEN, pad_token: END_TOKEN, unk_token: END_TOKEN };
  const merges = vocabulary.merges.map(([left, right]) => `${left} ${right}\n`).join("");
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(join(folder, "vocab.json"), JSON.stringify(Object.fromEntries(vocabulary.vocab)));
  writeFileAtomic(join(folder, "merges.txt"), `#version: 0.2\n${merges}`);
  writeFileAtomic(join(folder, "special_tokens_map.json"), `${JSON.stringify(specials, undefined, 2)}\n`);
  const config = {
    tokenizer_class: "CLIPTokenizer",
    model_max_length: modelMaxLength,
    do_lower_case: true,
    add_prefix_space: false,
    ...specials,
  };
  writeFileAtomic(join(folder, "tokenizer_config.json"), `${JSON.stringify(config, undefined, 2)}\n`);
}
