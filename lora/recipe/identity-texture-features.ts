/**
 * A texture's pattern as numbers, whatever its colours: of the standardised brightness the shares of the directions in which
 * it changes, how much and how unevenly, at five sizes. It tells the held-out kinds apart (0.92 under the curve) where
 * MobileNet's features hardly do (0.70): they see colour and size first.
 */
import type { Features } from "./identity-score.ts";
import { SUBJECT_SIDE } from "./identity-subject.ts";

const DIRECTIONS = 8;
const OCTAVES = 5;
/** Of red, green and blue in brightness (Rec. 601). */
const LUMA = [0.299, 0.587, 0.114] as const;
/** Even a flat picture has a logarithm. */
const LEAST = 1e-6;

/** Mean 0 and deviation 1; zeros where the picture is flat. @param rgb bytes [side, side, 3] */
function brightness(rgb: Uint8Array): Float32Array {
  const luma = Float32Array.from({ length: rgb.length / 3 }, (_, i) =>
    LUMA.reduce((sum, weight, c) => sum + weight * rgb[3 * i + c]!, 0),
  );
  const mean = momentOf(luma, 1);
  const centred = luma.map((value) => value - mean);
  const deviation = Math.sqrt(momentOf(centred, 2));
  return centred.map((value) => (deviation > 0.5 ? value / deviation : 0));
}

const momentOf = (values: Float32Array, power: number): number =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length;

/** Shares of the directions (mod π) in Σ|∇|, then log mean |∇| and log (mean |∇|² / (mean |∇|)²); the borders meet. */
function changes(plane: Float32Array, side: number): number[] {
  const shares = new Array<number>(DIRECTIONS).fill(0);
  let [sum, squares] = [0, 0];
  const at = (x: number, y: number): number => plane[((y + side) % side) * side + ((x + side) % side)]!;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1)];
      const size = Math.hypot(dx, dy);
      const turn = (Math.atan2(dy, dx) + 2 * Math.PI) % Math.PI;
      shares[Math.floor((turn / Math.PI) * DIRECTIONS) % DIRECTIONS]! += size;
      sum += size;
      squares += size * size;
    }
  }
  const mean = sum / plane.length;
  const unevenness = squares / plane.length / Math.max(LEAST, mean * mean);
  const total = Math.max(LEAST, sum);
  return [...shares.map((share) => share / total), Math.log(mean + LEAST), Math.log(unevenness + LEAST)];
}

/** The mean of each 2×2. */
function halved(plane: Float32Array, side: number): Float32Array {
  const half = side / 2;
  return Float32Array.from({ length: half * half }, (_, i) => {
    const from = 2 * Math.floor(i / half) * side + 2 * (i % half);
    return (plane[from]! + plane[from + 1]! + plane[from + side]! + plane[from + side + 1]!) / 4;
  });
}

/** @param rgb bytes [128, 128, 3] of a texture that tiles. @returns 52 numbers */
export function textureFeatures(rgb: Uint8Array): Features {
  let plane = brightness(rgb);
  const features = [momentOf(plane, 3), Math.log(momentOf(plane, 4) + LEAST)];
  for (let octave = 0, side = SUBJECT_SIDE; octave < OCTAVES; octave++, side /= 2) {
    features.push(...changes(plane, side));
    plane = halved(plane, side);
  }
  return Float32Array.from(features);
}
