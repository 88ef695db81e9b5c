import sharp, { type Sharp } from "sharp";
import { AnimulaError } from "../format/index.ts";
import { dataErrors } from "./errors.ts";
import type { Problem } from "./problem.ts";

/** A larger picture is a mistake or an attack; the largest phone cameras make 200 million pixels. */
const INPUT_PIXELS_MAX = 268_402_689;

/** What sharp calls the formats we take. SVG and PDF are programs more than pictures, whatever the file is named. */
const formats: ReadonlySet<string> = new Set(["png", "jpeg", "webp", "heif", "gif", "tiff"]);

/** Opens for decoding: first page, turned upright, a cut-off file is an error (a small fault inside is not). */
function open(file: string): Sharp {
  return sharp(file, { limitInputPixels: INPUT_PIXELS_MAX, failOn: "truncated", autoOrient: true });
}

/** 8-bit sRGB without alpha: transparent parts become white, grey, CMYK, Lab and 16-bit pictures are converted. */
function toRgb(image: Sharp): Sharp {
  return image.flatten({ background: "#ffffff" }).toColourspace("srgb").removeAlpha();
}

/** What sharp says, as an answer to "expected a picture, got …". */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^Input file is missing.*$/, "nothing there"],
  [/^Input file contains unsupported image format.*$/, "a file of no known picture format"],
  [/^Input file: .*$/, "the file is damaged"],
];

function reasonOf(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!;
  const known = reasons.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? (text || "an unknown fault");
}

async function checkFormat(image: Sharp): Promise<{ width: number; height: number }> {
  const { format, autoOrient } = await image.metadata();
  if (!formats.has(format)) throw new Error(`a file of the kind ${format}`);
  return autoOrient;
}

/** Decodes a picture to learn whether it can be read, and its size in pixels as seen upright. */
export async function probeImage(
  file: string,
): Promise<{ readonly width: number; readonly height: number } | { readonly reason: string }> {
  try {
    const size = await checkFormat(open(file));
    // The metadata of a cut-off file is whole; only decoding shows it. One small output keeps that cheap.
    await open(file).resize(32, 32, { fit: "fill" }).raw().toBuffer();
    return size;
  } catch (cause) {
    return { reason: reasonOf(cause) };
  }
}

export interface LoadImageOptions {
  /** Pixels of the result. */
  readonly width: number;
  readonly height: number;
  readonly crop: "center" | "random";
  /** Mirror left and right. */
  readonly flip: boolean;
  /** Uniform in [0, 1); called twice for a random crop, else never. */
  readonly random: () => number;
  /** Told when the picture was smaller than asked for and had to be enlarged; `value` is the factor. */
  readonly onProblem?: (problem: Problem) => void;
}

/**
 * A picture as the VAE takes it: [3, height, width] in −1..1, sRGB. It is scaled to cover the size (Lanczos) and what
 * stands over is cropped. Errors: IMAGE_NOT_READABLE.
 */
export async function loadImage(file: string, options: LoadImageOptions): Promise<Float32Array> {
  const { width, height } = options;
  try {
    const size = await checkFormat(open(file));
    const scale = Math.max(width / size.width, height / size.height);
    if (scale > 1) options.onProblem?.({ code: "IMAGE_ENLARGED", file, value: Number(scale.toFixed(2)) });
    const coverWidth = Math.max(width, Math.round(size.width * scale));
    const coverHeight = Math.max(height, Math.round(size.height * scale));
    const left = offset(coverWidth - width, options);
    const top = offset(coverHeight - height, options);
    const scaled = toRgb(open(file)).resize(coverWidth, coverHeight, { fit: "fill", kernel: "lanczos3" });
    const pixels = await scaled.extract({ left, top, width, height }).flop(options.flip).raw().toBuffer();
    return toPlanes(pixels, width * height, file);
  } catch (cause) {
    if (cause instanceof AnimulaError) throw cause;
    throw dataErrors.IMAGE_NOT_READABLE(file, reasonOf(cause));
  }
}

function offset(spare: number, { crop, random }: LoadImageOptions): number {
  return crop === "center" ? Math.floor(spare / 2) : Math.floor(random() * (spare + 1));
}

function toPlanes(pixels: Uint8Array, planeSize: number, file: string): Float32Array {
  if (pixels.length !== 3 * planeSize) {
    throw dataErrors.IMAGE_NOT_READABLE(file, `${pixels.length / planeSize} colour channels`);
  }
  return rgbPlanes(pixels);
}

/** Interleaved RGB bytes → planes in −1..1. */
export function rgbPlanes(pixels: Uint8Array): Float32Array {
  const planeSize = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let i = 0; i < planeSize; i++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * planeSize + i] = pixels[3 * i + channel]! / 127.5 - 1;
    }
  }
  return planes;
}

/** Interleaved RGB bytes of the picture scaled to exactly this size. Errors: IMAGE_NOT_READABLE. */
export async function loadRgb(file: string, width: number, height: number): Promise<Uint8Array> {
  try {
    return await toRgb(open(file)).resize(width, height, { fit: "fill" }).raw().toBuffer();
  } catch (cause) {
    throw dataErrors.IMAGE_NOT_READABLE(file, reasonOf(cause));
  }
}

/** A picture as it is: interleaved bytes, row-major, top row first, sRGB. */
export interface PictureFile {
  /** [height, width, 3], also where `alpha` hides it. */
  readonly rgb: Uint8Array;
  /** [height, width]; absent for a picture without transparency. */
  readonly alpha?: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * A still picture in its own size, turned upright.
 * @param pixelsMax width × height of the largest one that is taken
 * Errors: IMAGE_NOT_READABLE, IMAGE_TOO_LARGE, IMAGE_ANIMATED.
 */
export async function readPicture(file: string, pixelsMax: number): Promise<PictureFile> {
  try {
    const { width, height } = await checkFormat(open(file));
    const { pages = 1, hasAlpha } = await open(file).metadata();
    if (pages > 1) throw dataErrors.IMAGE_ANIMATED(file, pages);
    if (width * height > pixelsMax) throw dataErrors.IMAGE_TOO_LARGE(file, pixelsMax, width, height);
    const pixels = await open(file).toColourspace("srgb").ensureAlpha().raw().toBuffer();
    const [rgb, alpha] = [new Uint8Array(3 * width * height), new Uint8Array(width * height)];
    if (pixels.length !== 4 * alpha.length) throw new Error(`${pixels.length / alpha.length} colour channels`);
    for (let i = 0; i < alpha.length; i++) {
      for (let channel = 0; channel < 3; channel++) rgb[3 * i + channel] = pixels[4 * i + channel]!;
      alpha[i] = pixels[4 * i + 3]!;
    }
    return hasAlpha ? { rgb, alpha, width, height } : { rgb, width, height };
  } catch (cause) {
    if (cause instanceof AnimulaError) throw cause;
    throw dataErrors.IMAGE_NOT_READABLE(file, reasonOf(cause));
  }
}
