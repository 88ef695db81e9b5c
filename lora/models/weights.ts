/** Named tensors of a checkpoint, wherever their bytes lie. */
import type { SafetensorsFile } from "../format/index.ts";
import { cast, type BlockMatrix, type FileTensor, type Graph, type Value } from "../graph/index.ts";
import type { AdapterSite, LayerAdapter, ParameterSource } from "../nn/index.ts";
import { modelErrors } from "./errors.ts";
import type { BlockMap } from "./quantised-weights.ts";

/** name → where the tensor lies in its file */
export type WeightMap = ReadonlyMap<string, FileTensor>;

export const FLOAT_DTYPES: Readonly<Record<string, "float32" | "float16" | "bfloat16">> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** The tensors of one file by name; names that `rename` maps to nothing are left out. */
export function weightMap(
  file: SafetensorsFile,
  rename: (name: string) => readonly { readonly name: string; readonly slice?: { index: number; count: number } }[],
): Map<string, FileTensor> {
  const map = new Map<string, FileTensor>();
  for (const [source, tensor] of file.tensors) {
    for (const { name, slice } of rename(source)) {
      const dtype = FLOAT_DTYPES[tensor.dtype];
      // Position ids and schedule buffers are integers or doubles and no graph asks for them.
      if (!dtype) continue;
      const { index, count } = slice ?? { index: 0, count: 1 };
      const byteLength = tensor.byteLength / count;
      const shape = slice ? [tensor.shape[0]! / count, ...tensor.shape.slice(1)] : tensor.shape;
      map.set(name, { path: file.path, offset: tensor.offset + index * byteLength, byteLength, dtype, shape });
    }
  }
  return map;
}

interface FrozenWeightsOptions {
  readonly widenOnce?: boolean;
  readonly blocks?: BlockMap | undefined;
}

/** Frozen weights as mapped initializers, with the adapters that `adapterOf` gives. */
export class FrozenWeights implements ParameterSource {
  readonly graph: Graph;
  private readonly weights: WeightMap;
  private readonly prefix: string;
  private readonly adapterOf: ((site: AdapterSite) => LayerAdapter | undefined) | undefined;
  private readonly widenOnce: boolean;
  private readonly blockMap: BlockMap | undefined;

  /**
   * @param part prefixes graph names, so that equal names of two networks in one graph stay apart
   * @param options.widenOnce half-precision weights become float32 when the session opens, and stay so in memory
   * @param options.blocks the matrices that are multiplied in few bits
   */
  constructor(
    graph: Graph,
    part: string,
    weights: WeightMap,
    adapterOf?: (site: AdapterSite) => LayerAdapter | undefined,
    { widenOnce = false, blocks }: FrozenWeightsOptions = {},
  ) {
    this.graph = graph;
    this.weights = weights;
    this.prefix = part;
    this.adapterOf = adapterOf;
    this.widenOnce = widenOnce;
    this.blockMap = blocks;
  }

  /** @throws BASE_TENSOR_MISSING, BASE_TENSOR_SHAPE */
  parameter(name: string, shape: readonly number[]): Value {
    const tensor = this.checkShape(name, shape);
    const weight = this.graph.weight(`${this.prefix}.${name}`, { ...tensor, shape });
    // Beside matrices in blocks, all that is left of any size is a table that is looked at row by row.
    const isWidened = this.widenOnce && (!this.blockMap || shape.length === 1);
    // Not gated, so that the runtime works the cast out when it opens.
    return isWidened ? this.graph.once(`wide ${weight.name}`, () => cast(weight, "float32")) : weight;
  }

  has(name: string): boolean {
    return this.weights.has(name);
  }

  blocks(name: string, shape: readonly number[]): BlockMatrix | undefined {
    const tensors = this.blockMap?.get(name);
    if (!tensors) return undefined;
    this.checkShape(name, shape);
    const value = (part: "packed" | "scales" | "zeros") =>
      this.graph.weight(`${this.prefix}.${name}.${part}`, tensors[part]);
    return { ...tensors, packed: value("packed"), scales: value("scales"), zeros: value("zeros") };
  }

  adapter(site: AdapterSite): LayerAdapter | undefined {
    return this.adapterOf?.(site);
  }

  private checkShape(name: string, shape: readonly number[]): FileTensor {
    const tensor = this.weights.get(name);
    const [{ path } = { path: this.prefix }] = this.weights.values();
    if (!tensor) throw modelErrors.BASE_TENSOR_MISSING(path, `${this.prefix}.${name}`);
    const size = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
    // Old VAEs store 1×1 convolutions where newer ones have linear layers: same numbers, other rank.
    const compatible = size(tensor.shape) === size(shape) && tensor.shape[0] === shape[0];
    if (!compatible)
      throw modelErrors.BASE_TENSOR_SHAPE(path, `${this.prefix}.${name}`, shape.join(", "), tensor.shape.join(", "));
    return tensor;
  }
}
