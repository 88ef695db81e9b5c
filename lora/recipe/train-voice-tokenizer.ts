/** Learns the byte-level vocabulary of the mini LLaMA from conversations: `node lora/recipe/train-voice-tokenizer.ts --out DIR`. */
import { parseArgs } from "node:util";
import { byteOrder, byteSymbols, type BpeVocabulary } from "../models/index.ts";
import { PIECES, VOICE_VOCABULARY_MAX, writeMiniLlama, writeMiniLlamaWeights } from "./mini-llama.ts";
import { learnMerges, type CountedWord } from "./train-tokenizer.ts";
import { voiceDialogue } from "./voice-dialogue.ts";

/** Rarer pieces are names by chance: their merges would help nobody. */
const COUNT_MIN = 3;

/** @param size with the 256 bytes, without special tokens */
export function trainByteBpe(texts: Iterable<string>, size: number): BpeVocabulary {
  const tokens = byteOrder.map((byte) => byteSymbols[byte]!);
  const merges = learnMerges(countPieces(texts), tokens, size);
  return { vocab: new Map(tokens.map((token, id) => [token, id])), merges };
}

function countPieces(texts: Iterable<string>): CountedWord[] {
  const counts = new Map<string, number>();
  const pieces = new RegExp(PIECES, "gu");
  for (const text of texts)
    for (const [piece] of text.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= COUNT_MIN)
    .map(([piece, count]) => ({ symbols: [...Buffer.from(piece)].map((byte) => byteSymbols[byte]!), count }));
}

/** What all conversations of a run of keys say. */
export function* voiceTexts(count: number): Generator<string> {
  for (let i = 0; i < count; i++) for (const { content } of voiceDialogue(`vocabulary ${i}`).messages) yield content;
}

const CONVERSATIONS = 12_000;
if (import.meta.main) {
  const { values: args } = parseArgs({ options: { out: { type: "string", default: ".work/mini-llama" } } });
  const vocabulary = trainByteBpe(voiceTexts(CONVERSATIONS), VOICE_VOCABULARY_MAX);
  writeMiniLlama(args.out, vocabulary);
  // A base opens only with a weights file; training puts its own in this place.
  writeMiniLlamaWeights(args.out, { "model.norm.weight": { data: Float32Array.of(1), dims: [1] } });
  console.log(`${vocabulary.vocab.size} tokens in ${args.out}`);
}
