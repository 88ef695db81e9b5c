import type { Bucket, Size } from "./buckets.ts";
import { seededRandom, shuffled } from "./random.ts";

/** Pictures of one size that go through the model together; the last batch of a bucket may be smaller. */
export interface Batch<Sample> extends Size {
  readonly samples: readonly Sample[];
}

/**
 * The batches of one epoch: every picture `repeats` times, mixed within its bucket, the batches of all buckets mixed.
 * A pure function of its arguments: a resumed run recomputes the order and goes on at the batch it had reached.
 * @param epochSeed from `epochSeed(seed, epoch)`
 */
export function epochBatches<Sample extends { readonly repeats: number }>(
  buckets: ReadonlyMap<string, Bucket<Sample>>,
  batchSize: number,
  epochSeed: number,
): Batch<Sample>[] {
  const random = seededRandom(epochSeed);
  const batches: Batch<Sample>[] = [];
  for (const { width, height, samples } of buckets.values()) {
    const shown = shuffled(repeated(samples), random);
    for (let start = 0; start < shown.length; start += batchSize) {
      batches.push({ width, height, samples: shown.slice(start, start + batchSize) });
    }
  }
  return shuffled(batches, random);
}

const repeated = <Sample extends { readonly repeats: number }>(samples: readonly Sample[]): Sample[] =>
  samples.flatMap((sample) => new Array<Sample>(sample.repeats).fill(sample));

/** Batches in every epoch, which is the same for each. */
export function batchesPerEpoch<Sample extends { readonly repeats: number }>(
  buckets: ReadonlyMap<string, Bucket<Sample>>,
  batchSize: number,
): number {
  let count = 0;
  for (const { samples } of buckets.values()) {
    count += Math.ceil(samples.reduce((sum, { repeats }) => sum + repeats, 0) / batchSize);
  }
  return count;
}

/**
 * Holds pictures back to measure the loss on. The choice depends on the seed alone; at least one picture stays on
 * each side if there are two.
 * @param split a share below 1, or a number of pictures
 */
export function splitValidation<Sample>(
  samples: readonly Sample[],
  split: number,
  seed: number,
): { train: Sample[]; validation: Sample[] } {
  const wanted = split < 1 ? Math.round(samples.length * split) : split;
  const count = split === 0 ? 0 : Math.min(Math.max(1, wanted), samples.length - 1);
  const held = new Set(shuffled([...samples.keys()], seededRandom(seed)).slice(0, Math.max(0, count)));
  return {
    train: samples.filter((_, index) => !held.has(index)),
    validation: samples.filter((_, index) => held.has(index)),
  };
}

/**
 * Repeats of the class pictures so that an epoch shows about as many of them as of the subject (prior preservation).
 * With more class pictures than that, each is shown once.
 */
export function balanceClassSamples<Sample extends { readonly repeats: number }>(
  samples: readonly Sample[],
  classSamples: readonly Sample[],
): Sample[] {
  const shown = samples.reduce((sum, { repeats }) => sum + repeats, 0);
  const repeats = Math.max(1, Math.round(shown / Math.max(1, classSamples.length)));
  return classSamples.map((sample) => ({ ...sample, repeats }));
}
