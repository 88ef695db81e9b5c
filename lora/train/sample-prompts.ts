import { readFileSync } from "node:fs";

/** A picture to draw at every save. Absent fields take the generator's defaults. */
export interface SamplePrompt {
  readonly prompt: string;
  readonly negative?: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly guidance?: number;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** Flags at the end of a prompt, as kohya's sample prompt files write them. */
const flags: Record<string, keyof SamplePrompt> = {
  n: "negative",
  d: "seed",
  s: "steps",
  l: "guidance",
  w: "width",
  h: "height",
};

/** Why a line is not a sample prompt. */
export interface PromptFault {
  readonly expected: string;
  readonly got: string;
}

export const isPromptFault = (result: object): result is PromptFault => "expected" in result;

const ranges: Partial<Record<keyof SamplePrompt, { test(value: number): boolean; expected: string }>> = {
  seed: { test: (v) => Number.isInteger(v) && v >= 0 && v < 2 ** 31, expected: "a whole number below 2147483648" },
  steps: { test: (v) => Number.isInteger(v) && v >= 1 && v <= 1000, expected: "a whole number from 1 to 1000" },
  guidance: { test: (v) => v >= 0 && v <= 100, expected: "a number from 0 to 100" },
  width: { test: (v) => v >= 64 && v <= 4096 && v % 8 === 0, expected: "a multiple of 8 from 64 to 4096" },
  height: { test: (v) => v >= 64 && v <= 4096 && v % 8 === 0, expected: "a multiple of 8 from 64 to 4096" },
};

/** Reads `a man, smiling --n blurry --d 1 --s 20 --l 7.5 --w 512 --h 512`. */
export function parseSamplePrompt(line: string): SamplePrompt | PromptFault {
  const [prompt = "", ...parts] = line.split(/(?:^|\s)--(?=[A-Za-z]+(?:\s|$))/);
  const result: Record<string, string | number> = { prompt: prompt.trim() };
  if (result["prompt"] === "") return { expected: "a prompt before the flags", got: `"${line}"` };
  for (const part of parts) {
    const [flag = "", ...rest] = part.trim().split(/\s+/);
    const value = rest.join(" ");
    const field = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if (field === undefined) return { expected: "the flags --n --d --s --l --w --h", got: `--${flag}` };
    if (field in result) return { expected: `--${flag} once`, got: `"${line}"` };
    const range = ranges[field];
    if (range !== undefined && !(value !== "" && range.test(Number(value)))) {
      return { expected: `${range.expected} after --${flag}`, got: `"${value}"` };
    }
    result[field] = range === undefined ? value : Number(value);
  }
  return result as unknown as SamplePrompt;
}

/** The prompt lines of a text: blank lines and lines that begin with # are left out. */
export const promptLines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

/** Lines of kohya's prompt file. Throws the system's error if it cannot be read. */
export const readPromptLines = (path: string): string[] =>
  promptLines(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
