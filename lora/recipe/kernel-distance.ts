/**
 * The kernel distance between two sets of features (Bińkowski et al. 2018, arXiv:1801.01401): the unbiased estimate of the
 * squared maximum mean discrepancy with k(x, y) = (x·y / d + 1)³. Its mean does not depend on how many pictures there are,
 * as that of the Fréchet distance does; for two samples of the same pictures it lies around 0 and may be negative.
 */

function kernel(x: Float32Array, y: Float32Array): number {
  let product = 0;
  for (let i = 0; i < x.length; i++) product += x[i]! * y[i]!;
  return (product / x.length + 1) ** 3;
}

/** The mean over all ordered pairs of two different members. */
function meanWithin(set: readonly Float32Array[]): number {
  let sum = 0;
  for (let i = 0; i < set.length; i++) for (let j = 0; j < i; j++) sum += kernel(set[i]!, set[j]!);
  return (2 * sum) / (set.length * (set.length - 1));
}

function meanBetween(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0;
  for (const x of a) for (const y of b) sum += kernel(x, y);
  return sum / (a.length * b.length);
}

/** @param a at least two rows of features, all of equal length. @throws RangeError for fewer */
export function kernelDistance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  if (a.length < 2 || b.length < 2)
    throw new RangeError(`kernel distance: expected at least two pictures a side, got ${a.length} and ${b.length}`);
  return meanWithin(a) + meanWithin(b) - 2 * meanBetween(a, b);
}
