/** Mixes of modules as the arrays that a graph built with `stackInputs` is fed. */
import assert from "node:assert";
import { downName, upName } from "./graph-inputs.ts";
import { fanIn, type LoraLayer, type LoraModule } from "./module.ts";
import type { Site } from "./targets.ts";

export interface StackEntry {
  readonly module: LoraModule;
  /** On the UNet's layers. */
  readonly weight: number;
  /** On the text encoder's layers. */
  readonly textEncoderWeight: number;
}
/** A weighted mix of modules: W + Σ weight · alpha / rank · up · down. Empty: the bare base. */
export type Stack = readonly StackEntry[];

/** What a run of a graph is fed for its adapters. */
export type AdapterFeeds = Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>;

interface WeightedLayer {
  readonly layer: LoraLayer;
  /** weight · alpha / rank */
  readonly factor: number;
}

function layersAt(stack: Stack, site: Site): WeightedLayer[] {
  const found: WeightedLayer[] = [];
  for (const { module, weight, textEncoderWeight } of stack) {
    const layer = module.layers.get(site.key);
    const applied = site.part === "unet" ? weight : textEncoderWeight;
    if (!layer || layer.rank === 0 || applied === 0) continue;
    assert(
      layer.down.length === layer.rank * fanIn(site) && layer.up.length === site.outSize * layer.rank,
      `the module's layer ${site.key} was made for another base`,
    );
    found.push({ layer, factor: (applied * layer.alpha) / layer.rank });
  }
  return found;
}

const totalRank = (layers: readonly WeightedLayer[]) => layers.reduce((sum, { layer }) => sum + layer.rank, 0);

function sameStack(a: Stack, b: Stack): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((entry, i) => {
    const { module, weight, textEncoderWeight } = b[i]!;
    return entry.module === module && entry.weight === weight && entry.textEncoderWeight === textEncoderWeight;
  });
}

/** One row of a site: modules one after the other along the rank axis; what is left of `rank` stays zero. */
function fillRow(layers: readonly WeightedLayer[], rank: number, down: Float32Array, up: Float32Array): void {
  let offset = 0;
  for (const { layer, factor } of layers) {
    down.set(layer.down, (offset * layer.down.length) / layer.rank);
    for (let start = offset, from = 0; from < layer.up.length; start += rank)
      for (let r = 0; r < layer.rank; r++) up[start + r] = layer.up[from++]! * factor;
    offset += layer.rank;
  }
}

function siteArrays(
  rows: readonly WeightedLayer[][],
  site: Site,
): { rank: number; down: Float32Array; up: Float32Array } {
  const rank = Math.max(...rows.map(totalRank));
  const only = rows.length === 1 && rows[0]!.length === 1 ? rows[0]![0]! : undefined;
  const width = fanIn(site);
  // A lone module's own `down` is what is wanted: not copying it makes switching cheap.
  const down = only ? only.layer.down : new Float32Array(rows.length * rank * width);
  if (only?.factor === 1) return { rank, down, up: only.layer.up };
  const up = new Float32Array(rows.length * site.outSize * rank);
  if (only) for (let i = 0; i < up.length; i++) up[i] = only.layer.up[i]! * only.factor;
  else
    rows.forEach((layers, row) =>
      fillRow(
        layers,
        rank,
        down.subarray(row * rank * width, (row + 1) * rank * width),
        up.subarray(row * site.outSize * rank, (row + 1) * site.outSize * rank),
      ),
    );
  return { rank, down, up };
}

/**
 * The arrays that serve `stacks`, one stack per row of the batch, on graphs built with `stackInputs`; one stack, or
 * the same for every row, is fed once (A = 1). Rows of lower rank are padded with zeros, which change nothing.
 * The result may be kept and fed again as long as the modules do not change: it can share their arrays.
 */
export function stackFeeds(stacks: readonly Stack[], sites: readonly Site[]): AdapterFeeds {
  const first = stacks[0];
  assert(first, "stackFeeds needs at least one stack");
  const rows = stacks.every((stack) => sameStack(first, stack)) ? [first] : stacks;
  const feeds: AdapterFeeds = {};
  for (const site of sites) {
    const { rank, down, up } = siteArrays(
      rows.map((stack) => layersAt(stack, site)),
      site,
    );
    feeds[downName(site.key)] = { data: down, dims: [rows.length, rank, fanIn(site)] };
    feeds[upName(site.key)] = { data: up, dims: [rows.length, site.outSize, rank] };
  }
  return feeds;
}
