/** Pieces of grammars in XGrammar's EBNF: literals, repetition, JSON strings, numbers of a range. */

/** The text as it stands. */
export const literal = (text: string): string =>
  `"${Array.from(text, (char) => (/[\w {}:,]/.test(char) ? char : escaped(char))).join("")}"`;

const escaped = (char: string): string => `\\U${char.codePointAt(0)!.toString(16).padStart(8, "0")}`;

export const times = (what: string, least: number, most: number | undefined): string =>
  most === undefined && least === 0 ? `${what}*` : `${what}{${least},${most ?? ""}}`;

/** By what it is not: XGrammar 0.1.27 reads classes that name characters beyond ASCII wrongly. */
const PLAIN = String.raw`[^"\\\x00-\x1F]`;
const HEX = "[0-9A-Fa-f]";

/**
 * "text" is the rest of a JSON string (RFC 8259) and its end. Escaped characters are no halves of surrogate pairs. As a rule
 * that ends in itself: repetitions of alternatives take a hundred milliseconds for each token.
 */
export const TEXT_RULES = [
  String.raw`text ::= "\"" | ${PLAIN} text | "\\" escape text`,
  String.raw`escape ::= ["\\/bfnrt] | "u" ([0-9A-CEFa-cef] ${HEX}{3} | [Dd] [0-7] ${HEX}{2})`,
];

/** A string of so many code points. Where they are limited, none is escaped. */
export function stringOf(least: number, most: number | undefined): string {
  const end = most === undefined ? "text" : String.raw`${times(PLAIN, 0, most - least)} "\""`;
  return String.raw`"\"" ${least > 0 ? `${PLAIN}{${least}}` : ""} ${end}`;
}

const DECIMALS_MAX = 6;
const DECIMALS = `"." [0-9]{1,${DECIMALS_MAX}}`;

/** Whole numbers from `least` to `most`, both integers. */
export function integersBetween(least: number, most: number): string {
  const negative = least < 0 ? [`"-" (${digitsBetween(Math.max(1, -most), -least)})`] : [];
  const positive = most >= 0 ? [`(${digitsBetween(Math.max(0, least), most)})`] : [];
  return [...negative, ...positive].join(" | ");
}

/** Numbers from `least` to `most`, both integers: whole ones, and those between with decimals. */
export function numbersBetween(least: number, most: number): string {
  const between = (from: number, to: number) => (from < to ? [`(${digitsBetween(from, to - 1)}) ${DECIMALS}`] : []);
  const positive = most > 0 ? between(Math.max(0, least), most) : [];
  const negative = least < 0 ? between(Math.max(0, -most), -least).map((one) => `"-" ${one}`) : [];
  return [integersBetween(least, most), ...positive, ...negative].join(" | ");
}

/** Decimal digits of the integers from `least` to `most`, none below 0, without leading zeros. */
function digitsBetween(least: number, most: number): string {
  const parts: string[] = [];
  for (let from = least; from <= most;) {
    const to = Math.min(most, 10 ** String(from).length - 1);
    parts.push(sameLength(String(from), String(to)));
    from = to + 1;
  }
  return parts.join(" | ");
}

/** Digits from `low` to `high`, which are equally many. */
function sameLength(low: string, high: string): string {
  if (/^0*$/.test(low) && /^9*$/.test(high)) return low === "" ? '""' : `[0-9]{${low.length}}`;
  const [a, b] = [Number(low[0]), Number(high[0])];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const led = (digit: number, from: string, to: string) => `"${digit}" (${sameLength(from, to)})`;
  if (a === b) return led(a, lowRest, highRest);
  const [zeros, nines] = [lowRest.replace(/./g, "0"), lowRest.replace(/./g, "9")];
  const middle = a + 1 < b ? [`[${a + 1}-${b - 1}] (${sameLength(zeros, nines)})`] : [];
  return [led(a, lowRest, nines), ...middle, led(b, zeros, highRest)].join(" | ");
}
