import assert from "node:assert";
import { downWidth, siteKey, type LayerSite, type ModuleSite } from "./site.ts";

/** The low-rank matrices of one layer: ΔW = alpha / rank · up · down. */
export interface LoraLayer extends Pick<LayerSite, "inSize" | "outSize" | "kernel"> {
  readonly rank: number;
  readonly alpha: number;
  /** [rank, inSize · kernel²], row-major */
  readonly down: Float32Array;
  /** [outSize, rank], row-major */
  readonly up: Float32Array;
}

/** A LoRA module in memory, always float32. */
export interface LoraModule {
  /** `siteKey` → matrices, e.g. "unet.down_blocks.0.….to_q", "text_encoder.text_model.….q_proj". */
  readonly layers: ReadonlyMap<string, LoraLayer>;
  /** As found in the file it came from. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A module whose matrices are views of one array: per site `down`, then `up`, in the order of the sites. */
export interface TrainableModule extends LoraModule {
  readonly parameters: Float32Array;
}

export interface CreateModuleOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
}

const layerSize = (site: ModuleSite, rank: number): number => rank * (downWidth(site) + site.outSize);

/**
 * A module that changes nothing yet: `up` is zero, `down` is PyTorch's kaiming_uniform(a = √5), which is uniform in
 * ±1/√fan_in. Draws are made in the order of the sites.
 */
export function createModule(sites: readonly ModuleSite[], options: CreateModuleOptions): TrainableModule {
  const { rank, alpha, uniform } = options;
  assert(Number.isInteger(rank) && rank > 0, `rank ${rank}`);
  const parameters = new Float32Array(sites.reduce((sum, site) => sum + layerSize(site, rank), 0));
  const layers = new Map<string, LoraLayer>();
  let offset = 0;
  const take = (size: number) => parameters.subarray(offset, (offset += size));
  for (const site of sites) {
    const fanIn = downWidth(site);
    const down = take(rank * fanIn);
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < down.length; i++) down[i] = (2 * uniform() - 1) * bound;
    const { inSize, outSize, kernel } = site;
    layers.set(siteKey(site), { rank, alpha, inSize, outSize, kernel, down, up: take(outSize * rank) });
  }
  return { layers, metadata: {}, parameters };
}

/** How many numbers a module holds. */
export function parameterCount(module: LoraModule): number {
  let count = 0;
  for (const { down, up } of module.layers.values()) count += down.length + up.length;
  return count;
}
