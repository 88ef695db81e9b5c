import type { NoiseSchedule, TimestepSpacing } from "./schedule.ts";

/** The smallest positive half: with no signal left at all, sigma would be infinite. */
const ALPHA_CUMPROD_MIN = 2 ** -24;

/** sigma_t = √((1 − ᾱ_t) / ᾱ_t) of every training timestep, rising. */
export function sigmasOf(schedule: NoiseSchedule): Float64Array {
  return schedule.alphasCumprod.map((alpha) => {
    const signal = Math.max(alpha, ALPHA_CUMPROD_MIN);
    return Math.sqrt((1 - signal) / signal);
  });
}

/**
 * `steps` timesteps, falling (Lin et al. 2023, table 2). `fractional` keeps "linspace" unrounded (Euler); `endpoint: false`
 * divides the range by one step more and leaves the lowest out (DPM-Solver), except for "trailing".
 */
export function spacedTimesteps(
  schedule: NoiseSchedule,
  spacing: TimestepSpacing,
  steps: number,
  { fractional = false, endpoint = true }: { fractional?: boolean; endpoint?: boolean } = {},
): Float64Array {
  const last = schedule.numTrainTimesteps - 1;
  const count = endpoint ? steps : steps + 1;
  const stride = Math.floor(schedule.numTrainTimesteps / count);
  // With nearly as many steps as timesteps the offset would lead outside the schedule.
  const offset = Math.min(schedule.stepsOffset, last - (count - 1) * stride);
  const table: Record<TimestepSpacing, (i: number) => number> = {
    // A single step starts from the noisiest timestep; diffusers takes the cleanest, which draws nothing.
    linspace: (i) => {
      const timestep = count === 1 ? last : (count - 1 - i) * (last / (count - 1));
      return fractional ? timestep : roundHalfEven(timestep);
    },
    leading: (i) => (count - 1 - i) * stride + offset,
    trailing: (i) => roundHalfEven(schedule.numTrainTimesteps - i * (schedule.numTrainTimesteps / steps)) - 1,
  };
  return Float64Array.from({ length: steps }, (_, i) => table[spacing](i));
}

/** NumPy's rounding: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** table[position], linear between entries, constant outside. */
export function interpolate(table: Float64Array, position: number): number {
  const clamped = Math.min(Math.max(position, 0), table.length - 1);
  const low = Math.min(Math.floor(clamped), table.length - 2);
  return table[low]! + (clamped - low) * (table[low + 1]! - table[low]!);
}

/** Karras et al. 2022, eq. 5, rho 7: `steps` sigmas from `sigmaMax` down to `sigmaMin`. */
export function karrasSigmas(sigmaMin: number, sigmaMax: number, steps: number): Float64Array {
  const rho = 7;
  const top = sigmaMax ** (1 / rho);
  const bottom = sigmaMin ** (1 / rho);
  return Float64Array.from({ length: steps }, (_, i) => {
    const ramp = steps === 1 ? 0 : i / (steps - 1);
    return (top + ramp * (bottom - top)) ** rho;
  });
}

/** The fractional timestep whose sigma is `sigma`, linear in log sigma. */
export function sigmaToTimestep(trained: Float64Array, sigma: number): number {
  let low = 0;
  let high = trained.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (trained[middle]! <= sigma) low = middle;
    else high = middle;
  }
  const [logLow, logHigh] = [Math.log(trained[low]!), Math.log(trained[high]!)];
  const weight = (Math.log(Math.max(sigma, 1e-10)) - logLow) / (logHigh - logLow);
  return low + Math.min(Math.max(weight, 0), 1);
}
