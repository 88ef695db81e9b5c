/**
 * Every op of the engine, one row each: how its output shapes follow, and its vector-Jacobian product (VJP).
 * In the formulas `g` is the cotangent of the first output. Ops without a gradient say so with `vjp: "none"`;
 * a missing row does not compile.
 */
import assert from "node:assert";
import { addDims, floorDivDim, mulDims, sameDim, sameShape, shapeKey, type Dim, type Shape } from "./dim.ts";
import type { DType, Node, Value } from "./graph.ts";
import * as vjp from "./vjp.ts";

export interface InferContext {
  readonly inputs: readonly Value[];
  readonly attributes: Node["attributes"];
  readonly meta: Node["meta"];
}
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: Shape;
}
export interface VjpContext {
  readonly node: Node;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Cotangent of the first output. */
  readonly g: Value;
  /** Cotangents of all outputs, where they have one. */
  readonly cotangents: readonly (Value | undefined)[];
  /** Which inputs want a cotangent; others may be left undefined to save work. */
  readonly needs: readonly boolean[];
}
export interface OpRow {
  readonly domain?: "com.microsoft";
  readonly infer: (context: InferContext) => TensorInfo[];
  readonly vjp: ((context: VjpContext) => (Value | undefined)[]) | "none";
}

/** A symbol ending in "?" is a batch axis that is either 1 or the batch size: modules shared by all rows, or one per row. */
const isOptional = (dim: Dim) => typeof dim !== "number" && dim.key.endsWith("?");

function broadcastDims(a: Dim, b: Dim): Dim {
  if (sameDim(a, b) || b === 1 || isOptional(b)) return a;
  if (a === 1 || isOptional(a)) return b;
  throw new assert.AssertionError({ message: `sizes ${JSON.stringify([a, b])} do not broadcast` });
}
function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1;
  try {
    return Array.from({ length: rank }, (_, axis) => broadcastDims(at(a, axis), at(b, axis)));
  } catch {
    throw new assert.AssertionError({ message: `shapes ${shapeKey(a)} and ${shapeKey(b)} do not broadcast` });
  }
}

const like = ({ inputs }: InferContext): TensorInfo[] => [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }];
const broadcasted = ({ inputs: [a, b] }: InferContext): TensorInfo[] => {
  assert(a!.dtype === b!.dtype, `dtypes ${a!.dtype} and ${b!.dtype} do not mix`);
  return [{ dtype: a!.dtype, shape: broadcast(a!.shape, b!.shape) }];
};
const compared = (context: InferContext): TensorInfo[] => [{ dtype: "bool", shape: broadcasted(context)[0]!.shape }];
const fromMeta = ({ inputs, meta }: InferContext): TensorInfo[] => [
  { dtype: inputs[0]!.dtype, shape: meta["shape"] as Shape },
];

const inferMatMul = ({ inputs: [a, b] }: InferContext): TensorInfo[] => {
  const [x, y] = [a!.shape, b!.shape];
  assert(sameDim(x.at(-1)!, y.at(-2)!), `MatMul of ${shapeKey(x)} and ${shapeKey(y)}`);
  return [{ dtype: a!.dtype, shape: [...broadcast(x.slice(0, -2), y.slice(0, -2)), x.at(-2)!, y.at(-1)!] }];
};

const inferMatMulNBits = ({ inputs: [x], attributes }: InferContext): TensorInfo[] => {
  const { K, N } = attributes as { K: number; N: number };
  assert(x!.shape.at(-1) === K, `MatMulNBits of ${shapeKey(x!.shape)} and ${K} columns`);
  return [{ dtype: x!.dtype, shape: x!.shape.with(-1, N) }];
};

const inferGemm = ({ inputs: [a, b], attributes }: InferContext): TensorInfo[] => {
  const [m, k] = attributes["transA"] ? a!.shape.toReversed() : a!.shape;
  const [k2, n] = attributes["transB"] ? b!.shape.toReversed() : b!.shape;
  assert(sameDim(k!, k2!), `Gemm of ${shapeKey(a!.shape)} and ${shapeKey(b!.shape)}`);
  return [{ dtype: a!.dtype, shape: [m!, n!] }];
};

/** ⌊(size + pads − kernel) / stride⌋ + 1 */
const convSize = (size: Dim, padding: number, kernel: Dim, stride: number) =>
  addDims(floorDivDim(addDims(addDims(size, padding), mulDims(kernel, -1)), stride), 1);

const inferConv = ({ inputs: [x, w], attributes }: InferContext): TensorInfo[] => {
  const [n, c, h, width] = x!.shape as [Dim, Dim, Dim, Dim];
  const [o, c2, kh, kw] = w!.shape as [Dim, Dim, Dim, Dim];
  const groups = (attributes["group"] as number | undefined) ?? 1;
  assert(sameDim(c, mulDims(c2, groups)), `Conv of ${shapeKey(x!.shape)} with weight ${shapeKey(w!.shape)}`);
  const [top, left, bottom, right] = attributes["pads"] as number[];
  const [sh, sw] = attributes["strides"] as number[];
  const shape = [n, o, convSize(h, top! + bottom!, kh, sh!), convSize(width, left! + right!, kw, sw!)];
  return [{ dtype: x!.dtype, shape }];
};

const inferConvTranspose = ({ inputs: [x, w], attributes }: InferContext): TensorInfo[] => {
  const [n, , h, width] = x!.shape as [Dim, Dim, Dim, Dim];
  const [, c, kh, kw] = w!.shape as [Dim, Dim, number, number];
  const [top, left, bottom, right] = attributes["pads"] as number[];
  const [sh, sw] = attributes["strides"] as number[];
  const [oh, ow] = attributes["output_padding"] as number[];
  const size = (d: Dim, s: number, k: number, p: number, extra: number) => addDims(mulDims(d, s), k - s - p + extra);
  const shape = [n, c, size(h, sh!, kh, top! + bottom!, oh!), size(width, sw!, kw, left! + right!, ow!)];
  return [{ dtype: x!.dtype, shape }];
};

const inferReduce = ({ inputs: [x], meta }: InferContext): TensorInfo[] => {
  const axes = new Set(meta["axes"] as number[]);
  const kept = x!.shape.map((dim, axis) => (axes.has(axis) ? 1 : dim));
  return [{ dtype: x!.dtype, shape: meta["keepDims"] ? kept : kept.filter((_, axis) => !axes.has(axis)) }];
};

const inferConcat = ({ inputs, attributes }: InferContext): TensorInfo[] => {
  const axis = attributes["axis"] as number;
  const total = inputs.map(({ shape }) => shape[axis]!).reduce(addDims);
  const rest = (shape: Shape) => shape.toSpliced(axis, 1);
  assert(
    inputs.every(({ shape }) => sameShape(rest(shape), rest(inputs[0]!.shape))),
    "Concat of unequal shapes",
  );
  return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape.with(axis, total) }];
};

const inferSplit = ({ inputs: [x], attributes, meta }: InferContext): TensorInfo[] => {
  const [axis, sizes] = [attributes["axis"] as number, meta["sizes"] as number[]];
  assert(sizes.reduce((a, b) => a + b) === x!.shape[axis], `Split of ${shapeKey(x!.shape)} into ${sizes.join()}`);
  return sizes.map((size) => ({ dtype: x!.dtype, shape: x!.shape.with(axis, size) }));
};

const inferSlice = ({ inputs: [x], meta }: InferContext): TensorInfo[] => {
  if (meta["shape"]) return [{ dtype: x!.dtype, shape: meta["shape"] as Shape }];
  const { axis, start, end } = meta as { axis: number; start: number; end: number };
  if (start < 0) return [{ dtype: x!.dtype, shape: x!.shape.with(axis, end - start) }];
  const last = end <= 0 ? addDims(x!.shape[axis]!, end) : end;
  return [{ dtype: x!.dtype, shape: x!.shape.with(axis, addDims(last, -start)) }];
};

const inferPad = ({ inputs: [x], meta }: InferContext): TensorInfo[] => {
  const amounts = meta["amounts"] as [number, number][];
  return [{ dtype: x!.dtype, shape: x!.shape.map((dim, axis) => addDims(dim, amounts[axis]![0] + amounts[axis]![1])) }];
};

const scaled =
  (factor: (dim: Dim) => Dim) =>
  ({ inputs: [x] }: InferContext): TensorInfo[] => {
    const [n, c, h, w] = x!.shape as [Dim, Dim, Dim, Dim];
    return [{ dtype: x!.dtype, shape: [n, c, factor(h), factor(w)] }];
  };

const inferLayerNorm = ({ inputs: [x] }: InferContext): TensorInfo[] => {
  const row = { dtype: x!.dtype, shape: x!.shape.with(-1, 1) };
  return [{ dtype: x!.dtype, shape: x!.shape }, row, row];
};

const inferShape = ({ inputs: [x], attributes }: InferContext): TensorInfo[] => {
  const { start = 0, end = x!.shape.length } = attributes as { start?: number; end?: number };
  return [{ dtype: "int64", shape: [end - start] }];
};

/** The ops there are; a row missing from `opTable` is a compile error. */
export type Op =
  | "Neg"
  | "Exp"
  | "Log"
  | "Sqrt"
  | "Reciprocal"
  | "Sigmoid"
  | "Tanh"
  | "Erf"
  | "Relu"
  | "Abs"
  | "Sign"
  | "Sin"
  | "Cos"
  | "QuickGelu"
  | "Gelu"
  | "Softmax"
  | "Add"
  | "Sub"
  | "Mul"
  | "Div"
  | "Max"
  | "Min"
  | "Equal"
  | "Greater"
  | "Where"
  | "Cast"
  | "MatMul"
  | "MatMulNBits"
  | "Gemm"
  | "Conv"
  | "ConvTranspose"
  | "ReduceSum"
  | "ReduceMean"
  | "ReduceMax"
  | "ReduceLogSumExp"
  | "Reshape"
  | "Expand"
  | "Transpose"
  | "Concat"
  | "Split"
  | "Slice"
  | "Pad"
  | "Gather"
  | "Resize"
  | "AveragePool"
  | "LayerNormalization"
  | "SimplifiedLayerNormalization"
  | "Shape";

const row = (infer: OpRow["infer"], rule: OpRow["vjp"]): OpRow => ({ infer, vjp: rule });

export const opTable: Readonly<Record<Op, OpRow>> = {
  Neg: row(like, vjp.neg),
  Exp: row(like, vjp.exp),
  Log: row(like, vjp.log),
  Sqrt: row(like, vjp.sqrt),
  Reciprocal: row(like, vjp.reciprocal),
  Sigmoid: row(like, vjp.sigmoid),
  Tanh: row(like, vjp.tanh),
  Erf: row(like, vjp.erf),
  Relu: row(like, vjp.relu),
  Abs: row(like, vjp.abs),
  Sign: row(like, "none"),
  Sin: row(like, vjp.sin),
  Cos: row(like, vjp.cos),
  QuickGelu: { domain: "com.microsoft", infer: like, vjp: vjp.quickGelu },
  Gelu: row(like, vjp.gelu),
  Softmax: row(like, vjp.softmax),

  Add: row(broadcasted, vjp.add),
  Sub: row(broadcasted, vjp.sub),
  Mul: row(broadcasted, vjp.mul),
  Div: row(broadcasted, vjp.div),
  Max: row(broadcasted, vjp.max),
  Min: row(broadcasted, vjp.min),
  Equal: row(compared, "none"),
  Greater: row(compared, "none"),
  Where: row(
    ({ inputs: [c, a, b] }) => [{ dtype: a!.dtype, shape: broadcast(c!.shape, broadcast(a!.shape, b!.shape)) }],
    vjp.where,
  ),
  Cast: row(({ inputs: [x], meta }) => [{ dtype: meta["dtype"] as DType, shape: x!.shape }], vjp.cast),

  MatMul: row(inferMatMul, vjp.matmul),
  MatMulNBits: { domain: "com.microsoft", infer: inferMatMulNBits, vjp: "none" },
  Gemm: row(inferGemm, vjp.gemm),
  Conv: row(inferConv, vjp.conv),
  ConvTranspose: row(inferConvTranspose, "none"),

  ReduceSum: row(inferReduce, vjp.reduceSum),
  ReduceMean: row(inferReduce, vjp.reduceMean),
  ReduceMax: row(inferReduce, vjp.reduceMax),
  ReduceLogSumExp: row(inferReduce, vjp.reduceLogSumExp),

  Reshape: row(fromMeta, vjp.reshape),
  Expand: row(fromMeta, vjp.expand),
  Transpose: row(
    ({ inputs: [x], attributes }) => [
      { dtype: x!.dtype, shape: (attributes["perm"] as number[]).map((axis) => x!.shape[axis]!) },
    ],
    vjp.transpose,
  ),
  Concat: row(inferConcat, vjp.concat),
  Split: row(inferSplit, vjp.split),
  Slice: row(inferSlice, vjp.slice),
  Pad: row(inferPad, vjp.pad),
  Gather: row(
    ({ inputs: [table, indices] }) => [{ dtype: table!.dtype, shape: [...indices!.shape, ...table!.shape.slice(1)] }],
    vjp.gather,
  ),
  Resize: row(
    scaled((dim) => mulDims(dim, 2)),
    vjp.upsampleNearest2x,
  ),
  AveragePool: row(
    scaled((dim) => floorDivDim(dim, 2)),
    vjp.averagePool2x2,
  ),

  LayerNormalization: row(inferLayerNorm, vjp.layerNormalization),
  SimplifiedLayerNormalization: row(like, vjp.rmsNormalization),
  Shape: row(inferShape, "none"),
};
