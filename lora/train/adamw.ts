/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter 2019; same order of operations as `torch.optim.AdamW`):
 *   θ ← θ·(1 − lr·wd);  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;
 *   θ ← θ − lr/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + ε)
 */
export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
}
export const ADAMW_DEFAULTS: AdamWOptions = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 };

export interface AdamWState {
  readonly first: Float32Array<ArrayBuffer>;
  readonly second: Float32Array<ArrayBuffer>;
}
export const adamWState = (size: number): AdamWState => ({
  first: new Float32Array(size),
  second: new Float32Array(size),
});

/**
 * One update in place over flat arrays.
 * @param step counts from 1
 * @param from,to the range of parameters this learning rate applies to
 */
export function adamWStep(
  parameters: Float32Array,
  gradients: Float32Array,
  state: AdamWState,
  step: number,
  learningRate: number,
  { betas: [beta1, beta2], epsilon, weightDecay }: AdamWOptions,
  from = 0,
  to = parameters.length,
): void {
  const { first, second } = state;
  const rate = learningRate / (1 - beta1 ** step);
  const rootCorrection = 1 / Math.sqrt(1 - beta2 ** step);
  const keep = 1 - learningRate * weightDecay;
  for (let i = from; i < to; i++) {
    const g = gradients[i]!;
    const m = beta1 * first[i]! + (1 - beta1) * g;
    const v = beta2 * second[i]! + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = parameters[i]! * keep - (rate * m) / (Math.sqrt(v) * rootCorrection + epsilon);
  }
}

/** Euclidean norm of all gradients. */
export function gradientNorm(gradients: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradients.length; i++) sum += gradients[i]! * gradients[i]!;
  return Math.sqrt(sum);
}

/** Scales gradients so that their norm is at most `maxNorm` (as `clip_grad_norm_`); returns the norm before. */
export function clipGradients(gradients: Float32Array, maxNorm: number): number {
  const norm = gradientNorm(gradients);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) for (let i = 0; i < gradients.length; i++) gradients[i]! *= scale;
  return norm;
}
