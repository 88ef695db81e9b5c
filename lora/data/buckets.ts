import { dataErrors } from "./errors.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface BucketOptions {
  /** Its area is the largest a bucket may have; without buckets it is the size of all pictures. Pixels. */
  readonly resolution: number | Size;
  /** Sides are multiples of this. 64 for Stable Diffusion: 8 of the VAE times 8 of the UNet. */
  readonly step: number;
  /** Shortest and longest side; half and twice the resolution by default (256 and 1024 at 512). */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** False: one bucket of exactly `resolution`. */
  readonly enabled?: boolean | undefined;
}

export interface Bucket<Sample> extends Size {
  readonly samples: readonly Sample[];
}

const sizeOf = (resolution: number | Size): Size =>
  typeof resolution === "number" ? { width: resolution, height: resolution } : resolution;

/**
 * All bucket sizes, as kohya makes them: for each width the tallest height whose area stays within the resolution's,
 * and each size turned. Sorted by width, then height. Errors: BUCKETS_EMPTY.
 */
export function bucketSizes(options: BucketOptions): Size[] {
  const { width, height } = sizeOf(options.resolution);
  if (options.enabled === false) return [{ width, height }];
  const { step } = options;
  const side = Math.sqrt(width * height);
  const min = options.min ?? side / 2;
  const max = options.max ?? side * 2;
  const floor = (value: number): number => Math.floor(value / step) * step;
  const sizes = new Map<string, Size>();
  const add = (size: Size): void => void sizes.set(bucketKey(size), size);

  const square = floor(side);
  if (square >= Math.max(min, step) && square <= max) add({ width: square, height: square });
  for (let across = Math.max(step, Math.ceil(min / step) * step); across <= max; across += step) {
    const down = Math.min(floor(max), floor((width * height) / across));
    if (down < Math.max(min, step)) continue;
    add({ width: across, height: down });
    add({ width: down, height: across });
  }
  if (sizes.size === 0) throw dataErrors.BUCKETS_EMPTY(`${width}×${height}`, min, max, step);
  return [...sizes.values()].toSorted((a, b) => a.width - b.width || a.height - b.height);
}

/**
 * The size whose shape is nearest, so that least is cropped: by the logarithm of width / height, which treats a picture
 * and the same picture turned alike. Of equal shapes the larger wins.
 */
export function nearestBucket(picture: Size, sizes: readonly Size[]): Size {
  const distance = ({ width, height }: Size): number =>
    Math.abs(Math.log((width * picture.height) / (height * picture.width)));
  return sizes.reduce((best, size) => {
    const difference = distance(size) - distance(best);
    const larger = size.width * size.height > best.width * best.height;
    return difference < -1e-9 || (difference < 1e-9 && larger) ? size : best;
  });
}

/** `width`×`height`, the key of the map below. */
export const bucketKey = ({ width, height }: Size): string => `${width}x${height}`;

/** Every picture in its bucket; buckets in the order of `bucketSizes`, empty ones left out. Errors: BUCKETS_EMPTY. */
export function assignBuckets<Sample extends Size>(
  samples: readonly Sample[],
  options: BucketOptions,
): Map<string, Bucket<Sample>> {
  const sizes = bucketSizes(options);
  const members = new Map<Size, Sample[]>(sizes.map((size) => [size, []]));
  for (const sample of samples) members.get(nearestBucket(sample, sizes))!.push(sample);
  const filled = [...members].filter(([, inside]) => inside.length > 0);
  return new Map(filled.map(([size, inside]) => [bucketKey(size), { ...size, samples: inside }]));
}
