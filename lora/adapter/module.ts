import assert from "node:assert";
import type { Site } from "./targets.ts";

/** The low-rank matrices of one layer: ΔW = alpha / rank · up · down. Sizes are the site's. */
export interface LoraLayer {
  readonly rank: number;
  readonly alpha: number;
  /** [rank, fanIn], row-major */
  readonly down: Float32Array;
  /** [out, rank], row-major */
  readonly up: Float32Array;
}

/** A LoRA module in memory, always float32. */
export interface LoraModule {
  /** `Site.key` → matrices */
  readonly layers: ReadonlyMap<string, LoraLayer>;
  /** As found in the file it came from. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Columns of a site's `down`: k² per input channel, channel-major as a flattened convolution weight is. */
export const fanIn = ({ inSize, kernel }: Pick<Site, "inSize" | "kernel">): number => inSize * kernel * kernel;

/**
 * A module that changes nothing yet: `up` is zero, `down` is PyTorch's kaiming_uniform(a = √5), which is uniform in
 * ±1/√fanIn. Draws are made in the order of the sites.
 * @param uniform in [0, 1)
 */
export function createModule(sites: readonly Site[], rank: number, alpha: number, uniform: () => number): LoraModule {
  assert(Number.isInteger(rank) && rank > 0, `rank ${rank}`);
  const layers = new Map<string, LoraLayer>();
  for (const site of sites) {
    const width = fanIn(site);
    const bound = 1 / Math.sqrt(width);
    const down = new Float32Array(rank * width);
    for (let i = 0; i < down.length; i++) down[i] = (2 * uniform() - 1) * bound;
    layers.set(site.key, { rank, alpha, down, up: new Float32Array(site.outSize * rank) });
  }
  return { layers, metadata: {} };
}

/** How many numbers a module holds. */
export function parameterCount(module: LoraModule): number {
  let count = 0;
  for (const { down, up } of module.layers.values()) count += down.length + up.length;
  return count;
}
