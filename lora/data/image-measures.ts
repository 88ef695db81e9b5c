import sharp from "sharp";
import { loadRgb } from "./image.ts";

/** What the report knows of a picture's content. */
export interface ImageMeasures {
  /** Variance of the Laplacian in the picture's sharpest parts. */
  readonly sharpness: number;
  readonly fingerprint: Fingerprint;
}

/** Shapes and colours, for finding the same picture again after it was re-encoded, scaled or brightened. */
export interface Fingerprint {
  /** 63 bits of a perceptual hash, in two halves. */
  readonly shape: readonly [number, number];
  /** 16×16 RGB, shifted to mean 0 and scaled to deviation 1. */
  readonly colours: Float32Array;
}

/** Sharpness is measured at this length of the shorter side, or the picture's own if it is shorter. Pixels. */
const MEASURED_SIDE = 512;

/**
 * Below it a picture counts as blurred. Measured on 16 photographs and 3 drawings at 512 pixels: sharp ones have 121 to
 * 7700, the same blurred by a Gaussian of σ = 2 pixels 2 to 55; the limit is the geometric mean of 121 and 55. A picture
 * smaller than 512 measures higher for the same σ, so small ones are called blurred less readily, never more.
 */
export const SHARPNESS_MIN = 80;

/** Measures one picture. @param side shorter side at which blur matters: the training resolution. */
export async function measureImage(
  file: string,
  size: { readonly width: number; readonly height: number },
  side: number = MEASURED_SIDE,
): Promise<ImageMeasures> {
  const shorter = Math.min(size.width, size.height);
  const scale = Math.min(side, MEASURED_SIDE, shorter) / shorter;
  const width = Math.max(3, Math.round(size.width * scale));
  const height = Math.max(3, Math.round(size.height * scale));
  const pixels = await loadRgb(file, width, height);
  const raw = { width, height, channels: 3 } as const;
  const shrink = (target: number): Promise<Buffer> =>
    sharp(pixels, { raw }).resize(target, target, { fit: "fill" }).raw().toBuffer();
  const fingerprint = { shape: shapeHash(toGrey(await shrink(HASH_SIDE))), colours: normalised(await shrink(16)) };
  return { sharpness: sharpness(toGrey(pixels), width, height), fingerprint };
}

/** Luma of interleaved RGB bytes (ITU-R BT.601). */
function toGrey(pixels: Uint8Array): Float32Array {
  const grey = new Float32Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!;
  }
  return grey;
}

/** The picture is judged by its two sharpest of 4×4 tiles: a portrait before a soft background is sharp. */
const TILES = 4;

/**
 * Variance of the Laplacian (Pech-Pacheco et al. 2000), mean of the two tiles where it is largest.
 * @param grey [height, width], 0..255
 */
export function sharpness(grey: Float32Array, width: number, height: number): number {
  const variances: number[] = [];
  for (let row = 0; row < TILES; row++) {
    for (let column = 0; column < TILES; column++) {
      const left = Math.max(1, Math.floor((column * width) / TILES));
      const right = Math.min(width - 1, Math.floor(((column + 1) * width) / TILES));
      const top = Math.max(1, Math.floor((row * height) / TILES));
      const bottom = Math.min(height - 1, Math.floor(((row + 1) * height) / TILES));
      variances.push(laplacianVariance(grey, width, { left, right, top, bottom }));
    }
  }
  const [first = 0, second = 0] = variances.toSorted((a, b) => b - a);
  return (first + second) / 2;
}

interface Tile {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function laplacianVariance(grey: Float32Array, width: number, { left, right, top, bottom }: Tile): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const i = y * width + x;
      const value = grey[i - 1]! + grey[i + 1]! + grey[i - width]! + grey[i + width]! - 4 * grey[i]!;
      sum += value;
      squares += value * value;
      count++;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

const HASH_SIDE = 32;
const HASH_FREQUENCIES = 8;

/**
 * Perceptual hash: the 8×8 lowest frequencies of the cosine transform without the constant, each above the median or
 * not (Zauner 2010). @param grey [32, 32]
 */
function shapeHash(grey: Float32Array): [number, number] {
  const waves = Array.from({ length: HASH_FREQUENCIES }, (_, frequency) =>
    Float32Array.from({ length: HASH_SIDE }, (_unused, at) =>
      Math.cos(((2 * at + 1) * frequency * Math.PI) / 2 / HASH_SIDE),
    ),
  );
  const coefficients: number[] = [];
  for (const down of waves) {
    for (const across of waves) {
      let sum = 0;
      for (let y = 0; y < HASH_SIDE; y++) {
        for (let x = 0; x < HASH_SIDE; x++) sum += grey[y * HASH_SIDE + x]! * down[y]! * across[x]!;
      }
      coefficients.push(sum);
    }
  }
  coefficients.shift();
  const median = coefficients.toSorted((a, b) => a - b)[coefficients.length >> 1]!;
  const bits: [number, number] = [0, 0];
  for (const [index, value] of coefficients.entries()) {
    if (value > median) bits[index >> 5]! |= 1 << (index & 31);
  }
  return bits;
}

/** Contrast below this (of 255) is noise: it is not amplified. */
const DEVIATION_MIN = 8;

/** Mean 0 and deviation 1 over all values, so that brightness and contrast do not count. */
function normalised(pixels: Uint8Array): Float32Array {
  let sum = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  let squares = 0;
  for (const value of pixels) squares += (value - mean) ** 2;
  const deviation = Math.max(DEVIATION_MIN, Math.sqrt(squares / pixels.length));
  return Float32Array.from(pixels, (value) => (value - mean) / deviation);
}

/**
 * Measured on 17 photographs and 20 drawings of one character: a copy at JPEG quality 30, half the size, 15 % brighter
 * or with another gamma is at most (6, 0.23) away; different pictures with at most 6 bits are at least 0.30 away.
 */
const SHAPE_BITS_MAX = 6;
const COLOUR_DISTANCE_MAX = 0.25;

/** Whether two pictures look the same to a person at a glance. */
export function sameLook(a: Fingerprint, b: Fingerprint): boolean {
  const bits = ones(a.shape[0] ^ b.shape[0]) + ones(a.shape[1] ^ b.shape[1]);
  if (bits > SHAPE_BITS_MAX) return false;
  let distance = 0;
  for (let i = 0; i < a.colours.length; i++) distance += Math.abs(a.colours[i]! - b.colours[i]!);
  return distance / a.colours.length <= COLOUR_DISTANCE_MAX;
}

/** Set bits of a 32-bit number. */
function ones(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
