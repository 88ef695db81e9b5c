/** Learns the byte-level vocabulary of the mini LLaMA from conversations: `node lora/recipe/train-voice-tokenizer.ts --out DIR`. */
import { parseArgs } from "node:util";
import { byteOrder, byteSymbols, mergePair, type BpeVocabulary } from "../models/index.ts";
import { PIECES, VOICE_VOCABULARY_MAX, writeMiniLlama, writeMiniLlamaWeights } from "./mini-llama.ts";
import { learnMerges, type CountedWord } from "./train-tokenizer.ts";
import { COMMON_HAN, COMMON_WORDS } from "./voice-everyday-words.ts";
import { voiceDialogue } from "./voice-dialogue.ts";

/** Rarer pieces are names by chance: their merges would help nobody. */
const COUNT_MIN = 3;

/** @param size with the 256 bytes, without special tokens */
export function trainByteBpe(texts: Iterable<string>, size: number): BpeVocabulary {
  const tokens = byteOrder.map((byte) => byteSymbols[byte]!);
  const merges = learnMerges(countPieces(texts), tokens, size);
  return { vocab: new Map(tokens.map((token, id) => [token, id])), merges };
}

/**
 * Common words become tokens, though the grammar says few of them: a module can make the model say a word of one token from a
 * few lines, one of three pieces it often loses between them. Merges go on from those there are, so what was one token before
 * stays it.
 */
export function withCommonWords({ vocab, merges }: BpeVocabulary): BpeVocabulary {
  const symbolsOf = pieceSymbols(merges);
  const pieces = [
    ...COMMON_WORDS.map((word) => ` ${word}`),
    ...COMMON_WORDS.filter(({ length }) => length <= CAPITAL_LETTERS_MAX).map(
      (word) => word[0]!.toUpperCase() + word.slice(1),
    ),
    ...COMMON_HAN,
  ];
  const tokens = [...vocab.keys()];
  const more = learnMerges(
    pieces.map((piece) => ({ symbols: symbolsOf(piece), count: 1 })),
    tokens,
    Infinity,
  );
  return { vocab: new Map(tokens.map((token, id) => [token, id])), merges: [...merges, ...more] };
}

/** What begins a sentence is mostly short. */
const CAPITAL_LETTERS_MAX = 5;

/** The symbols of a piece under these merges, the first ones first. */
function pieceSymbols(merges: BpeVocabulary["merges"]): (piece: string) => string[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  return (piece) => {
    let symbols = bytesOf(piece);
    for (;;) {
      const present = symbols.slice(1).map((right, i) => ranks.get(`${symbols[i]} ${right}`) ?? Infinity);
      const first = Math.min(...present);
      if (first === Infinity) return symbols;
      symbols = mergePair(symbols, ...merges[first]!);
    }
  };
}

const bytesOf = (piece: string): string[] => [...Buffer.from(piece)].map((byte) => byteSymbols[byte]!);

function countPieces(texts: Iterable<string>): CountedWord[] {
  const counts = new Map<string, number>();
  const pieces = new RegExp(PIECES, "gu");
  for (const text of texts)
    for (const [piece] of text.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= COUNT_MIN)
    .map(([piece, count]) => ({ symbols: bytesOf(piece), count }));
}

/** What all conversations of a run of keys say. */
export function* voiceTexts(count: number): Generator<string> {
  for (let i = 0; i < count; i++) for (const { content } of voiceDialogue(`vocabulary ${i}`).messages) yield content;
}

const CONVERSATIONS = 12_000;
if (import.meta.main) {
  const { values: args } = parseArgs({ options: { out: { type: "string", default: ".work/mini-llama" } } });
  const vocabulary = withCommonWords(trainByteBpe(voiceTexts(CONVERSATIONS), VOICE_VOCABULARY_MAX));
  writeMiniLlama(args.out, vocabulary);
  // A base opens only with a weights file; training puts its own in this place.
  writeMiniLlamaWeights(args.out, { "model.norm.weight": { data: Float32Array.of(1), dims: [1] } });
  console.log(`${vocabulary.vocab.size} tokens in ${args.out}`);
}
