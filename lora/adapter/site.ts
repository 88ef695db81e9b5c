import { Graph, type Shape, type DType, type Value } from "../graph/index.ts";

export const adapterParts = ["unet", "text_encoder", "language_model"] as const;
/** The networks of a base that modules can adapt: diffusers' folder names, and a language model, which is all of its base. */
export type AdapterPart = (typeof adapterParts)[number];

/** A layer as the layer itself describes it: `in` and `out` are channels where it is a convolution. */
export interface LayerSite {
  readonly name: string;
  readonly kind: "linear" | "conv";
  readonly inSize: number;
  readonly outSize: number;
  readonly kernel: number;
}

/** A layer of a base that a module may adapt. */
export interface ModuleSite extends LayerSite {
  readonly part: AdapterPart;
  /** Of queries and keys of a language model: rows of one head, which llama.cpp orders otherwise. */
  readonly headSize?: number;
}

/** The name of a layer across parts: "unet.down_blocks.0.….to_q". */
export const siteKey = ({ part, name }: Pick<ModuleSite, "part" | "name">): string => `${part}.${name}`;

/** Columns of a site's `down`: k·k per input channel, channel-major as a flattened convolution weight is. */
export const downWidth = ({ inSize, kernel }: Pick<LayerSite, "inSize" | "kernel">): number => inSize * kernel * kernel;

/** What a model's layers ask while its graph is built: shapes alone, no weights. */
export interface RecordingSource {
  readonly graph: Graph;
  parameter(name: string, shape: Shape): Value;
  has(name: string): boolean;
  adapter(site: LayerSite): undefined;
}

/**
 * The sites of one part, in the order its layers are built; pass `build` a function that builds the part's graph from
 * the source, e.g. `(source) => unet(new Scope(source), inputs(source.graph), config)`. Costs no weights.
 */
export function recordSites(part: AdapterPart, build: (source: RecordingSource) => void): ModuleSite[] {
  const graph = new Graph();
  const dtype: DType = "float32";
  const sites = new Map<string, ModuleSite>();
  build({
    graph,
    parameter: (name, shape) => graph.once(`parameter ${name}`, () => graph.input(name, dtype, shape)),
    has: () => true,
    adapter: (site) => {
      sites.set(site.name, { part, ...site });
      return undefined;
    },
  });
  return [...sites.values()];
}
