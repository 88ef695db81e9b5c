/** The numbers of the identity experiment: how alike pictures are, and how much of the way to the real ones a module goes. */

export type Features = Float32Array;

/** a·b / (|a|·|b|) */
export function cosine(a: Features, b: Features): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * Makes features less their mean over `reference`, over their deviation there: all drawn faces share most of what makes
 * them drawn, and without that the cosine tells persons apart (0.98 instead of 0.96 under the curve for the characters of
 * the experiment). What never changes there says nothing and becomes 0.
 */
export function standardising(reference: readonly Features[]): (features: Features) => Features {
  const size = reference[0]!.length;
  const [mean, variance] = [new Float64Array(size), new Float64Array(size)];
  for (const row of reference) row.forEach((value, i) => (mean[i]! += value / reference.length));
  for (const row of reference) row.forEach((value, i) => (variance[i]! += (value - mean[i]!) ** 2 / reference.length));
  return (features) =>
    features.map((value, i) => (variance[i]! > 0 ? (value - mean[i]!) / Math.sqrt(variance[i]!) : 0));
}

/** Mean cosine over all pairs of one of `some` and one of `others`; NaN without pairs. */
export function meanSimilarity(some: readonly Features[], others: readonly Features[]): number {
  let sum = 0;
  for (const a of some) for (const b of others) sum += cosine(a, b);
  return sum / (some.length * others.length);
}

/**
 * How well a score tells pairs of the same from pairs of different ones: the chance that one of `same` is above one of
 * `different`, ties counted half. 1 tells always, ½ never.
 */
export function areaUnderCurve(same: readonly number[], different: readonly number[]): number {
  const sorted = [...different].sort((a, b) => a - b);
  const countBelow = (value: number, orEqual: boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = same.reduce((sum, value) => sum + (countBelow(value, false) + countBelow(value, true)) / 2, 0);
  return wins / (same.length * different.length);
}

/** Cosines of all pairs within each group, and of all pairs of two groups. */
export function pairSimilarities(groups: readonly (readonly Features[])[]): { same: number[]; different: number[] } {
  const all = groups.flatMap((rows, group) => rows.map((features) => ({ group, features })));
  const [same, different]: [number[], number[]] = [[], []];
  for (const [i, a] of all.entries())
    for (const b of all.slice(0, i)) (a.group === b.group ? same : different).push(cosine(a.features, b.features));
  return { same, different };
}

/** Similarities to the pictures that a module learned from. */
export interface Similarities {
  /** Of what the base draws with the module. */
  readonly trained: number;
  /** Of what the base draws without it. */
  readonly base: number;
  /** Of real pictures that the module never saw. */
  readonly real: number;
}

/** Share of the way from base to real that the module went: (trained − base) / (real − base); NaN where there is no way. */
export function gapClosed({ trained, base, real }: Similarities): number {
  return real > base ? (trained - base) / (real - base) : Number.NaN;
}

/** Mean of each, so that the mean gap is a quotient of means and no single small gap rules it. */
export function meanSimilarities(rows: readonly Similarities[]): Similarities {
  const mean = (name: keyof Similarities): number => rows.reduce((sum, row) => sum + row[name], 0) / rows.length;
  return { trained: mean("trained"), base: mean("base"), real: mean("real") };
}

/** Index of the group whose mean similarity to the picture is largest. */
export function nearestGroup(features: Features, groups: readonly (readonly Features[])[]): number {
  const scores = groups.map((group) => meanSimilarity([features], group));
  return scores.indexOf(Math.max(...scores));
}
