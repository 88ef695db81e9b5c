/** Adapters as graph inputs: for training with fixed rank, for use with any rank and a mix per batch row. */
import { symbol, type Graph, type Value } from "../graph/index.ts";
import type { AdapterSite, LayerAdapter } from "../nn/index.ts";
import { fanIn } from "./module.ts";
import { siteKey, type AdapterPart, type Site } from "./targets.ts";

export const downName = (key: string): string => `${key}.down`;
export const upName = (key: string): string => `${key}.up`;

/** Trainable inputs of a graph, [1, rank, fanIn] and [1, out, rank] per site, and where they plug in. */
export class TrainingAdapters {
  /** Input name → value, down before up, in the order of `sites`. */
  readonly values = new Map<string, Value>();
  private readonly layers = new Map<string, LayerAdapter>();

  constructor(graph: Graph, sites: readonly Site[], rank: number, alpha: number) {
    for (const site of sites) {
      const down = graph.input(downName(site.key), "float32", [1, rank, fanIn(site)]);
      const up = graph.input(upName(site.key), "float32", [1, site.outSize, rank]);
      this.values.set(down.name, down).set(up.name, up);
      this.layers.set(site.key, { down, up, scale: alpha / rank });
    }
  }

  adapter(part: AdapterPart, { name }: AdapterSite): LayerAdapter | undefined {
    return this.layers.get(siteKey(part, name));
  }
}

/** Shapes of the training inputs by name, without a graph. */
export function trainingShapes(sites: readonly Site[], rank: number): Map<string, readonly number[]> {
  return new Map(
    sites.flatMap((site): [string, readonly number[]][] => [
      [downName(site.key), [1, rank, fanIn(site)]],
      [upName(site.key), [1, site.outSize, rank]],
    ]),
  );
}

/**
 * Inputs for using modules: `A?` is 1 (one mix for all rows) or the batch size (a mix per row), `r` the summed rank of the
 * mix. alpha / rank and the weights are folded into `up` by `stackFeeds`.
 */
export function stackInputs(graph: Graph, part: AdapterPart, hasInput: (key: string) => boolean) {
  return ({ name, inSize, outSize, kernel }: AdapterSite): LayerAdapter | undefined => {
    const key = siteKey(part, name);
    if (!hasInput(key)) return undefined;
    const [rows, rank] = [symbol("A?"), symbol(`r ${key}`)];
    const down = graph.input(downName(key), "float32", [rows, rank, fanIn({ inSize, kernel })]);
    return { down, up: graph.input(upName(key), "float32", [rows, outSize, rank]), scale: 1 };
  };
}
