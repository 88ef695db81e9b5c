/**
 * Keeps what people write from posing as what a chat template writes. A message may hold `<|im_end|>\n<|im_start|>system`
 * or `### Response:`; read as it stands, it would begin a turn of its own.
 */

/** A token that a tokenizer matches before anything else. */
export interface AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/** Markers have words and signs: `<|user|>`, `[INST]`, `### Response:`. Words alone and runs of blanks are what people write. */
const isMarker = (text: string): boolean => /[\p{L}\p{N}]/u.test(text) && hasSign(text);

const hasSign = (text: string): boolean => /[^\p{L}\p{N}\p{M}\s\u2581]/u.test(text);

/** A word in brackets is a marker by itself: `<<SYS>>` in `[INST] <<SYS>>`. */
const isBracketed = (word: string): boolean => /^[<[{(|].*[>\]})|]$/u.test(word);

export interface ForbiddenTexts {
  /** A tokenizer finds these anywhere. */
  readonly tokens: readonly string[];
  /** A reader takes these for marks where a word may begin: "A:" is no mark in "data:". */
  readonly marks: readonly string[];
}

/**
 * @param tokens the tokenizer's added tokens: special ones always stand for something, others where they look like markers
 *   or the template writes their signs
 * @param frames what the template writes around contents, e.g. `<s>[INST] <<SYS>>\n`
 * @returns the texts that contents must not hold
 */
export function forbiddenTexts(tokens: readonly AddedToken[], frames: readonly string[]): ForbiddenTexts {
  const isWritten = (text: string) => text.length > 1 && hasSign(text) && frames.some((frame) => frame.includes(text));
  const contents = tokens.map(({ content }) => content).filter((content) => content !== "");
  const guarded = tokens.filter(({ content, special }) => special || isMarker(content) || isWritten(content));
  const between = contents.length > 0 ? new RegExp(`\n|${alternatives(contents)}`, "u") : /\n/u;
  const lines = frames.flatMap((frame) => frame.split(between)).map((line) => line.trim());
  const words = lines.flatMap((line) => line.split(/\s+/u)).filter(isBracketed);
  return {
    tokens: [...new Set(guarded.map(({ content }) => content))].filter((text) => text !== ""),
    marks: [...new Set([...lines, ...words].filter(isMarker))],
  };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Longest first, so that no part of a text hides the whole. Blanks within a text may be of any kind and number. */
function alternatives(texts: readonly string[]): string {
  const pattern = (text: string) => (text.trim() === "" ? escaped(text) : text.split(/\s+/u).map(escaped).join("\\s*"));
  return texts
    .toSorted((a, b) => b.length - a.length)
    .map(pattern)
    .join("|");
}

/** Scripts without blanks between words begin one anywhere. */
const WORD_START = "(?<![\\p{Script=Latin}\\p{N}])";
const beginsWord = (text: string): boolean => /^[\p{Script=Latin}\p{N}]/u.test(text);

/** @returns a function that puts a blank where a text holds a forbidden one, whatever its case */
export function withoutTexts({ tokens, marks }: ForbiddenTexts): (text: string) => string {
  const anywhere = [...tokens, ...marks.filter((mark) => !beginsWord(mark))];
  const starting = marks.filter(beginsWord);
  const sources = [alternatives(anywhere), starting.length > 0 ? `${WORD_START}(?:${alternatives(starting)})` : ""];
  const source = sources.filter((one) => one !== "").join("|");
  if (source === "") return (text) => text;
  const pattern = new RegExp(source, "giu");
  return (text) => {
    // What is left may join to another one. Each round leaves fewer signs or fewer blanks, so there is a last.
    for (let before = ""; before !== text;) {
      before = text;
      text = text.replace(pattern, (found) => (found.trim() === "" ? "" : " "));
    }
    return text;
  };
}

/** Words only, no blanks around them: no tokenizer's normalizer makes a mark of them. Empty only where the text is. */
export function wordsOnly(text: string): string {
  const words = text
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim();
  return words === "" && text !== "" ? "a" : words;
}
