/** What a run trains on, in memory: latents of every picture, captions, and the draws that turn them into batches. */
import type { NoiseSchedule, Random } from "../diffusion/index.ts";
import type { TimestepBias } from "./config-keys.ts";
import type { TrainingBatch } from "./training-graph.ts";
import type { HostTensor } from "../runtime/index.ts";

export interface Example {
  readonly caption: string;
  /** Mean and deviation of the latents, [4, h, w] flat; `deviation` absent means none. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly height: number;
  readonly width: number;
  /** Loss weight: 1, or the prior-preservation weight for class pictures. */
  readonly weight: number;
}

/** Where the timesteps of training fall, from a uniform draw u in 0 … 1, as a part of the schedule. */
const TIMESTEP_BIAS: Readonly<Record<TimestepBias, (u: number) => number>> = {
  none: (u: number) => u,
  /** Half of the draws fall into the noisiest quarter, a tenth into the last hundredth. */
  later: (u: number) => 1 - u ** 2,
};

export interface NoiseOptions {
  readonly minSnrGamma: number;
  readonly noiseOffset: number;
  readonly timestepBias: TimestepBias;
  /** Fixes the timestep of each row; drawn if absent. */
  readonly timestepOf?: (row: number) => number;
}

/** Turns captions into what the graph's text input wants; rows in, one tensor out. */
export type CaptionEncoder = (captions: readonly string[]) => Promise<HostTensor>;

/**
 * One batch of equally large examples. All randomness comes from `random`: latents are drawn from their distribution,
 * then noise, offset and timestep.
 */
export async function noisyBatch(
  examples: readonly Example[],
  captions: readonly string[],
  schedule: NoiseSchedule,
  random: Random,
  options: NoiseOptions,
  encodeCaptions: CaptionEncoder,
): Promise<TrainingBatch> {
  const [{ height, width, mean }] = examples as [Example];
  const rows = examples.length;
  const size = mean.length;
  const channels = size / (height * width);
  const sample = new Float32Array(rows * size);
  const target = new Float32Array(rows * size);
  const timesteps = new Float32Array(rows);
  const weights = new Float32Array(rows);
  examples.forEach((example, row) => {
    const latents = drawLatents(example, random);
    const noise = drawNoise(size, channels, random, options.noiseOffset);
    const timestep = options.timestepOf?.(row) ?? drawTimestep(schedule, random, options.timestepBias);
    schedule.addNoise(latents, noise, timestep, sample.subarray(row * size, (row + 1) * size));
    target.set(schedule.target(latents, noise, timestep), row * size);
    timesteps[row] = timestep;
    const snrWeight = options.minSnrGamma > 0 ? schedule.minSnrWeight(timestep, options.minSnrGamma) : 1;
    weights[row] = example.weight * snrWeight;
  });
  const dims = [rows, channels, height, width];
  const text = await encodeCaptions(captions);
  return { rows, sample: { data: sample, dims }, target: { data: target, dims }, timesteps, weights, text };
}

function drawLatents({ mean, deviation }: Example, random: Random): Float32Array {
  const latents = new Float32Array(mean.length);
  random.fillNormal(latents);
  for (let i = 0; i < latents.length; i++) latents[i] = mean[i]! + deviation[i]! * latents[i]!;
  return latents;
}

/** N(0, 1), plus a shared offset per channel (noise offset), which lets a module learn overall brightness. */
function drawNoise(size: number, channels: number, random: Random, offset: number): Float32Array {
  const noise = new Float32Array(size);
  random.fillNormal(noise);
  if (offset === 0) return noise;
  const shift = new Float32Array(channels);
  random.fillNormal(shift);
  const plane = size / channels;
  for (let i = 0; i < size; i++) noise[i]! += offset * shift[Math.floor(i / plane)]!;
  return noise;
}

/** A timestep of `schedule`, drawn evenly or with more weight on the noisier ones. */
export function drawTimestep({ numTrainTimesteps }: NoiseSchedule, random: Random, bias: TimestepBias): number {
  return Math.min(numTrainTimesteps - 1, Math.floor(TIMESTEP_BIAS[bias](random.uniform()) * numTrainTimesteps));
}
