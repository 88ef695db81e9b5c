import { diffusionErrors } from "./errors.ts";
import type { NoiseSchedule, TimestepSpacing } from "./schedule.ts";
import { cleanCoefficients, consistencyScalings, consistencyTimesteps, LCM_TRAINED_STEPS } from "./consistency.ts";
import { interpolate, karrasSigmas, sigmasOf, sigmaToTimestep, spacedTimesteps } from "./timesteps.ts";

export type SamplerId = "ddim" | "euler" | "euler-a" | "dpmpp-2m" | "lcm";

/**
 * One denoising run. `x` is flat float32 latents, any number of rows. For each i in 0 … timesteps.length − 1, in order:
 * model(scaleInput(x, i), timesteps[i]) → modelOutput, then x = step(x, modelOutput, i). The start is
 * N(0, 1) · initNoiseSigma. A sampler serves one run: multistep ones remember the step before.
 */
export interface Sampler {
  readonly id: SamplerId;
  /** As WebUI spells it, for the generation info. */
  readonly label: string;
  /** What the model is told, [steps]; fractional for Euler with "linspace" spacing. */
  readonly timesteps: Float64Array;
  readonly initNoiseSigma: number;
  scaleInput(x: Float32Array, i: number): Float32Array;
  step(x: Float32Array, modelOutput: Float32Array, i: number): Float32Array;
}

export interface SamplerOptions {
  /** Fresh N(0, 1) values of the latents' length, asked for once in each step that adds noise (Euler a, LCM, DDIM with eta). */
  readonly noise?: (length: number) => Float32Array;
  /** DDIM only: 0 deterministic, 1 as noisy as DDPM. */
  readonly eta?: number;
  /** Sigmas of Karras et al. 2022; also by name ("DPM++ 2M Karras"). Euler and DPM++ 2M. */
  readonly karras?: boolean;
}

interface SamplerKind {
  readonly label: string;
  /** diffusers' default where the base's scheduler file names none. */
  readonly spacing: TimestepSpacing;
  readonly allowsKarras: boolean;
  /** How its models like to be drawn with, where that is not as all the others. */
  readonly defaults?: { readonly steps: number; readonly guidanceScale: number };
  readonly stepsMax?: number;
  readonly create: (id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions) => Sampler;
}

/** To add a sampler: a row here and, for another spelling of its name, a row in `spellings`. */
const kinds: Record<SamplerId, SamplerKind> = {
  ddim: { label: "DDIM", spacing: "leading", allowsKarras: false, create: createDdim },
  euler: { label: "Euler", spacing: "linspace", allowsKarras: true, create: createEuler },
  "euler-a": { label: "Euler a", spacing: "linspace", allowsKarras: false, create: createEulerAncestral },
  "dpmpp-2m": { label: "DPM++ 2M", spacing: "linspace", allowsKarras: true, create: createDpmpp2m },
  lcm: {
    label: "LCM",
    spacing: "linspace",
    allowsKarras: false,
    // Guidance is distilled into the module.
    defaults: { steps: 4, guidanceScale: 1 },
    stepsMax: LCM_TRAINED_STEPS,
    create: createLcm,
  },
};

const spellings: ReadonlyMap<string, SamplerId> = new Map<string, SamplerId>([
  ["euler ancestral", "euler-a"],
  ["k euler", "euler"],
  ["k euler a", "euler-a"],
  ["k dpmpp 2m", "dpmpp-2m"],
  ["dpm++ 2m", "dpmpp-2m"],
  ["dpmpp 2m", "dpmpp-2m"],
]);

export const samplerIds = Object.keys(kinds) as SamplerId[];

/** A name as WebUI or we spell it, in any case → id. @throws SAMPLER_UNKNOWN */
export function parseSamplerName(name: string): { id: SamplerId; karras: boolean } {
  const words = name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, " ");
  const karras = words.endsWith(" karras");
  const plain = karras ? words.slice(0, -" karras".length) : words;
  const id = samplerIds.find((known) => known.replace("-", " ") === plain) ?? spellings.get(plain);
  if (id === undefined || (karras && !kinds[id].allowsKarras)) {
    throw diffusionErrors.SAMPLER_UNKNOWN(name, samplerNames().join(", "));
  }
  return { id, karras };
}

/** Steps and guidance scale that a sampler is made for; empty where it leaves them to the base. @throws SAMPLER_UNKNOWN */
export const samplerDefaults = (name: string): { readonly steps?: number; readonly guidanceScale?: number } =>
  kinds[parseSamplerName(name).id].defaults ?? {};

/** Every name a user may choose, as WebUI spells it. */
export function samplerNames(): string[] {
  return samplerIds.flatMap((id) => {
    const { label, allowsKarras } = kinds[id];
    return allowsKarras ? [label, `${label} Karras`] : [label];
  });
}

/** @throws SAMPLER_UNKNOWN, SAMPLER_STEPS, GUIDANCE_RANGE (eta), SCHEDULE_FIELD (ε at zero signal) */
export function createSampler(
  name: string,
  schedule: NoiseSchedule,
  steps: number,
  options: SamplerOptions = {},
): Sampler {
  const { id, karras } = parseSamplerName(name);
  const { allowsKarras, create, stepsMax = Infinity } = kinds[id];
  if (options.karras && !allowsKarras) {
    throw diffusionErrors.SAMPLER_UNKNOWN(`${name} with karras`, samplerNames().join(", "));
  }
  const mostSteps = Math.min(schedule.numTrainTimesteps - 1, stepsMax);
  if (!Number.isInteger(steps) || steps < 1 || steps > mostSteps) {
    throw diffusionErrors.SAMPLER_STEPS(steps, mostSteps);
  }
  const eta = options.eta ?? 0;
  if (!(eta >= 0 && eta <= 1)) throw diffusionErrors.GUIDANCE_RANGE("eta", "a number from 0 to 1", eta);
  return create(id, schedule, steps, { ...options, karras: karras || options.karras === true });
}

const same = (x: Float32Array): Float32Array => x;

function drawNoise(options: SamplerOptions, length: number): Float32Array {
  const noise = options.noise?.(length);
  if (noise?.length !== length) throw new RangeError(`noise: expected ${length} values, got ${noise?.length}`);
  return noise;
}

function spacingOf(id: SamplerId, schedule: NoiseSchedule): TimestepSpacing {
  return schedule.timestepSpacing ?? kinds[id].spacing;
}

/** Song et al. 2021, eq. 12 and 16. */
function createDdim(id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions): Sampler {
  const { predictionType, clipSampleRange: clip = Infinity } = schedule;
  const timesteps = spacedTimesteps(schedule, spacingOf(id, schedule), steps);
  const stride = Math.floor(schedule.numTrainTimesteps / steps);
  if (predictionType === "epsilon" && timesteps.some((timestep) => schedule.alphaCumprod(timestep) === 0)) {
    const expected = "v_prediction or sample, because the noisiest step holds no signal (rescale_betas_zero_snr)";
    throw diffusionErrors.SCHEDULE_FIELD("DDIM", "prediction_type", expected, predictionType);
  }
  return {
    id,
    label: kinds[id].label,
    timesteps,
    initNoiseSigma: 1,
    scaleInput: same,
    step(x, modelOutput, i) {
      const timestep = timesteps[i]!;
      const alpha = schedule.alphaCumprod(timestep);
      const previous = timestep - stride;
      const alphaPrevious = previous >= 0 ? schedule.alphaCumprod(previous) : schedule.finalAlphaCumprod;
      const variance = ((1 - alphaPrevious) / (1 - alpha)) * (1 - alpha / alphaPrevious);
      const deviation = (options.eta ?? 0) * Math.sqrt(Math.max(variance, 0));
      const noise = deviation > 0 ? drawNoise(options, x.length) : undefined;
      const signal = Math.sqrt(alpha);
      const sigma = Math.sqrt(1 - alpha);
      const signalPrevious = Math.sqrt(alphaPrevious);
      const direction = Math.sqrt(Math.max(1 - alphaPrevious - deviation ** 2, 0));
      const next = new Float32Array(x.length);
      for (let k = 0; k < x.length; k++) {
        const input = x[k]!;
        const output = modelOutput[k]!;
        let x0 = output;
        let epsilon = output;
        if (predictionType === "epsilon") x0 = (input - sigma * output) / signal;
        else if (predictionType === "sample") epsilon = (input - signal * output) / sigma;
        else {
          x0 = signal * input - sigma * output;
          epsilon = signal * output + sigma * input;
        }
        x0 = Math.min(Math.max(x0, -clip), clip);
        next[k] = signalPrevious * x0 + direction * epsilon + (noise ? deviation * noise[k]! : 0);
      }
      return next;
    },
  };
}

/**
 * Coefficients (a, b) of x_0 = a · x + b · modelOutput, where x = x_0 + sigma · noise and the model saw x / √(sigma² + 1).
 */
function denoisedCoefficients(schedule: NoiseSchedule, sigma: number): [number, number] {
  if (schedule.predictionType === "epsilon") return [1, -sigma];
  if (schedule.predictionType === "sample") return [0, 1];
  return [1 / (sigma ** 2 + 1), -sigma / Math.sqrt(sigma ** 2 + 1)];
}

/** What Euler and Euler a share: sigmas at the spaced timesteps, then 0, and the scaled model input. */
function eulerGrid(id: SamplerId, schedule: NoiseSchedule, steps: number, karras: boolean) {
  const spacing = spacingOf(id, schedule);
  const trained = sigmasOf(schedule);
  // Fractional timesteps reach the model as float32.
  let timesteps: Float64Array = spacedTimesteps(schedule, spacing, steps, { fractional: true }).map(Math.fround);
  let sigmas: Float64Array = timesteps.map((timestep) => interpolate(trained, timestep));
  if (karras) {
    sigmas = karrasSigmas(sigmas.at(-1)!, sigmas[0]!, steps);
    timesteps = sigmas.map((sigma) => sigmaToTimestep(trained, sigma));
  }
  const sigmaMax = Math.max(...sigmas);
  return {
    timesteps,
    sigmas: Float64Array.from([...sigmas, 0]),
    initNoiseSigma: spacing === "leading" ? Math.sqrt(sigmaMax ** 2 + 1) : sigmaMax,
    scaleInput: (x: Float32Array, i: number): Float32Array => {
      const scale = 1 / Math.sqrt(sigmas[i]! ** 2 + 1);
      return x.map((value) => value * scale);
    },
  };
}

/** Karras et al. 2022, algorithm 1, without churn. */
function createEuler(id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions): Sampler {
  const { timesteps, sigmas, initNoiseSigma, scaleInput } = eulerGrid(id, schedule, steps, options.karras === true);
  return {
    id,
    label: labelOf(id, options),
    timesteps,
    initNoiseSigma,
    scaleInput,
    step(x, modelOutput, i) {
      const sigma = sigmas[i]!;
      const [a, b] = denoisedCoefficients(schedule, sigma);
      // x + (x − x_0) / sigma · (sigmaNext − sigma)
      const ratio = (sigmas[i + 1]! - sigma) / sigma;
      const [onX, onOutput] = [1 + ratio * (1 - a), -ratio * b];
      return x.map((value, k) => onX * value + onOutput * modelOutput[k]!);
    },
  };
}

/** Euler to sigmaDown, then noise back up to the next sigma (k-diffusion's ancestral step, eta 1). */
function createEulerAncestral(id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions): Sampler {
  const { timesteps, sigmas, initNoiseSigma, scaleInput } = eulerGrid(id, schedule, steps, false);
  return {
    id,
    label: labelOf(id, options),
    timesteps,
    initNoiseSigma,
    scaleInput,
    step(x, modelOutput, i) {
      const sigma = sigmas[i]!;
      const sigmaNext = sigmas[i + 1]!;
      const sigmaUp = Math.sqrt(Math.max((sigmaNext ** 2 * (sigma ** 2 - sigmaNext ** 2)) / sigma ** 2, 0));
      const sigmaDown = Math.sqrt(sigmaNext ** 2 - sigmaUp ** 2);
      const noise = sigmaUp > 0 ? drawNoise(options, x.length) : undefined;
      const [a, b] = denoisedCoefficients(schedule, sigma);
      const ratio = (sigmaDown - sigma) / sigma;
      const [onX, onOutput] = [1 + ratio * (1 - a), -ratio * b];
      return x.map((value, k) => onX * value + onOutput * modelOutput[k]! + (noise ? sigmaUp * noise[k]! : 0));
    },
  };
}

/** DPM-Solver++(2M), midpoint: Lu et al. 2022, algorithm 2; the first and the last step are first order. */
function createDpmpp2m(id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions): Sampler {
  const trained = sigmasOf(schedule);
  let timesteps = spacedTimesteps(schedule, spacingOf(id, schedule), steps, { endpoint: false });
  let noiseLevels: Float64Array = timesteps.map((timestep) => interpolate(trained, timestep));
  if (options.karras) {
    noiseLevels = karrasSigmas(trained[0]!, trained.at(-1)!, steps);
    timesteps = noiseLevels.map((sigma) => Math.round(sigmaToTimestep(trained, sigma)));
  }
  const sigmas = Float64Array.from([...noiseLevels, 0]);
  const lambda = (i: number) => -Math.log(sigmas[i]!);
  let previous: { denoised: Float32Array; i: number } | undefined;
  return {
    id,
    label: labelOf(id, options),
    timesteps,
    initNoiseSigma: 1,
    scaleInput: same,
    step(x, modelOutput, i) {
      const sigma = sigmas[i]!;
      const sigmaNext = sigmas[i + 1]!;
      const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
      const alphaNext = 1 / Math.sqrt(sigmaNext ** 2 + 1);
      // In x / alpha, sigma and the model input are those of the Euler samplers.
      const [a, b] = denoisedCoefficients(schedule, sigma);
      const denoised = x.map((value, k) => (a / alpha) * value + b * modelOutput[k]!);
      // exp(−h) with h = lambda(i + 1) − lambda(i)
      const decay = sigmaNext / sigma;
      const onX = (sigmaNext * alphaNext) / (sigma * alpha);
      const gain = alphaNext * (1 - decay);
      const before = previous;
      previous = { denoised, i };
      if (i === timesteps.length - 1 || before?.i !== i - 1) {
        return x.map((value, k) => onX * value + gain * denoised[k]!);
      }
      const slope = (lambda(i + 1) - lambda(i)) / (lambda(i) - lambda(i - 1)) / 2;
      return x.map((value, k) => {
        const current = denoised[k]!;
        return onX * value + gain * (current + slope * (current - before.denoised[k]!));
      });
    },
  };
}

/** Multistep consistency sampling: Luo et al. 2023 (LCM), algorithm 3. Each step sees through to x_0 and noises it again. */
function createLcm(id: SamplerId, schedule: NoiseSchedule, steps: number, options: SamplerOptions): Sampler {
  const { predictionType, clipSampleRange: clip = Infinity } = schedule;
  const timesteps = consistencyTimesteps(schedule, steps);
  return {
    id,
    label: kinds[id].label,
    timesteps,
    initNoiseSigma: 1,
    scaleInput: same,
    step(x, modelOutput, i) {
      const [a, b] = cleanCoefficients(predictionType, schedule.alphaCumprod(timesteps[i]!));
      const { skip, out } = consistencyScalings(timesteps[i]!);
      const clean = x.map(
        (value, k) => out * Math.min(Math.max(a * value + b * modelOutput[k]!, -clip), clip) + skip * value,
      );
      if (i === timesteps.length - 1) return clean;
      return schedule.addNoise(clean, drawNoise(options, x.length), timesteps[i + 1]!);
    },
  };
}

function labelOf(id: SamplerId, options: SamplerOptions): string {
  return options.karras ? `${kinds[id].label} Karras` : kinds[id].label;
}
