/** Warm-up over the first 100 steps, then a cosine down to 2 % of the peak. */
export function learningRateAt(step: number, steps: number, peak: number): number {
  const warm = Math.min(1, (step + 1) / 100);
  return peak * warm * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
}
