import assert from "node:assert";
import type { OnnxAttribute, OnnxDType, OnnxInitializer, OnnxModel, OnnxNode } from "../format/index.ts";
import { dimKey, evaluateDim, type Dim, type Shape } from "./dim.ts";
import { opTable, type Op } from "./op-table.ts";

export type DType = OnnxDType;
export type NumericArray = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Uint16Array;

/** An edge of the graph: a tensor that exists when the graph runs. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Absent for inputs, constants and weights. */
  readonly node?: Node;
}

export interface Node {
  readonly op: Op;
  readonly inputs: readonly (Value | undefined)[];
  /** Written to the ONNX node, spelled as ONNX spells them. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** What rules need to know but ONNX takes as a tensor (axes, target shape, …). Never written. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Value[];
  /** Checkpointed segment this node belongs to; see `Graph.checkpoint`. */
  readonly segment: number | undefined;
}

/** A tensor inside a file, mapped by the runtime and never copied into the graph. */
export interface FileTensor {
  readonly path: string;
  readonly offset: number;
  readonly byteLength: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

const BYTE_VIEW = (data: NumericArray) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * Builds one ONNX graph. Ops are added through the functions of `ops.ts`; `toModel` keeps only what the
 * requested outputs need.
 */
export class Graph {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  private readonly initializers = new Map<Value, OnnxInitializer>();
  private readonly symbolSources = new Map<string, { input: Value; axis: number; multiple: number }>();
  private readonly memo = new Map<string, Value>();
  private counter = 0;
  private segment: number | undefined;
  private segmentCount = 0;

  private value(name: string, dtype: DType, shape: Shape, node?: Node): Value {
    return node ? { graph: this, name, dtype, shape, node } : { graph: this, name, dtype, shape };
  }

  private fresh(hint: string): string {
    return `${hint}_${this.counter++}`;
  }

  /** A value fed at run time. Symbols in `shape` become known through the first input that carries them. */
  input(name: string, dtype: DType, shape: Shape): Value {
    assert(!this.inputs.some((input) => input.name === name), `two graph inputs named ${name}`);
    const input = this.value(name, dtype, shape);
    this.inputs.push(input);
    shape.forEach((dim, axis) => {
      if (typeof dim === "number" || dim.terms.size !== 1) return;
      const [[monomial, multiple]] = [...dim.terms] as [[string, number]];
      if (!monomial.includes("*") && !this.symbolSources.has(monomial))
        this.symbolSources.set(monomial, { input, axis, multiple });
    });
    return input;
  }

  /** An inline tensor; equal small constants share one initializer. */
  constant(data: NumericArray, shape: readonly number[], dtype: DType): Value {
    const bytes = BYTE_VIEW(data);
    const key = bytes.length <= 64 ? `constant ${dtype} ${shape.join()} ${bytes.join()}` : undefined;
    const make = () => {
      const value = this.value(this.fresh("constant"), dtype, shape);
      this.initializers.set(value, { name: value.name, dtype, dims: shape, data: bytes.slice() });
      return value;
    };
    return key ? this.once(key, make) : make();
  }

  /** A frozen tensor that stays in its file. */
  weight(name: string, tensor: FileTensor): Value {
    return this.once(`weight ${name}`, () => {
      const value = this.value(name, tensor.dtype, tensor.shape);
      const data = { location: tensor.path, offset: tensor.offset, length: tensor.byteLength };
      this.initializers.set(value, { name, dtype: tensor.dtype, dims: tensor.shape, data });
      return value;
    });
  }

  /** Builds a value once per key; later calls return the same one. */
  once(key: string, make: () => Value): Value {
    const known = this.memo.get(key);
    if (known) return known;
    const made = make();
    this.memo.set(key, made);
    return made;
  }

  isInitializer(value: Value): boolean {
    return this.initializers.has(value);
  }

  /** Where a symbol's run-time value can be read: `Shape(input)[axis] / multiple`. */
  symbolSource(name: string): { input: Value; axis: number; multiple: number } {
    const source = this.symbolSources.get(name);
    assert(source, `no graph input carries the symbol ${name}`);
    return source;
  }

  /** Adds a node; its output dtypes and shapes come from the op table. */
  emit(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: Node["attributes"] = {},
    meta: Node["meta"] = {},
  ): Value[] {
    const infos = opTable[op].infer({ inputs: inputs as Value[], attributes, meta });
    const outputs: Value[] = [];
    const node: Node = { op, inputs, attributes, meta, outputs, segment: this.segment };
    for (const info of infos) outputs.push(this.value(this.fresh(op), info.dtype, info.shape, node));
    this.nodes.push(node);
    return outputs;
  }

  /**
   * Runs `build` as a checkpointed segment: the backward pass recomputes what is inside from the segment's inputs
   * instead of keeping it, trading about one more forward pass for memory.
   */
  checkpoint<T>(build: () => T): T {
    // Inside a segment everything is recomputed already.
    if (this.segment !== undefined) return build();
    this.segment = ++this.segmentCount;
    try {
      return build();
    } finally {
      this.segment = undefined;
    }
  }

  /** The ONNX model for `outputs`, without nodes and initializers that lead to none of them. */
  toModel(outputs: readonly Value[]): OnnxModel {
    const live = new Set<Value>();
    const liveNodes = new Set<Node>();
    const pending = [...outputs];
    for (let value = pending.pop(); value; value = pending.pop()) {
      if (live.has(value)) continue;
      live.add(value);
      if (!value.node || liveNodes.has(value.node)) continue;
      liveNodes.add(value.node);
      for (const input of value.node.inputs) if (input) pending.push(input);
    }
    const valueInfo = (v: Value) => ({
      name: v.name,
      dtype: v.dtype,
      dims: v.shape.map((dim) => (typeof dim === "number" ? dim : dimKey(dim))),
    });
    const nodes = this.nodes.filter((node) => liveNodes.has(node));
    const requested = new Set(outputs);
    const between = nodes.flatMap((node) => node.outputs).filter((value) => !requested.has(value));
    return {
      nodes: nodes.map(toOnnxNode),
      initializers: [...this.initializers].filter(([value]) => live.has(value)).map(([, tensor]) => tensor),
      inputs: this.inputs.filter((input) => live.has(input)).map(valueInfo),
      outputs: outputs.map(valueInfo),
      // Where the runtime cannot infer a size it invents a symbol of its own for each value. No two values then seem to be
      // of equal size, and its search for a buffer to reuse becomes quadratic: 14 s instead of 4 on a training graph.
      valueInfos: between.filter(({ shape }) => !shape.some(isOptional)).map(valueInfo),
    };
  }
}

/** A batch axis of 1 or the batch size (see `op-table.ts`): not one size, so nothing that the runtime could be told. */
const isOptional = (dim: Dim): boolean => typeof dim !== "number" && dim.key.includes("?");

function toOnnxNode(node: Node): OnnxNode {
  const domain = opTable[node.op].domain;
  return {
    op: node.op,
    ...(domain ? { domain } : {}),
    inputs: node.inputs.map((input) => input?.name ?? ""),
    outputs: node.outputs.map((output) => output.name),
    attributes: node.attributes,
  };
}

export const evaluateShape = (shape: Shape, symbols: Readonly<Record<string, number>>): number[] =>
  shape.map((dim: Dim) => evaluateDim(dim, symbols));
