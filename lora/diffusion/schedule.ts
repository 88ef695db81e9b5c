import { diffusionErrors } from "./errors.ts";

export type PredictionType = "epsilon" | "v_prediction" | "sample";
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2";
export type TimestepSpacing = "leading" | "linspace" | "trailing";

const predictionTypes: readonly PredictionType[] = ["epsilon", "v_prediction", "sample"];
const betaSchedules: readonly BetaSchedule[] = ["linear", "scaled_linear", "squaredcos_cap_v2"];
const timestepSpacings: readonly TimestepSpacing[] = ["leading", "linspace", "trailing"];

/** A schedule of a million steps is no schedule; the limit keeps a hostile file from asking for the memory. */
const TRAIN_TIMESTEPS_MAX = 100_000;

/** The fields we read of a diffusers `scheduler_config.json`, under its own names. Absent fields take `stableDiffusion1`. */
export interface ScheduleConfig {
  readonly beta_start?: number;
  readonly beta_end?: number;
  readonly beta_schedule?: BetaSchedule;
  readonly trained_betas?: readonly number[] | null;
  readonly num_train_timesteps?: number;
  readonly prediction_type?: PredictionType;
  readonly steps_offset?: number;
  readonly timestep_spacing?: TimestepSpacing;
  readonly set_alpha_to_one?: boolean;
  readonly rescale_betas_zero_snr?: boolean;
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
}

/** What Stable Diffusion 1.x was trained with; a single-file checkpoint carries no scheduler file. */
export const stableDiffusion1: ScheduleConfig = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  num_train_timesteps: 1000,
  prediction_type: "epsilon",
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

/** Stable Diffusion 2.x at 768 pixels: the same noise, v-prediction. */
export const stableDiffusion2: ScheduleConfig = { ...stableDiffusion1, prediction_type: "v_prediction" };

/**
 * The forward process q(x_t | x_0) = N(√ᾱ_t · x_0, (1 − ᾱ_t) · I) of Ho et al. 2020, eq. 4, in float64.
 * Arrays are flat float32 of any shape; `timestep` is a whole number in [0, numTrainTimesteps).
 */
export class NoiseSchedule {
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  readonly stepsOffset: number;
  /** Absent: each sampler's own default, as in diffusers. */
  readonly timestepSpacing: TimestepSpacing | undefined;
  readonly rescaleBetasZeroSnr: boolean;
  /** Predicted x_0 is clamped to ± this; absent for latents. */
  readonly clipSampleRange: number | undefined;
  /** ᾱ_t, [numTrainTimesteps]. */
  readonly alphasCumprod: Float64Array;
  /** ᾱ before the first step: 1, or ᾱ_0 (`set_alpha_to_one: false`). */
  readonly finalAlphaCumprod: number;

  /** @throws SCHEDULE_FIELD, SCHEDULE_UNSUPPORTED; `where` names the file in the message. */
  constructor(config: ScheduleConfig = stableDiffusion1, where = "scheduler_config.json") {
    const merged = validateConfig({ ...stableDiffusion1, ...withoutUndefined(config) }, where);
    this.numTrainTimesteps = merged.trained_betas?.length ?? merged.num_train_timesteps;
    this.predictionType = merged.prediction_type;
    this.stepsOffset = merged.steps_offset;
    this.timestepSpacing = merged.timestep_spacing;
    this.rescaleBetasZeroSnr = merged.rescale_betas_zero_snr === true;
    this.clipSampleRange = merged.clip_sample ? (merged.clip_sample_range ?? 1) : undefined;
    const alphas = cumulativeAlphas(betasOf(merged));
    this.alphasCumprod = this.rescaleBetasZeroSnr ? rescaleZeroTerminalSnr(alphas) : alphas;
    this.finalAlphaCumprod = merged.set_alpha_to_one ? 1 : this.alphasCumprod[0]!;
  }

  /** ᾱ_t; timesteps outside the schedule are a programmer error. */
  alphaCumprod(timestep: number): number {
    const alpha = this.alphasCumprod[timestep];
    if (alpha === undefined) throw new RangeError(`timestep ${timestep} outside 0..${this.numTrainTimesteps - 1}`);
    return alpha;
  }

  /** x_t = √ᾱ · x_0 + √(1 − ᾱ) · noise. */
  addNoise(x0: Float32Array, noise: Float32Array, timestep: number, out?: Float32Array): Float32Array {
    const alpha = this.alphaCumprod(timestep);
    return combine(Math.sqrt(alpha), x0, Math.sqrt(1 - alpha), noise, out);
  }

  /** v = √ᾱ · noise − √(1 − ᾱ) · x_0 (Salimans & Ho 2022). */
  velocity(x0: Float32Array, noise: Float32Array, timestep: number, out?: Float32Array): Float32Array {
    const alpha = this.alphaCumprod(timestep);
    return combine(Math.sqrt(alpha), noise, -Math.sqrt(1 - alpha), x0, out);
  }

  /** What the model is trained to return at `timestep`. */
  target(
    x0: Float32Array,
    noise: Float32Array,
    timestep: number,
    predictionType: PredictionType = this.predictionType,
  ): Float32Array {
    if (predictionType === "epsilon") return noise;
    if (predictionType === "sample") return x0;
    return this.velocity(x0, noise, timestep);
  }

  /** Signal to noise: ᾱ / (1 − ᾱ). */
  signalToNoise(timestep: number): number {
    const alpha = this.alphaCumprod(timestep);
    return alpha / (1 - alpha);
  }

  /**
   * Min-SNR-γ loss weight (Hang et al. 2023, eq. 8): min(SNR, γ) in x_0 space, divided by SNR for ε and by SNR + 1 for v.
   * At SNR = 0 the ε weight takes its limit, 1.
   */
  minSnrWeight(timestep: number, gamma: number, predictionType: PredictionType = this.predictionType): number {
    const snr = this.signalToNoise(timestep);
    const clipped = Math.min(snr, gamma);
    if (predictionType === "sample") return clipped;
    if (predictionType === "v_prediction") return clipped / (snr + 1);
    return snr <= gamma ? 1 : gamma / snr;
  }
}

/** a · x + b · y, elementwise. */
function combine(
  a: number,
  x: Float32Array,
  b: number,
  y: Float32Array,
  out: Float32Array = new Float32Array(x.length),
): Float32Array {
  if (x.length !== y.length || out.length !== x.length) throw new RangeError("addNoise: array lengths differ");
  for (let i = 0; i < out.length; i++) out[i] = a * x[i]! + b * y[i]!;
  return out;
}

type ValidConfig = ScheduleConfig &
  Required<
    Pick<
      ScheduleConfig,
      "beta_start" | "beta_end" | "beta_schedule" | "num_train_timesteps" | "prediction_type" | "steps_offset"
    >
  >;

function withoutUndefined(config: ScheduleConfig): ScheduleConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== null));
}

function validateConfig(config: ScheduleConfig, where: string): ValidConfig {
  const fields = config as Record<string, unknown>;
  const check = (field: string, valid: (value: never) => boolean, expected: string) => {
    if (!valid(fields[field] as never)) {
      throw diffusionErrors.SCHEDULE_FIELD(where, field, expected, JSON.stringify(fields[field]) ?? "nothing");
    }
  };
  const oneOf = (field: string, allowed: readonly string[]) =>
    check(field, (value: string) => allowed.includes(value), allowed.join(" or "));
  const isBeta = (value: unknown) => typeof value === "number" && value >= 0 && value < 1;
  const isFlag = (value: unknown) => value === undefined || typeof value === "boolean";
  check("beta_start", isBeta, "a number in [0, 1)");
  check("beta_end", isBeta, "a number in [0, 1)");
  oneOf("beta_schedule", betaSchedules);
  oneOf("prediction_type", predictionTypes);
  if (config.timestep_spacing !== undefined) oneOf("timestep_spacing", timestepSpacings);
  check(
    "num_train_timesteps",
    (value: number) => Number.isInteger(value) && value >= 2 && value <= TRAIN_TIMESTEPS_MAX,
    `a whole number from 2 to ${TRAIN_TIMESTEPS_MAX}`,
  );
  check("steps_offset", (value: number) => Number.isInteger(value) && value >= 0 && value < 1000, "0 to 999");
  for (const field of ["set_alpha_to_one", "rescale_betas_zero_snr", "clip_sample"]) check(field, isFlag, "a boolean");
  check(
    "clip_sample_range",
    (value: unknown) => value === undefined || (typeof value === "number" && value > 0),
    "a positive number",
  );
  check(
    "trained_betas",
    (value: unknown) =>
      value === undefined ||
      (Array.isArray(value) && value.length >= 2 && value.length <= TRAIN_TIMESTEPS_MAX && value.every(isBeta)),
    "an array of numbers in [0, 1)",
  );
  if (fields["thresholding"] === true) throw diffusionErrors.SCHEDULE_UNSUPPORTED(where, "thresholding", "true");
  return config as ValidConfig;
}

function betasOf(config: ValidConfig): Float64Array {
  if (config.trained_betas) return Float64Array.from(config.trained_betas);
  const { beta_start: start, beta_end: end, num_train_timesteps: count } = config;
  const table: Record<BetaSchedule, (i: number) => number> = {
    linear: (i) => start + ((end - start) * i) / (count - 1),
    scaled_linear: (i) => (Math.sqrt(start) + ((Math.sqrt(end) - Math.sqrt(start)) * i) / (count - 1)) ** 2,
    squaredcos_cap_v2: (i) => Math.min(1 - cosineAlphaBar((i + 1) / count) / cosineAlphaBar(i / count), 0.999),
  };
  return Float64Array.from({ length: count }, (_, i) => table[config.beta_schedule](i));
}

/** Nichol & Dhariwal 2021, eq. 17. */
function cosineAlphaBar(t: number): number {
  return Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
}

function cumulativeAlphas(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => (product *= 1 - beta));
}

/** Lin et al. 2023, algorithm 1: shift √ᾱ so that the last is 0, scale so that the first stays. */
function rescaleZeroTerminalSnr(alphasCumprod: Float64Array): Float64Array {
  const first = Math.sqrt(alphasCumprod[0]!);
  const last = Math.sqrt(alphasCumprod.at(-1)!);
  return alphasCumprod.map((alpha) => (((Math.sqrt(alpha) - last) * first) / (first - last)) ** 2);
}
