/** From logits to the next token, with transformers' processors in transformers' order. */

export interface SamplingOptions {
  /** 0 takes the likeliest token, always. */
  readonly temperature: number;
  /** Only the likeliest this many; 0: all. */
  readonly topK: number;
  /** Only the likeliest whose probabilities add up to this; 1: all. */
  readonly topP: number;
  /** Only those at least this many times as likely as the likeliest; 0: all. */
  readonly minP: number;
  /** Divides what speaks for tokens that were there before (Keskar et al. 2019); 1: off. */
  readonly repetitionPenalty: number;
}
export const SAMPLING_DEFAULTS: SamplingOptions = {
  temperature: 0.8,
  topK: 0,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1.1,
};

export interface WeighedToken {
  readonly id: number;
  readonly probability: number;
}

/** The tokens that may come next, likeliest first, with probabilities that add up to 1. `temperature` must be above 0. */
export function weighTokens(logits: Float32Array, seen: Iterable<number>, options: SamplingOptions): WeighedToken[] {
  const { temperature, topK, topP, minP } = options;
  const scores = penalised(logits, seen, options.repetitionPenalty);
  const most = scores[indexOfLargest(scores)]!;
  let weights = new Float64Array(scores.length);
  // Loops: a vocabulary has tens of thousands of entries, and this runs for each token.
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((scores[i]! - most) / temperature);
  if (topK > 0) weights = onlyLargest(weights, topK);
  let kept = heavierThan(weights, topP < 1 ? ((1 - topP) * sumOf(weights)) / weights.length : 0);
  // Equal ones in the order of their ids, so that a seed means the same everywhere.
  kept.sort((a, b) => b.probability - a.probability || a.id - b.id);
  if (topP < 1) kept = kept.slice(0, countUpTo(kept, topP * sumOf(weights)));
  const least = minP * kept[0]!.probability;
  return renormalised(minP > 0 ? kept.filter(({ probability }) => probability >= least) : kept);
}

/** @param uniform draws from [0, 1); not called where nothing is left to chance */
export function chooseToken(
  logits: Float32Array,
  seen: Iterable<number>,
  options: SamplingOptions,
  uniform: () => number,
): number {
  if (options.temperature === 0) return indexOfLargest(penalised(logits, seen, options.repetitionPenalty));
  const weighed = weighTokens(logits, seen, options);
  let left = uniform();
  for (const { id, probability } of weighed) {
    left -= probability;
    if (left < 0) return id;
  }
  return weighed.at(-1)!.id;
}

function penalised(logits: Float32Array, seen: Iterable<number>, penalty: number): Float32Array {
  if (penalty === 1) return logits;
  const scores = logits.slice();
  for (const id of new Set(seen)) scores[id]! *= scores[id]! < 0 ? penalty : 1 / penalty;
  return scores;
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** All but the `count` largest become 0; of equal ones the first stay. */
function onlyLargest(weights: Float64Array<ArrayBuffer>, count: number): Float64Array<ArrayBuffer> {
  const least = weights.toSorted()[Math.max(0, weights.length - count)]!;
  let equal = count;
  for (let i = 0; i < weights.length; i++) if (weights[i]! > least) equal--;
  return weights.map((weight) => (weight > least || (weight === least && equal-- > 0) ? weight : 0));
}

/**
 * Sorting a whole vocabulary takes longer than the model: tokens below (1 − topP) / V of the sum together do not reach
 * 1 − topP, so none of them is among those that make up topP.
 */
function heavierThan(weights: Float64Array, least: number): WeighedToken[] {
  const tokens: WeighedToken[] = [];
  for (let id = 0; id < weights.length; id++) {
    const probability = weights[id]!;
    if (probability > 0 && probability >= least) tokens.push({ id, probability });
  }
  return tokens;
}

function renormalised(tokens: readonly WeighedToken[]): WeighedToken[] {
  const sum = tokens.reduce((total, { probability }) => total + probability, 0);
  return tokens.map(({ id, probability }) => ({ id, probability: probability / sum }));
}

/** How many of the likeliest it takes to reach `share`. */
function countUpTo(tokens: readonly WeighedToken[], share: number): number {
  let sum = 0;
  const at = tokens.findIndex(({ probability }) => (sum += probability) >= share);
  return at < 0 ? tokens.length : at + 1;
}
