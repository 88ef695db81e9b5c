/** Pictures from outside: checked before they are decoded, decoded within limits, written anew. */
import { open } from "node:fs/promises";
import sharp, { type Metadata } from "sharp";
import { limits, ServiceError } from "../protocol/index.ts";

/** Formats we take, by sharp's names, with what libvips calls their loaders; SVG, PDF and the like are programs more than pictures. */
const LOADERS: Readonly<Record<string, string>> = {
  png: "VipsForeignLoadPng",
  jpeg: "VipsForeignLoadJpeg",
  webp: "VipsForeignLoadWebp",
  heif: "VipsForeignLoadHeif",
  gif: "VipsForeignLoadNsgif",
  tiff: "VipsForeignLoadTiff",
};

/**
 * Takes every other loader away from this process, so that a file of another kind is not even looked into. The service
 * does so at its start; a test process, which draws SVG elsewhere, does not.
 */
export function blockOtherLoaders(): void {
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: Object.values(LOADERS) });
}

/** Longest side of what is kept for showing and training: four times what any base here draws. The original is kept too. */
const SIDE_MAX = 2048;
/** A picture within the pixel limit decodes in a second or two; one that takes longer is made to. */
const DECODE_SECONDS_MAX = 30;
const MEGAPIXEL = 1e6;
const UNKNOWN_KIND = "an unknown kind of file";

/** Each may need a few hundred megabytes for a moment. */
const DECODERS_MAX = 2;

export interface CleanPicture {
  readonly png: Buffer;
  /** As seen upright, of the clean picture. */
  readonly width: number;
  readonly height: number;
}

/** So many at a time; the others wait in their order. */
const decoders = {
  free: DECODERS_MAX,
  waiting: [] as (() => void)[],
  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  },
  giveBack(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  },
};

/**
 * Decodes a picture file and encodes it anew: upright, 8-bit sRGB, without metadata (place, camera, thumbnails).
 * Errors: NOT_AN_IMAGE, IMAGE_TOO_LARGE.
 */
export async function cleanPicture(path: string, name: string): Promise<CleanPicture> {
  const metadata = await readHeader(path, name);
  if (metadata.width * metadata.height > limits.imagePixelsMax) {
    throw new ServiceError("IMAGE_TOO_LARGE", { file: name, limit: limits.imagePixelsMax / MEGAPIXEL });
  }
  await decoders.take();
  try {
    const { data, info } = await sharp(path, { limitInputPixels: limits.imagePixelsMax, failOn: "truncated" })
      .timeout({ seconds: DECODE_SECONDS_MAX })
      .autoOrient()
      .resize(SIDE_MAX, SIDE_MAX, { fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .png({ compressionLevel: 5 })
      .toBuffer({ resolveWithObject: true });
    return { png: data, width: info.width, height: info.height };
  } catch (error) {
    throw notAnImage(name, error);
  } finally {
    decoders.giveBack();
  }
}

/** A small copy for lists. `side` bounds the longest side, in pixels. */
export async function thumbnail(picture: Uint8Array, side: number): Promise<Buffer> {
  return sharp(picture, { limitInputPixels: limits.imagePixelsMax })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 82 })
    .toBuffer();
}

/** Whatever it is as PNG, without metadata. */
export async function toPng(picture: Uint8Array): Promise<Buffer> {
  return sharp(picture, { limitInputPixels: limits.imagePixelsMax }).png().toBuffer();
}

async function readHeader(path: string, name: string): Promise<Metadata> {
  await refuseEmpty(path, name);
  try {
    const metadata = await sharp(path, { limitInputPixels: false }).metadata();
    if (Object.hasOwn(LOADERS, metadata.format ?? "")) return metadata;
  } catch (error) {
    throw notAnImage(name, error);
  }
  throw new ServiceError("NOT_AN_IMAGE", { file: name, problem: UNKNOWN_KIND });
}

async function refuseEmpty(path: string, name: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) throw new ServiceError("NOT_AN_IMAGE", { file: name, problem: "the file is empty" });
  } finally {
    await file.close();
  }
}

/** The decoder's words without the path of our own file in them. */
function notAnImage(name: string, error: unknown): ServiceError {
  const text = error instanceof Error ? error.message : String(error);
  const [line = ""] = text.split("\n");
  const problem = /^Input (file|buffer) (contains unsupported|is missing|has corrupt)/.test(line)
    ? UNKNOWN_KIND
    : /timeout/i.test(line)
      ? "it takes too long to decode"
      : "the file is damaged";
  return new ServiceError("NOT_AN_IMAGE", { file: name, problem });
}
