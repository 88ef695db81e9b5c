import type { BlockMatrix, Graph, Value } from "../graph/index.ts";

/** Low-rank matrices of one layer as graph values; see `adapted` in `adapter.ts`. */
export interface LayerAdapter {
  /** [A, rank, in] */
  readonly down: Value;
  /** [A, out, rank] */
  readonly up: Value;
  /** alpha / rank, where it is not already folded into `up`. */
  readonly scale: number;
}

export interface AdapterSite {
  readonly name: string;
  readonly kind: "linear" | "conv";
  readonly inSize: number;
  readonly outSize: number;
  readonly kernel: number;
}

/** Where a model's layers get their tensors from: a checkpoint's mapped weights, or graph inputs while training a base. */
export interface ParameterSource {
  readonly graph: Graph;
  /** The tensor called `name`; its shape is checked against what the architecture expects. */
  parameter(name: string, shape: readonly number[]): Value;
  has(name: string): boolean;
  /** The matrix called `name` in blocks of few bits, where the source has it so. */
  blocks?(name: string, shape: readonly number[]): BlockMatrix | undefined;
  /** The adapter of a layer, if the layer is a target. */
  adapter?(site: AdapterSite): LayerAdapter | undefined;
}

/** What a convolution sees beyond the border: nothing, or the other side, so that what it draws tiles. */
export type Borders = "zeros" | "circular";

/** A position in the tree of a model's names: `scope.at("down_blocks.0").parameter("conv1.weight", …)`. */
export class Scope {
  readonly source: ParameterSource;
  readonly path: string;
  /** Of every convolution below, as PyTorch's `padding_mode`. */
  readonly borders: Borders;

  constructor(source: ParameterSource, path = "", borders: Borders = "zeros") {
    this.source = source;
    this.path = path;
    this.borders = borders;
  }

  get graph(): Graph {
    return this.source.graph;
  }
  at(name: string | number): Scope {
    return new Scope(this.source, this.nameOf(String(name)), this.borders);
  }
  nameOf(name: string): string {
    return this.path ? `${this.path}.${name}` : name;
  }
  parameter(name: string, shape: readonly number[]): Value {
    return this.source.parameter(this.nameOf(name), shape);
  }
  blocks(name: string, shape: readonly number[]): BlockMatrix | undefined {
    return this.source.blocks?.(this.nameOf(name), shape);
  }
  optional(name: string, shape: readonly number[]): Value | undefined {
    return this.source.has(this.nameOf(name)) ? this.parameter(name, shape) : undefined;
  }
  adapter(kind: AdapterSite["kind"], inSize: number, outSize: number, kernel = 1): LayerAdapter | undefined {
    return this.source.adapter?.({ name: this.path, kind, inSize, outSize, kernel });
  }
}
