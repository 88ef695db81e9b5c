/** Pictures as CLIP takes them: transformers' `CLIPImageProcessor`, with Pillow's bicubic scaling. */
import { existsSync } from "node:fs";
import { readConfig, type ConfigFile } from "./config-file.ts";
import { modelErrors } from "./errors.ts";

export interface ClipPreprocessing {
  /** The shorter side is scaled to this, pixels. */
  readonly shortestEdge: number;
  /** Side of the square cut from the middle, pixels. */
  readonly cropSize: number;
  /** Per channel, of values in 0 … 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Interleaved 8-bit RGB, row-major, top row first. */
export interface RgbPicture {
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073];
const OPENAI_DEVIATION = [0.26862954, 0.26130258, 0.27577711];
/** Pillow's number of the bicubic filter. */
const BICUBIC = 3;

/**
 * @param imageSize what the vision tower takes; the default where the file is absent or leaves keys out
 * @throws BASE_CONFIG_INVALID
 */
export function readClipPreprocessing(file: string, imageSize: number): ClipPreprocessing {
  const defaults = { shortestEdge: imageSize, cropSize: imageSize, mean: OPENAI_MEAN, deviation: OPENAI_DEVIATION };
  if (!existsSync(file)) return defaults;
  const json = readConfig(file);
  json.get("resample", "3 (bicubic)", (value): value is number => value === BICUBIC, BICUBIC);
  const isThree = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length === 3 && value.every((entry) => typeof entry === "number");
  const read = {
    shortestEdge: sideOf(json, "size", "shortest_edge", imageSize),
    cropSize: sideOf(json, "crop_size", "height", imageSize),
    mean: json.get("image_mean", "three numbers", isThree, OPENAI_MEAN),
    deviation: json.get("image_std", "three numbers", isThree, OPENAI_DEVIATION),
  };
  if (read.cropSize !== imageSize || read.shortestEdge < imageSize)
    throw modelErrors.BASE_CONFIG_INVALID(file, "crop_size", `${imageSize} as the model has`, `${read.cropSize}`);
  return read;
}

/** Old files write the side as one number, newer ones as an object. */
function sideOf(json: ConfigFile, key: string, inner: string, fallback: number): number {
  return typeof json.object[key] === "number" ? json.count(key) : (json.part(key)?.count(inner, fallback) ?? fallback);
}

/**
 * Scales the shorter side, cuts the middle, normalises. Only what is cut out is scaled: a picture may be very long.
 * @returns [3, cropSize, cropSize]: (value / 255 − mean) / deviation
 */
export function clipPixels(picture: RgbPicture, preprocessing: ClipPreprocessing): Float32Array {
  const { shortestEdge, cropSize: side, mean, deviation } = preprocessing;
  const shorter = Math.min(picture.width, picture.height);
  const middleOf = (from: number): Taps[] => {
    // Whole numbers first, so that equal sides stay equal; the reference cuts the fraction off too.
    const to = Math.floor((shortestEdge * from) / shorter);
    return filterTaps(from, to, Math.floor((to - side) / 2), side);
  };
  const rgb = scaled(picture, middleOf(picture.width), middleOf(picture.height));
  const pixels = new Float32Array(3 * side * side);
  for (let channel = 0; channel < 3; channel++) {
    const [shift, scale] = [mean[channel]! / deviation[channel]!, 255 * deviation[channel]!];
    const plane = channel * side * side;
    for (let i = 0; i < side * side; i++) pixels[plane + i] = rgb[3 * i + channel]! / scale - shift;
  }
  return pixels;
}

/** What one place of the result is made of: the input from `first` on, weighted. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Pillow's `resize(…, BICUBIC)`: Keys' cubic (a = −½) widened by the scale when shrinking, columns first, then rows, with
 * 8-bit rounding in between. A picture is never read beyond its edge; the weights left are scaled to sum 1.
 * @returns [rows, columns, 3]
 */
function scaled({ rgb, width }: RgbPicture, columns: readonly Taps[], rows: readonly Taps[]): Uint8Array {
  const top = rows[0]!.first;
  const last = rows.at(-1)!;
  const height = last.first + last.weights.length - top;
  const across = new Uint8Array(3 * columns.length * height);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of columns.entries())
      weigh(rgb, ((top + y) * width + first) * 3, 3, weights, across, (y * columns.length + x) * 3);
  }
  const out = new Uint8Array(3 * columns.length * rows.length);
  const line = 3 * columns.length;
  for (const [y, { first, weights }] of rows.entries()) {
    for (let x = 0; x < columns.length; x++)
      weigh(across, (first - top) * line + 3 * x, line, weights, out, y * line + 3 * x);
  }
  return out;
}

/** One pixel from the weighted pixels that lie `step` bytes apart. */
function weigh(
  from: Uint8Array,
  start: number,
  step: number,
  weights: Float64Array,
  into: Uint8Array,
  place: number,
): void {
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0.5;
    for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * from[start + tap * step + channel]!;
    into[place + channel] = Math.min(255, Math.max(0, Math.floor(sum)));
  }
}

/** For the places `begin` … `begin + count` of a line of `from` scaled to `to`. */
function filterTaps(from: number, to: number, begin: number, count: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = 2 * stretch;
  return Array.from({ length: count }, (_, place) => {
    const centre = (begin + place + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_unused, tap) =>
      cubic((first + tap - centre + 0.5) / stretch),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Keys (1981) with a = −½: (a+2)|x|³ − (a+3)x² + 1 within 1, a|x|³ − 5ax² + 8a|x| − 4a within 2. */
function cubic(at: number): number {
  const a = -0.5;
  const x = Math.abs(at);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
