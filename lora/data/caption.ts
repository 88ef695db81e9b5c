import { shuffled } from "./random.ts";

export interface CaptionOptions {
  readonly triggerWord?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** Share of captions replaced by the empty one, 0..1. */
  readonly dropout?: number | undefined;
  /** Reorder the comma-separated parts after the first `keepTokens`. */
  readonly shuffle?: boolean | undefined;
  readonly keepTokens?: number | undefined;
}

/**
 * The caption of one step, in kohya's order: prefix and suffix (and the trigger word in front, if absent), dropout, one
 * of `{a|b}`, then shuffling behind the kept parts.
 * @param random uniform in [0, 1); the number of calls depends on the caption, the options and earlier results alone
 */
export function buildCaption(caption: string, options: CaptionOptions, random: () => number): string {
  const { prefix, suffix, dropout = 0, shuffle = false, keepTokens = 0, triggerWord } = options;
  if (dropout > 0 && random() < dropout) return "";
  const framed = [prefix, caption.trim(), suffix].filter((part) => part !== undefined && part !== "").join(" ");
  const chosen = chooseWildcards(withTrigger(framed, triggerWord), random);
  if (!shuffle) return chosen;
  const parts = splitParts(chosen);
  return [...parts.slice(0, keepTokens), ...shuffled(parts.slice(keepTokens), random)].join(", ");
}

/** The comma-separated parts of a caption, in either language's commas. */
export const splitParts = (caption: string): string[] =>
  caption
    .split(/[,，、]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether a caption has a word, in any case of letters and as a whole; scripts without spaces have no whole words. */
export function hasWord(caption: string, word: string): boolean {
  const [text, wanted] = [caption.normalize("NFC"), word.normalize("NFC")];
  if (unspaced.test(wanted)) return text.includes(wanted);
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escapeRegExp(wanted)}(?![\\p{L}\\p{N}_])`, "iu").test(text);
}

/** The caption with the trigger word in front, unless it has it. */
export function withTrigger(caption: string, triggerWord: string | undefined): string {
  if (triggerWord === undefined || hasWord(caption, triggerWord)) return caption;
  return caption.trim() === "" ? triggerWord : `${triggerWord}, ${caption}`;
}

/** Replaces each `{a|b}`, the innermost first. Braces without a bar stay. */
function chooseWildcards(caption: string, random: () => number): string {
  const innermost = /\{([^{}]*\|[^{}]*)\}/;
  let result = caption;
  for (let match = innermost.exec(result); match !== null; match = innermost.exec(result)) {
    const choices = match[1]!.split("|");
    const choice = choices[Math.floor(random() * choices.length)]!.trim();
    result = result.slice(0, match.index) + choice + result.slice(match.index + match[0].length);
  }
  return result;
}
