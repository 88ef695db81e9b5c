import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { attentionSlices, type StableDiffusion, type UnetConfig, type WeightMap } from "../models/index.ts";
import type { Size } from "../data/index.ts";
import { trainErrors } from "./errors.ts";

const MB = 2 ** 20;
/** The process itself, sessions and buffers that do not grow with the model. */
const FIXED_MB = 350;
/**
 * Tensors of a layer that are kept for the backward pass, fitted to measured peaks: SD 1.5 at 512², batch 1, took 7.0 to 7.9 GB,
 * with checkpointing 6.2 GB.
 */
const TENSORS_PER_RESNET = 17;
const TENSORS_PER_TRANSFORMER = 53;
const SCORE_TENSORS = 3;
/** What checkpointing leaves: the segments' borders and one segment at a time. */
const CHECKPOINTED_SHARE = 0.62;

/**
 * Peak memory of training in MB, before anything is allocated: mapped weights, activations kept for the backward pass,
 * attention scores, optimiser state.
 */
export function predictMemoryMb(
  base: StableDiffusion,
  trainable: number,
  picture: Size,
  { batchSize, gradientCheckpointing }: { readonly batchSize: number; readonly gradientCheckpointing: boolean },
): number {
  const [h, w] = [picture.height / base.factor, picture.width / base.factor];
  const share = gradientCheckpointing ? CHECKPOINTED_SHARE : 1;
  const activations = activationFloats(base.unet, h, w, base.text.maxPositions) * batchSize * 4 * share;
  const mapped = weightBytes(base.weights.unet);
  return Math.ceil(FIXED_MB + (mapped + activations + trainable * 4 * 5) / MB);
}

function activationFloats(config: UnetConfig, h: number, w: number, textLength: number): number {
  let kept = 0;
  let largestSlice = 0;
  config.blockOutChannels.forEach((width, level) => {
    const positions = (h * w) / 4 ** level;
    const layers = 2 * config.layersPerBlock + 1;
    kept += layers * TENSORS_PER_RESNET * width * positions;
    if (!config.attentionLevels[level]) return;
    const heads = config.heads[level]!;
    const slices = attentionSlices(heads, h * w, level);
    // Scores before and after softmax, and their cotangent; in slices, only one slice's at a time.
    const scores = SCORE_TENSORS * heads * positions ** 2;
    const crossScores = SCORE_TENSORS * heads * positions * textLength;
    if (slices > 1) largestSlice = Math.max(largestSlice, scores / slices);
    kept += layers * (TENSORS_PER_TRANSFORMER * width * positions + crossScores + (slices > 1 ? 0 : scores));
  });
  return kept + largestSlice;
}

const weightBytes = (weights: WeightMap): number =>
  [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);

/** @throws MEMORY_TOO_SMALL with what would help */
export function checkMemory(needMb: number, maxMb: number | undefined, haveMb = maxMb ?? availableMb()): void {
  if (needMb <= haveMb) return;
  const advice =
    "set batch_size: 1, gradient_checkpointing: true, or a lower resolution; close other programs, or raise max_memory_mb";
  throw trainErrors.MEMORY_TOO_SMALL(needMb, haveMb, advice);
}

/** What the system can give without swapping: on Linux more than "free", as caches are given back. */
function availableMb(): number {
  try {
    const line = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"));
    if (line) return Math.floor(Number(line[1]) / 1024);
  } catch {
    // Not Linux.
  }
  return Math.floor(freemem() / MB);
}
