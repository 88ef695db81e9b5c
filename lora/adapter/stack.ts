import assert from "node:assert";
import { symbol, type Dim, type Graph, type Value } from "../graph/index.ts";
import type { LoraLayer, LoraModule } from "./module.ts";
import { downWidth, siteKey, type AdapterPart, type LayerSite, type ModuleSite } from "./site.ts";

export interface StackEntry {
  readonly module: LoraModule;
  /** On the layers of the UNet or the language model. */
  readonly weight: number;
  /** On the text encoder's layers. */
  readonly textEncoderWeight: number;
}
/** A weighted mix of modules: W + Σ weight · alpha / rank · up · down. Empty: the bare base. */
export type Stack = readonly StackEntry[];

/** What a run of a graph is fed for its adapters. */
export type AdapterFeeds = Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>;

/** A layer's adapter as graph values. */
interface LayerAdapterValues {
  /** [A, rank, in · k²] */
  readonly down: Value;
  /** [A, out, rank] */
  readonly up: Value;
  readonly scale: number;
}

export interface AdapterInputs {
  readonly sites: readonly ModuleSite[];
  /** `down` and `up` of each site, in the order of the sites. */
  readonly values: readonly Value[];
  /** The `adapter` of the ParameterSource that builds this part. */
  forPart(part: AdapterPart): (site: LayerSite) => LayerAdapterValues | undefined;
}

const downName = (site: ModuleSite) => `${siteKey(site)}.down`;
const upName = (site: ModuleSite) => `${siteKey(site)}.up`;

function declare(
  graph: Graph,
  sites: readonly ModuleSite[],
  rows: Dim,
  rankOf: (site: ModuleSite) => Dim,
  scale: number,
): AdapterInputs {
  const adapters = new Map<string, LayerAdapterValues>();
  for (const site of sites) {
    const rank = rankOf(site);
    const down = graph.input(downName(site), "float32", [rows, rank, downWidth(site)]);
    const up = graph.input(upName(site), "float32", [rows, site.outSize, rank]);
    adapters.set(siteKey(site), { down, up, scale });
  }
  return {
    sites,
    values: [...adapters.values()].flatMap(({ down, up }) => [down, up]),
    forPart: (part) => (site) => adapters.get(siteKey({ part, name: site.name })),
  };
}

/**
 * Graph inputs through which any stack can be served: down [A?, r, in·k²], up [A?, out, r], where A is 1 or the batch
 * size and r may be 0 on linear layers. Each site has a rank symbol of its own: modules differ in which layers they touch, and the
 * runtime relies on equal symbols being equal sizes.
 */
export function stackAdapters(graph: Graph, sites: readonly ModuleSite[]): AdapterInputs {
  return declare(graph, sites, symbol("A?"), (site) => symbol(`rank.${siteKey(site)}`), 1);
}

/** Graph inputs for training one module: down [1, rank, in·k²], up [1, out, rank]; `values` are what to differentiate. */
export function trainingAdapters(
  graph: Graph,
  sites: readonly ModuleSite[],
  rank: number,
  scale: number,
): AdapterInputs {
  return declare(graph, sites, 1, () => rank, scale);
}

/** Feeds for `trainingAdapters`: the module's own arrays, not copies. */
export function trainingFeeds(module: LoraModule, sites: readonly ModuleSite[]): AdapterFeeds {
  const feeds: AdapterFeeds = {};
  for (const site of sites) {
    const layer = module.layers.get(siteKey(site));
    assert(layer, `the module has no layer ${siteKey(site)}`);
    feeds[downName(site)] = { data: layer.down, dims: [1, layer.rank, downWidth(site)] };
    feeds[upName(site)] = { data: layer.up, dims: [1, site.outSize, layer.rank] };
  }
  return feeds;
}

/**
 * The runtime's MatMul forgets the batch axis of its right operand where the inner size is 0, and a convolution's adapter
 * has the batch on the right: a row of zeros stands for no module there.
 */
const RANK_MIN = 1;
/**
 * Where the runtime's product over an empty rank is not zero: on convolutions it loses the batch axis, and on rows without
 * positions (the time embedding) a batch of one reads memory that nobody wrote. Measured with onnxruntime-node 1.30.
 */
const rankMin = ({ kind, name }: ModuleSite): number => (kind === "conv" || /(^|\.)time_emb/.test(name) ? RANK_MIN : 0);

interface WeightedLayer {
  readonly layer: LoraLayer;
  /** weight · alpha / rank */
  readonly factor: number;
}

function layersAt(stack: Stack, site: ModuleSite): WeightedLayer[] {
  const key = siteKey(site);
  const found: WeightedLayer[] = [];
  for (const { module, weight, textEncoderWeight } of stack) {
    const layer = module.layers.get(key);
    const applied = site.part === "text_encoder" ? textEncoderWeight : weight;
    if (!layer || layer.rank === 0 || applied === 0) continue;
    assert(
      layer.inSize === site.inSize && layer.outSize === site.outSize && layer.kernel === site.kernel,
      `the module's layer ${key} was made for another base`,
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

function fillScaled(target: Float32Array, source: Float32Array, factor: number): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i]! * factor;
}

/** One row of a site: modules one after the other along the rank axis; what is left of `rank` stays zero. */
function fillRow(layers: readonly WeightedLayer[], rank: number, down: Float32Array, up: Float32Array): void {
  let offset = 0;
  for (const { layer, factor } of layers) {
    down.set(layer.down, (offset * layer.down.length) / layer.rank);
    const { rank: own, up: source } = layer;
    for (let start = offset, from = 0; from < source.length; start += rank)
      for (let r = 0; r < own; r++) up[start + r] = source[from++]! * factor;
    offset += own;
  }
}

function siteArrays(
  rows: readonly WeightedLayer[][],
  site: ModuleSite,
): { rank: number; down: Float32Array; up: Float32Array } {
  const rank = Math.max(rankMin(site), ...rows.map(totalRank));
  const only = rows.length === 1 && rows[0]!.length === 1 ? rows[0]![0]! : undefined;
  const width = downWidth(site);
  // A lone module's own `down` is what is wanted: not copying it makes switching cheap.
  const down = only ? only.layer.down : new Float32Array(rows.length * rank * width);
  if (only?.factor === 1) return { rank, down, up: only.layer.up };
  const up = new Float32Array(rows.length * site.outSize * rank);
  if (only) fillScaled(up, only.layer.up, only.factor);
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
 * The arrays that serve `stacks`, one stack per row of the batch, on graphs built with `stackAdapters`; one stack, or
 * the same for every row, is fed once (A = 1). Rows of lower rank are padded with zeros, which change nothing.
 * The result may be kept and fed again as long as the modules do not change: it can share their arrays.
 */
export function stackFeeds(stacks: readonly Stack[], sites: readonly ModuleSite[]): AdapterFeeds {
  const first = stacks[0];
  assert(first, "stackFeeds needs at least one stack");
  const rows = stacks.every((stack) => sameStack(first, stack)) ? [first] : stacks;
  const feeds: AdapterFeeds = {};
  for (const site of sites) {
    const { rank, down, up } = siteArrays(
      rows.map((stack) => layersAt(stack, site)),
      site,
    );
    feeds[downName(site)] = { data: down, dims: [rows.length, rank, downWidth(site)] };
    feeds[upName(site)] = { data: up, dims: [rows.length, site.outSize, rank] };
  }
  return feeds;
}
