import { diffusionErrors } from "./errors.ts";

/** `break` starts a new chunk of tokens. */
export type PromptSegment =
  | { readonly kind: "text"; readonly text: string; readonly weight: number }
  | { readonly kind: "break" };

/** A `<lora:…>` tag. */
export interface PromptLora {
  readonly name: string;
  readonly unetWeight: number;
  readonly textEncoderWeight: number;
}

export interface Prompt {
  readonly segments: readonly PromptSegment[];
  readonly loras: readonly PromptLora[];
  /** What WebUI would have understood and we read as plain text, or left out: one sentence each. */
  readonly warnings: readonly string[];
}

/** More is a mistake or an attack: the text encoder runs once for every 75 tokens. */
const PROMPT_CHARACTERS_MAX = 10_000;
/** Keeps embeddings finite under any nesting; far beyond what draws a picture. */
const WEIGHT_MAX = 1e4;
const STEP = 1.1;

const TAG = /<(\w+):([^<>]+)>/g;
const PIECES = /\\[()[\]\\]|\\|\(|\[|:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)|\)|\]|[^\\()[\]:]+|:/g;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/**
 * Reads a prompt as Stable Diffusion WebUI does: `(x)` × 1.1, `[x]` ÷ 1.1, `(x:1.2)`, nesting, `\(` for the character itself,
 * `BREAK`, and `<lora:name:weight>`, `<lora:name:te:unet>`, `te=`, `unet=` (`lyco` is the same). An unclosed bracket counts to
 * the end and a stray one is text, as there. `AND`, `[a:b:0.5]` and `[a|b]` are read as text, with a warning; tags of other
 * kinds (`<hypernet:…>`) are left out, with a warning.
 * @throws PROMPT_LENGTH, PROMPT_LORA
 */
export function parsePrompt(prompt: string): Prompt {
  if (prompt.length > PROMPT_CHARACTERS_MAX) {
    throw diffusionErrors.PROMPT_LENGTH(PROMPT_CHARACTERS_MAX, prompt.length);
  }
  const loras: PromptLora[] = [];
  const warnings: string[] = [];
  const text = prompt.replace(TAG, (tag, kind: string, argumentsText: string) => {
    if (kind === "lora" || kind === "lyco") loras.push(parseLora(tag, argumentsText));
    else warnings.push(`prompt: ${tag} left out; only <lora:…> tags are supported`);
    return "";
  });
  if (text.includes("<lora:")) warnings.push('prompt: a "<lora:" without ">" was read as text');
  if (/\bAND\b/.test(text)) warnings.push("prompt: AND was read as text; composing prompts is not supported");
  if (/\[[^[\]]*(:[^[\]]*:\s*[\d.]+\s*|\|[^[\]]*)\]/.test(text)) {
    warnings.push(
      "prompt: [a:b:0.5] and [a|b] were read as text; prompts that change while sampling are not supported",
    );
  }
  return { segments: parseAttention(text), loras, warnings };
}

function parseLora(tag: string, argumentsText: string): PromptLora {
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const part of argumentsText.split(":")) {
    const at = part.indexOf("=");
    if (at === -1 || positional.length === 0) positional.push(part.trim());
    else named.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const [name = "", first, second, ...rest] = positional;
  if (name === "") throw diffusionErrors.PROMPT_LORA(tag, "no name");
  if (rest.length > 0) throw diffusionErrors.PROMPT_LORA(tag, "more than two weights");
  for (const key of named.keys()) {
    if (key !== "te" && key !== "unet") throw diffusionErrors.PROMPT_LORA(tag, `unknown key ${key}`);
  }
  const weightOf = (value: string | undefined, otherwise: number): number => {
    if (value === undefined) return otherwise;
    const weight = Number(value);
    if (!NUMBER.test(value) || Math.abs(weight) > WEIGHT_MAX) {
      throw diffusionErrors.PROMPT_LORA(tag, `weight ${JSON.stringify(value)}`);
    }
    return weight;
  };
  const textEncoderWeight = weightOf(named.get("te") ?? first, 1);
  return { name, textEncoderWeight, unetWeight: weightOf(named.get("unet") ?? second, textEncoderWeight) };
}

/** The attention syntax alone: segments with their weights, adjacent ones of equal weight joined; never empty. */
function parseAttention(text: string): PromptSegment[] {
  const pieces: { text: string; weight: number; isBreak: boolean }[] = [];
  const openRound: number[] = [];
  const openSquare: number[] = [];
  const multiplyFrom = (start: number, factor: number): void => {
    for (const piece of pieces.slice(start)) {
      piece.weight = Math.min(Math.max(piece.weight * factor, -WEIGHT_MAX), WEIGHT_MAX);
    }
  };
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece.startsWith("\\") && piece.length === 2) pieces.push({ text: piece[1]!, weight: 1, isBreak: false });
    else if (piece === "(") openRound.push(pieces.length);
    else if (piece === "[") openSquare.push(pieces.length);
    else if (piece === "]" && openSquare.length > 0) multiplyFrom(openSquare.pop()!, 1 / STEP);
    else if (piece.endsWith(")") && openRound.length > 0) {
      multiplyFrom(openRound.pop()!, piece === ")" ? STEP : Number(piece.slice(1, -1)));
    } else {
      for (const [i, part] of piece.split(/\s*\bBREAK\b\s*/).entries()) {
        if (i > 0) pieces.push({ text: "", weight: 1, isBreak: true });
        pieces.push({ text: part, weight: 1, isBreak: false });
      }
    }
  }
  for (const start of openRound) multiplyFrom(start, STEP);
  for (const start of openSquare) multiplyFrom(start, 1 / STEP);

  const segments: PromptSegment[] = [];
  for (const piece of pieces) {
    const last = segments.at(-1);
    if (piece.isBreak) segments.push({ kind: "break" });
    else if (piece.text === "") continue;
    else if (last?.kind === "text" && last.weight === piece.weight) {
      segments[segments.length - 1] = { ...last, text: last.text + piece.text };
    } else segments.push({ kind: "text", text: piece.text, weight: piece.weight });
  }
  return segments.length > 0 ? segments : [{ kind: "text", text: "", weight: 1 }];
}
