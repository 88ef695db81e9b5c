/** How far drawn pictures lie from held-out real ones, as MobileNetV2 sees them. Not the FID as published. */
import { LatentDecoder } from "../data/index.ts";
import { Random } from "../diffusion/index.ts";
import { rgbBytes } from "../generate/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { kernelDistance } from "./kernel-distance.ts";
import type { FeatureReader } from "./mobilenet-features.ts";

const SIDE = 128;
const NOISE_SEED = 9_000_000;
type Pictures = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * The features with a mean square of 1, so that x·y / d in the kernel is the cosine. As they come, a few pictures in a
 * hundred (bark is one) are ten times as long as the rest, and their cubes decide the distance alone.
 */
export function direction(features: Float32Array): Float32Array {
  const length = Math.sqrt(features.reduce((sum, value) => sum + value ** 2, 0) / features.length);
  return length === 0 ? features : features.map((value) => value / length);
}

/** @param pictures RGB bytes [128, 128, 3] each */
async function featuresOf(reader: FeatureReader, pictures: Pictures): Promise<Float32Array[]> {
  const features: Float32Array[] = [];
  for await (const picture of pictures) features.push(direction(await reader.read(picture, SIDE)));
  return features;
}

/** What the decoder makes of noise: what the base draws if its UNet knows nothing. */
export async function* decodedNoise(
  base: StableDiffusion,
  count: number,
  options: SessionOptions,
): AsyncGenerator<Uint8Array> {
  const decoder = await LatentDecoder.open(base, options);
  const side = SIDE / base.factor;
  const dims = [1, base.vae.latentChannels, side, side];
  try {
    for (let index = 0; index < count; index++) {
      const data = new Float32Array(dims.reduce((a, b) => a * b));
      new Random(NOISE_SEED + index).fillNormal(data);
      yield rgbBytes((await decoder.decode({ data, dims })).data);
    }
  } finally {
    await decoder.close();
  }
}

/** The kernel distance of each set from `reference`. */
export async function featureDistances<Name extends string>(
  reader: FeatureReader,
  reference: Pictures,
  sets: Readonly<Record<Name, Pictures>>,
): Promise<Record<Name, number>> {
  const real = await featuresOf(reader, reference);
  const distances: [string, number][] = [];
  for (const [name, pictures] of Object.entries<Pictures>(sets))
    distances.push([name, kernelDistance(await featuresOf(reader, pictures), real)]);
  return Object.fromEntries(distances) as Record<Name, number>;
}
