/**
 * Uniform numbers in [0, 1) with 32 bits from a whole-number seed: splitmix32 (Steele, Lea and Flood 2014, in its 32-bit
 * form). For orders that are recomputed from a seed and never saved.
 */
export function seededRandom(seed: number): () => number {
  // Two rounds over both halves of the seed, so that neighbouring seeds start far apart.
  let state = mix((seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) >>> 0));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

function mix(value: number): number {
  let z = (value + 0x9e3779b9) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** The seed of one epoch's order: a pure function, so that a resumed run recomputes it. */
export const epochSeed = (seed: number, epoch: number): number => mix((mix(seed >>> 0) ^ epoch) >>> 0);

/** A shuffled copy (Fisher–Yates). */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
