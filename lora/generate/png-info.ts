import sharp from "sharp";
import { readPngText, writePngText } from "./png-text.ts";

/** How a picture was made. */
export interface GenerationInfo {
  /** As typed, `<lora:…>` tags included. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly steps: number;
  /** As WebUI spells it: "DPM++ 2M Karras". */
  readonly sampler: string;
  readonly guidanceScale: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly modelHash?: string;
  readonly model?: string;
  readonly loraHashes: readonly { readonly name: string; readonly hash: string }[];
  /** Fields of other tools, and our own further ones, by WebUI-style name ("Clip skip"). */
  readonly others?: Readonly<Record<string, string>>;
}

export interface DrawingFields {
  readonly tiling?: boolean | undefined;
  readonly guidanceScale: number;
  readonly guidanceStop?: number | undefined;
  readonly guidanceRescale?: number | undefined;
}

const KEYWORD = "parameters";
const NEGATIVE = "Negative prompt:";
const FIELD = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;
/** WebUI takes a last line of fewer fields for a part of the prompt. */
const FIELDS_MIN = 3;

/** Fields for what is not as usual: `Tiling` is the WebUI's, `CFG Rescale` that of its extension of the name. */
export function drawingFields({
  tiling,
  guidanceScale,
  guidanceStop = 1,
  guidanceRescale = 0,
}: DrawingFields): Record<string, string> {
  const isGuided = guidanceScale > 1;
  return {
    ...(tiling ? { Tiling: "True" } : {}),
    ...(isGuided && guidanceStop < 1 ? { "CFG stop": String(guidanceStop) } : {}),
    ...(isGuided && guidanceRescale > 0 ? { "CFG Rescale": String(guidanceRescale) } : {}),
  };
}

/** WebUI's infotext: the prompt, `Negative prompt:` and one line of `Steps: 20, Sampler: Euler a, …`. */
export function formatGenerationInfo(info: GenerationInfo): string {
  const loras = info.loraHashes.map(({ name, hash }) => `${name}: ${hash}`).join(", ");
  const fields: Record<string, string | number | undefined> = {
    Steps: info.steps,
    Sampler: info.sampler,
    "CFG scale": info.guidanceScale,
    Seed: info.seed,
    Size: `${info.width}x${info.height}`,
    "Model hash": info.modelHash,
    Model: info.model,
    ...info.others,
    "Lora hashes": loras === "" ? undefined : loras,
  };
  const line = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${quote(String(value))}`)
    .join(", ");
  const negative = info.negativePrompt === "" ? "" : `\n${NEGATIVE} ${info.negativePrompt}`;
  return `${info.prompt}${negative}\n${line}`;
}

/** Reads infotext, WebUI's or ours; undefined where it holds no steps, size or seed. Never throws. */
export function parseGenerationInfo(text: string): GenerationInfo | undefined {
  const lines = text.trim().split("\n");
  const found = Array.from(lines.at(-1)!.matchAll(FIELD), ([, key, value]) => [key!, unquote(value!)] as const);
  if (found.length < FIELDS_MIN) return undefined;
  const fields = new Map(found);
  const take = (key: string): string | undefined => {
    const value = fields.get(key);
    fields.delete(key);
    return value;
  };
  const body = lines.slice(0, -1);
  const negativeAt = body.findIndex((line) => line.startsWith(NEGATIVE));
  const prompt = negativeAt === -1 ? body : body.slice(0, negativeAt);
  const negative = negativeAt === -1 ? [] : body.slice(negativeAt);
  const [width, height] = (take("Size") ?? "").split("x").map(Number);
  const numbers = {
    steps: Number(take("Steps")),
    guidanceScale: Number(take("CFG scale") ?? 1),
    seed: Number(take("Seed")),
    width: width ?? Number.NaN,
    height: height ?? Number.NaN,
  };
  if (!Object.values(numbers).every(Number.isFinite)) return undefined;
  const [modelHash, model] = [take("Model hash"), take("Model")];
  return {
    prompt: prompt.join("\n").trim(),
    negativePrompt: negative.join("\n").slice(NEGATIVE.length).trim(),
    ...numbers,
    sampler: samplerOf(take("Sampler"), fields.get("Schedule type")),
    ...(modelHash === undefined ? {} : { modelHash }),
    ...(model === undefined ? {} : { model }),
    loraHashes: parseLoraHashes(take("Lora hashes") ?? ""),
    ...(fields.size === 0 ? {} : { others: Object.fromEntries(fields) }),
  };
}

/** Since 1.9 WebUI writes "Karras" in a field of its own. */
function samplerOf(sampler = "", scheduleType: string | undefined): string {
  return scheduleType === "Karras" && !sampler.endsWith("Karras") ? `${sampler} Karras` : sampler;
}

function parseLoraHashes(text: string): { name: string; hash: string }[] {
  return Array.from(text.matchAll(/(.+?): ([0-9a-f]+)(?:, |$)/gi), ([, name, hash]) => ({ name: name!, hash: hash! }));
}

/** Values with a comma, colon or line break are JSON strings in the line of fields. */
function quote(value: string): string {
  return /[,:\n"]/.test(value) || value !== value.trim() ? JSON.stringify(value) : value;
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value.trim();
  try {
    return JSON.parse(value) as string;
  } catch {
    // A quotation mark that belongs to the value itself; WebUI keeps it too.
    return value;
  }
}

/** RGB pixels [height, width, 3] → PNG with the generation info under `parameters`, which WebUI's "PNG Info" reads. */
export async function encodePng(
  pixels: Uint8Array,
  info: GenerationInfo,
  size: { readonly width: number; readonly height: number } = info,
): Promise<Buffer> {
  const { width, height } = size;
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return writePngText(png, KEYWORD, formatGenerationInfo(info));
}

/** The generation info of a PNG, or undefined where it has none. @throws PNG_INVALID, PNG_TEXT_TOO_LARGE */
export function readGenerationInfo(png: Uint8Array, where = "picture"): GenerationInfo | undefined {
  const text = readPngText(png, where).get(KEYWORD);
  return text === undefined ? undefined : parseGenerationInfo(text);
}
