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

interface Candidate {
  readonly id: number;
  readonly logit: number;
}
export interface WeighedToken {
  readonly id: number;
  readonly probability: number;
}

/** The tokens that may come next, likeliest first, with probabilities that add up to 1. `temperature` must be above 0. */
export function weighTokens(logits: Float32Array, seen: Iterable<number>, options: SamplingOptions): WeighedToken[] {
  const { temperature, topK, topP, minP } = options;
  const scores = penalised(logits, seen, options.repetitionPenalty);
  const sorted = Array.from(scores, (logit, id): Candidate => ({ id, logit: logit / temperature }));
  // Equal logits in the order of their ids, so that a seed means the same everywhere.
  sorted.sort((a, b) => b.logit - a.logit || a.id - b.id);
  let kept = softmax(topK > 0 ? sorted.slice(0, topK) : sorted);
  if (topP < 1) kept = renormalised(kept.slice(0, countUpTo(kept, topP)));
  const least = minP * kept[0]!.probability;
  return minP > 0 ? renormalised(kept.filter(({ probability }) => probability >= least)) : kept;
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

function softmax(candidates: readonly Candidate[]): WeighedToken[] {
  const most = candidates[0]!.logit;
  return renormalised(candidates.map(({ id, logit }) => ({ id, probability: Math.exp(logit - most) })));
}

function renormalised(tokens: readonly WeighedToken[]): WeighedToken[] {
  const sum = tokens.reduce((total, { probability }) => total + probability, 0);
  return tokens.map(({ id, probability }) => ({ id, probability: probability / sum }));
}

/** How many of the likeliest it takes to reach a share of `topP`. */
function countUpTo(tokens: readonly WeighedToken[], topP: number): number {
  let sum = 0;
  const at = tokens.findIndex(({ probability }) => (sum += probability) >= topP);
  return at < 0 ? tokens.length : at + 1;
}
