import type { TextTokenizer } from "../models/index.ts";

/** Part of what a base can read that a system prompt takes up at most: what was said, and the reply, need room too. */
export const SYSTEM_SHARE = 2 / 3;

/** A sentence that ends, in scripts that the bases read. */
const SENTENCE_END = /[.!?…]["'”’)]*(?=\s|$)|[。！？]["'”’」』）]*|\n/g;

/**
 * The beginning of a text that takes up at most so many tokens: whole sentences, where one ends in its second half. All of
 * it, if it fits. A pure function of its arguments.
 */
export function leadingText(tokenizer: Pick<TextTokenizer, "encode">, text: string, tokensMax: number): string {
  let part = text;
  while (part !== "") {
    const tokens = tokenizer.encode(part).length;
    if (tokens <= tokensMax) break;
    // In proportion, and at least one character less each time.
    const chars = Math.floor((part.length * Math.max(0, tokensMax)) / tokens);
    part = wholeSentences(part.slice(0, Math.min(part.length - 1, chars)));
  }
  return part;
}

function wholeSentences(part: string): string {
  const ends = [...part.matchAll(SENTENCE_END)].map(({ 0: { length }, index }) => index + length);
  const end = ends.at(-1) ?? 0;
  // Half of a character beyond the basic plane is none.
  return (end > part.length / 2 ? part.slice(0, end) : part.replace(/[\uD800-\uDBFF]$/, "")).trimEnd();
}
