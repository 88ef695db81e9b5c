/** What latent consistency models (Luo et al. 2023) are trained and drawn with. */
import type { NoiseSchedule, PredictionType } from "./schedule.ts";

/** Steps of the solver that they are distilled from: they know its timesteps and no others. */
export const LCM_TRAINED_STEPS = 50;
/** Deviation of the data, and how fast the scalings leave the boundary, in timesteps (diffusers: sigma_data, timestep_scaling). */
const SIGMA_DATA = 0.5;
const TIMESTEP_SCALING = 10;

/** The solver's timesteps, rising: 19, 39, … 999 of 1000. */
export function solverTimesteps({ numTrainTimesteps }: NoiseSchedule): number[] {
  const count = Math.min(LCM_TRAINED_STEPS, numTrainTimesteps);
  const stride = Math.floor(numTrainTimesteps / count);
  return Array.from({ length: count }, (_, i) => (i + 1) * stride - 1);
}

/** `steps` of the solver's timesteps, falling, evenly spread from the noisiest on. */
export function consistencyTimesteps(schedule: NoiseSchedule, steps: number): Float64Array {
  const falling = solverTimesteps(schedule).toReversed();
  return Float64Array.from({ length: steps }, (_, i) => falling[Math.floor((i * falling.length) / steps)]!);
}

/** f(x, t) = skip · x + out · x_0(x, t): at t = 0, skip is 1 and out 0, so that what is clean stays as it is. */
export function consistencyScalings(timestep: number): { skip: number; out: number } {
  const scaled = timestep * TIMESTEP_SCALING;
  const squares = scaled ** 2 + SIGMA_DATA ** 2;
  return { skip: SIGMA_DATA ** 2 / squares, out: scaled / Math.sqrt(squares) };
}

/** Coefficients (a, b) of x_0 = a · x_t + b · modelOutput. */
export function cleanCoefficients(predictionType: PredictionType, alphaCumprod: number): [number, number] {
  const [signal, sigma] = [Math.sqrt(alphaCumprod), Math.sqrt(1 - alphaCumprod)];
  if (predictionType === "epsilon") return [1 / signal, -sigma / signal];
  return predictionType === "sample" ? [0, 1] : [signal, -sigma];
}

/** Coefficients (a, b) of ε = a · x_t + b · modelOutput. */
export function noiseCoefficients(predictionType: PredictionType, alphaCumprod: number): [number, number] {
  const [signal, sigma] = [Math.sqrt(alphaCumprod), Math.sqrt(1 - alphaCumprod)];
  if (predictionType === "epsilon") return [0, 1];
  return predictionType === "sample" ? [1 / sigma, -signal / sigma] : [sigma, signal];
}
