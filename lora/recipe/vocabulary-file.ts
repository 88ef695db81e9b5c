import { readFileSync } from "node:fs";
import { writeFileAtomic } from "../format/index.ts";
import type { BpeVocabulary } from "../models/index.ts";

/** The vocabulary that a text tower in training was begun with: `{"vocab": {token: id}, "merges": [[left, right]]}`. */
export function readVocabulary(path: string): BpeVocabulary {
  const { vocab, merges } = JSON.parse(readFileSync(path, "utf8")) as {
    vocab: Record<string, number>;
    merges: [string, string][];
  };
  return { vocab: new Map(Object.entries(vocab)), merges };
}

export function writeVocabulary(path: string, { vocab, merges }: BpeVocabulary): void {
  writeFileAtomic(path, JSON.stringify({ vocab: Object.fromEntries(vocab), merges }));
}
