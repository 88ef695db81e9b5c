import type { Picture } from "./upscaler.ts";
import { wrapBlur } from "./wrap-blur.ts";

/** Heights from 0 (deep) to 1 (high), row-major, top row first: [height, width]. */
export interface HeightField {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** At strength 1, white stands this many pixels above black. */
const RELIEF_PIXELS = 4;
/** Hollows are measured against surroundings of these radii, pixels: cracks, then stones, then walls. */
const HOLLOW_RADII = [2, 8, 24] as const;
/** How strongly a hollow darkens at strength 1, and how much rougher it is than what is worn smooth around it. */
const OCCLUSION_GAIN = 2;
const ROUGHNESS_GAIN = 0.5;

export interface SurfaceMapsOptions {
  /** Strength of the relief, 1: see `RELIEF_PIXELS`. */
  readonly normal: number;
  /** Mean roughness, 0 mirror to 1 dull. */
  readonly roughness: number;
  /** Strength of the shade in hollows. */
  readonly occlusion: number;
  readonly isDarkHigh?: boolean;
}

/** The maps of a texture that tiles, as pictures; roughness and occlusion are grey. */
export function surfaceMaps({ rgb, width, height }: Picture, options: SurfaceMapsOptions) {
  const field = heightFromRgb(rgb, width, height, options.isDarkHigh);
  const grey = (values: Uint8Array): Picture => ({
    rgb: Uint8Array.from({ length: 3 * values.length }, (_, i) => values[Math.floor(i / 3)]!),
    width,
    height,
  });
  return {
    normal: { rgb: normalMap(field, options.normal), width, height },
    roughness: grey(roughnessMap(field, options.roughness)),
    occlusion: grey(occlusionMap(field, options.occlusion)),
  };
}

/** Light is taken as high, which holds for stone, wood and cloth, but not for bright joints. @param rgb [height, width, 3] */
export function heightFromRgb(rgb: Uint8Array, width: number, height: number, isDarkHigh = false): HeightField {
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i++)
    values[i] = (0.2126 * rgb[3 * i]! + 0.7152 * rgb[3 * i + 1]! + 0.0722 * rgb[3 * i + 2]!) / 255;
  return { values: isDarkHigh ? values.map((value) => 1 - value) : values, width, height };
}

/** Tangent-space normals as glTF has them (red right, green up, blue out). Returns [height, width, 3]. */
export function normalMap({ values, width, height }: HeightField, strength: number): Uint8Array {
  const out = new Uint8Array(values.length * 3);
  const slope = (strength * RELIEF_PIXELS) / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const row = y * width;
      const right = values[row + ((x + 1) % width)]!;
      const left = values[row + ((x + width - 1) % width)]!;
      const above = values[((y + height - 1) % height) * width + x]!;
      const below = values[((y + 1) % height) * width + x]!;
      const normal = [(left - right) * slope, (below - above) * slope, 1];
      const length = Math.hypot(...normal);
      out.set(
        normal.map((part) => toByte((part / length + 1) / 2)),
        3 * (row + x),
      );
    }
  return out;
}

/** White where light reaches, darker in hollows. Returns [height, width]. */
export function occlusionMap(field: HeightField, strength: number): Uint8Array {
  return hollows(field, (depth) => 1 - strength * OCCLUSION_GAIN * Math.max(0, depth));
}

/** Around `level` (0 mirror, 1 dull): hollows rougher, raised parts smoother. Returns [height, width]. */
export function roughnessMap(field: HeightField, level: number): Uint8Array {
  return hollows(field, (depth) => level + ROUGHNESS_GAIN * depth);
}

/** Each pixel by its depth under the mean of its surroundings. */
function hollows({ values, width, height }: HeightField, shade: (depth: number) => number): Uint8Array {
  const depth = new Float32Array(values.length);
  for (const radius of HOLLOW_RADII) {
    const mean = wrapBlur(values, width, height, radius);
    for (let i = 0; i < depth.length; i++) depth[i]! += (mean[i]! - values[i]!) / HOLLOW_RADII.length;
  }
  return Uint8Array.from(depth, (value) => toByte(shade(value)));
}

const toByte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));
