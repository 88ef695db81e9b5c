/**
 * The graph's vocabulary: one function per op, plus the few compositions every layer needs.
 * Shapes are symbolic; `axes` count from 0 and may be negative.
 */
import assert from "node:assert";
import { ONNX_DTYPE } from "../format/index.ts";
import { addDims, dimKey, isStatic, mulDims, productOf, sameDim, type Dim, type Shape } from "./dim.ts";
import type { DType, Value } from "./graph.ts";
import type { Op } from "./op-table.ts";

const unary = (op: Op) => (x: Value) => x.graph.emit(op, [x])[0]!;
const binary = (op: Op) => (a: Value, b: Value) => a.graph.emit(op, [a, b])[0]!;

export const neg = unary("Neg");
export const exp = unary("Exp");
export const log = unary("Log");
export const sqrt = unary("Sqrt");
export const reciprocal = unary("Reciprocal");
export const sigmoid = unary("Sigmoid");
export const tanh = unary("Tanh");
export const erf = unary("Erf");
export const relu = unary("Relu");
export const abs = unary("Abs");
export const sign = unary("Sign");
export const sin = unary("Sin");
export const cos = unary("Cos");
export const add = binary("Add");
export const sub = binary("Sub");
export const mul = binary("Mul");
export const div = binary("Div");
export const maximum = binary("Max");
export const minimum = binary("Min");
export const equal = binary("Equal");
export const greater = binary("Greater");
export const matmul = binary("MatMul");

export const where = (condition: Value, a: Value, b: Value): Value => a.graph.emit("Where", [condition, a, b])[0]!;

const ARRAY_OF: Partial<Record<DType, (values: readonly number[]) => Float32Array | Float64Array | BigInt64Array>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
};

/** Inline constant from numbers; a rank-0 tensor when `shape` is `[]`. */
export function constant(like: Value, values: readonly number[], shape: readonly number[], dtype = like.dtype): Value {
  const toArray = ARRAY_OF[dtype];
  assert(toArray, `no inline constants of ${dtype}`);
  return like.graph.constant(toArray(values), shape, dtype);
}
export const scalar = (like: Value, value: number): Value => constant(like, [value], []);
const ints = (like: Value, values: readonly number[]): Value => constant(like, values, [values.length], "int64");

export const addScalar = (x: Value, value: number): Value => add(x, scalar(x, value));
export const mulScalar = (x: Value, value: number): Value => (value === 1 ? x : mul(x, scalar(x, value)));

export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return x.graph.emit("Cast", [x], { to: ONNX_DTYPE[dtype] }, { dtype })[0]!;
}

/** x · sigmoid(alpha · x): SiLU at alpha = 1, CLIP's quick GELU at 1.702. */
export const quickGelu = (x: Value, alpha = 1.702): Value =>
  x.graph.emit("QuickGelu", [x], { alpha: { float: alpha } }, { alpha })[0]!;
export const silu = (x: Value): Value => quickGelu(x, 1);
export const gelu = (x: Value, approximate: "none" | "tanh" = "none"): Value =>
  x.graph.emit("Gelu", [x], { approximate })[0]!;
export const softmax = (x: Value): Value => x.graph.emit("Softmax", [x], { axis: -1 })[0]!;

/** A·B + C for 2-D A and B; weights stay `[out, in]` with `transB`. */
export function gemm(a: Value, b: Value, c?: Value, { transA = false, transB = false } = {}): Value {
  const attributes = { transA: Number(transA), transB: Number(transB) };
  return a.graph.emit("Gemm", c ? [a, b, c] : [a, b], attributes)[0]!;
}

/** A matrix [out, in] in blocks of few bits along `in`, as ONNX Runtime's MatMulNBits reads it: w ≈ scale · (q − zero). */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  /** Values of a block; the last block of a row may be longer than the row. */
  readonly blockSize: number;
  readonly outSize: number;
  readonly inSize: number;
  /** q, uint8 [out, blocks, blockSize · bits / 8], of two in a byte the first in its lower half. */
  readonly packed: Value;
  /** float32 [out, blocks] */
  readonly scales: Value;
  /** uint8 [out, ⌈blocks · bits / 8⌉], packed as q; without them they are 2^(bits − 1). */
  readonly zeros?: Value;
}

/** What MatMulNBits rounds its input to: to 8 bits by block. Only then are there fast kernels for 8 bits of weights. */
const ACCURACY_INT8 = 4;

/** x·Wᵀ + b, x [..., in] float32, whose blocks are rounded to 8 bits row by row: no row depends on another. */
export function matmulBlocks(x: Value, matrix: BlockMatrix, bias?: Value): Value {
  const { bits, blockSize, outSize, inSize, packed, scales, zeros } = matrix;
  const attributes = { K: inSize, N: outSize, bits, block_size: blockSize, accuracy_level: ACCURACY_INT8 };
  const inputs = [x, packed, scales, zeros, undefined, bias];
  while (inputs.at(-1) === undefined) inputs.pop();
  return x.graph.emit("MatMulNBits", inputs, attributes)[0]!;
}

export interface ConvOptions {
  readonly strides?: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads?: readonly [number, number, number, number];
}
/**
 * x [N, C, H, W], weight [O, C / group, kH, kW], bias [O].
 * @param options.group as many parts of the channels that do not see each other; only 1 has a gradient
 */
export function conv(
  x: Value,
  weight: Value,
  bias?: Value,
  options: ConvOptions & { readonly group?: number } = {},
): Value {
  const { group = 1 } = options;
  const sizes = { strides: options.strides ?? [1, 1], pads: options.pads ?? [0, 0, 0, 0] };
  const attributes = group === 1 ? sizes : { ...sizes, group };
  return x.graph.emit("Conv", bias ? [x, weight, bias] : [x, weight], attributes)[0]!;
}
/** The transpose of `conv` in its input: x [N, O, h, w], weight [O, C, kH, kW] → [N, C, H, W]. */
export function convTranspose(
  x: Value,
  weight: Value,
  options: ConvOptions & { readonly outputPadding?: readonly [number, number] } = {},
): Value {
  const attributes = {
    strides: options.strides ?? [1, 1],
    pads: options.pads ?? [0, 0, 0, 0],
    output_padding: options.outputPadding ?? [0, 0],
  };
  return x.graph.emit("ConvTranspose", [x, weight], attributes)[0]!;
}

const positive = (x: Value, axes: readonly number[]) => axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
function reduce(op: Op, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const meta = { axes: positive(x, axes), keepDims };
  if (axes.length === 0) return x;
  return x.graph.emit(op, [x, ints(x, meta.axes)], { keepdims: Number(keepDims) }, meta)[0]!;
}
export const allAxes = (x: Value): number[] => x.shape.map((_, axis) => axis);
export const reduceSum = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce("ReduceSum", x, axes, keepDims);
export const reduceMean = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce("ReduceMean", x, axes, keepDims);
export const reduceMax = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce("ReduceMax", x, axes, keepDims);

export const reduceLogSumExp = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce("ReduceLogSumExp", x, axes, keepDims);

/** Run-time value of a dim as an int64 tensor of shape [1]. */
export function dimValue(like: Value, dim: Dim): Value {
  if (typeof dim === "number") return ints(like, [dim]);
  const { graph } = like;
  return graph.once(`dim ${dim.key}`, () => {
    const terms = [...dim.terms].map(([monomial, coefficient]) => {
      const factors = monomial === "" ? [] : monomial.split("*").map((name) => symbolValue(like, name));
      return factors.reduce(mul, ints(like, [coefficient]));
    });
    return terms.reduce(add);
  });
}

function symbolValue(like: Value, name: string): Value {
  const { input, axis, multiple } = like.graph.symbolSource(name);
  return like.graph.once(`symbol ${name}`, () => {
    const size = like.graph.emit("Shape", [input], { start: axis, end: axis + 1 })[0]!;
    return multiple === 1 ? size : div(size, ints(like, [multiple]));
  });
}

/** The target shape as an int64 tensor; a constant wherever ONNX's 0 (copy) and −1 (infer) can express it. */
function shapeTensor(x: Value, shape: Shape): Value {
  let inferred = 0;
  const spelled = shape.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    if (axis < x.shape.length && sameDim(dim, x.shape[axis]!)) return 0;
    inferred++;
    return -1;
  });
  if (inferred <= 1) return ints(x, spelled);
  return x.graph.once(`shape ${shape.map(dimKey).join()}`, () => {
    const parts = shape.map((dim) => dimValue(x, dim));
    return x.graph.emit("Concat", parts, { axis: 0 })[0]!;
  });
}

export function reshape(x: Value, shape: Shape): Value {
  assert(
    sameDim(productOf(shape), productOf(x.shape)),
    `cannot reshape ${x.shape.map(dimKey).join("×")} to ${shape.map(dimKey).join("×")}`,
  );
  return x.graph.emit("Reshape", [x, shapeTensor(x, shape)], {}, { shape })[0]!;
}

/** Repeats size-1 axes up to `shape`. */
export function expand(x: Value, shape: Shape): Value {
  const target = isStatic(shape)
    ? ints(x, shape)
    : x.graph.once(`shape ${shape.map(dimKey).join()}`, () => {
        const parts = shape.map((dim) => dimValue(x, dim));
        return x.graph.emit("Concat", parts, { axis: 0 })[0]!;
      });
  return x.graph.emit("Expand", [x, target], {}, { shape })[0]!;
}

export const transpose = (x: Value, perm: readonly number[]): Value => x.graph.emit("Transpose", [x], { perm })[0]!;
/** Swaps the last two axes. */
export function swapLast(x: Value): Value {
  const perm = allAxes(x);
  perm.push(...perm.splice(-2, 1));
  return transpose(x, perm);
}

export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0]!;
  return values.length === 1 ? first : first.graph.emit("Concat", values, { axis: positive(first, [axis])[0]! })[0]!;
}

/** Cuts an axis into pieces of the given static sizes. */
export function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  const at = positive(x, [axis])[0]!;
  return x.graph.emit("Split", [x, ints(x, sizes)], { axis: at }, { sizes })!;
}

/** x[…, start:end, …] on one axis; `end` counts back from the end when ≤ 0 (0 = to the end), and so does a `start` < 0. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const at = positive(x, [axis])[0]!;
  const last = end <= 0 ? (end === 0 ? Number.MAX_SAFE_INTEGER : end) : end;
  return x.graph.emit("Slice", [x, ints(x, [start]), ints(x, [last]), ints(x, [at])], {}, { axis: at, start, end })[0]!;
}

/** `count` entries of an axis, every `stride`-th from `start`. */
export function strided(x: Value, axis: number, start: number, count: Dim, stride: number): Value {
  if (stride === 1)
    return slice(x, axis, start, typeof count === "number" ? start + count : endOf(x.shape[axis]!, start, count));
  const last = addDims(mulDims(addDims(count, -1), stride), start + 1);
  const meta = { shape: x.shape.with(axis, count), axis, start, stride };
  return x.graph.emit(
    "Slice",
    [x, ints(x, [start]), dimValue(x, last), ints(x, [axis]), ints(x, [stride])],
    {},
    meta,
  )[0]!;
}
/** [a, b, c] → [a, 0, b, 0, c] along an axis, with stride − 1 zeros between neighbours. */
export function spread(x: Value, axis: number, stride: number): Value {
  const apart = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const padded = pad(
    apart,
    apart.shape.map((_, at) => (at === axis + 1 ? [0, stride - 1] : [0, 0])),
  );
  const joined = reshape(padded, x.shape.with(axis, mulDims(x.shape[axis]!, stride)));
  return slice(joined, axis, 0, 1 - stride);
}

/** The end of a slice counted from the back, so that it needs no run-time size. */
function endOf(size: Dim, start: number, count: Dim): number {
  const rest = addDims(size, mulDims(addDims(count, start), -1));
  assert(typeof rest === "number" && rest >= 0, "slice end does not follow from the sizes");
  return -rest;
}

/** Zero padding, `[before, after]` per axis. */
export function pad(x: Value, amounts: readonly (readonly [number, number])[]): Value {
  const flat = [...amounts.map(([before]) => before), ...amounts.map(([, after]) => after)];
  return x.graph.emit("Pad", [x, ints(x, flat)], { mode: "constant" }, { amounts })[0]!;
}

/** Rows of `table` [V, …] chosen by integer `indices`. */
export const gather = (table: Value, indices: Value): Value =>
  table.graph.emit("Gather", [table, indices], { axis: 0 })[0]!;

/**
 * Rows of `table` [R, C], each taken at most once by an index whose gradient is not zero: the gradient is a gather too.
 * @param indices [M] int64
 * @param inverse [R] int64: which of the M took the row, or M for none
 */
export const gatherOnce = (table: Value, indices: Value, inverse: Value): Value =>
  table.graph.emit("Gather", [table, indices], { axis: 0 }, { inverse })[0]!;

/** Nearest-neighbour ×2 of [N, C, H, W]. */
export function upsampleNearest2x(x: Value): Value {
  const scales = constant(x, [1, 1, 2, 2], [4], "float32");
  const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return x.graph.emit("Resize", [x, undefined, scales], attributes)[0]!;
}
export const averagePool2x2 = (x: Value): Value =>
  x.graph.emit("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] })[0]!;

/** Normalises the last axis. `plain` marks a scale of ones without bias, which the backward pass exploits. */
export function layerNormalization(
  x: Value,
  scale: Value,
  bias: Value | undefined,
  epsilon: number,
  plain = false,
): Value {
  const inputs = bias ? [x, scale, bias] : [x, scale];
  return x.graph.emit("LayerNormalization", inputs, { axis: -1, epsilon: { float: epsilon } }, { plain })[0]!;
}

/** x / √(mean(x²) + ε) · scale over the last axis; the runtime's name for it is SimplifiedLayerNormalization. */
export const rmsNormalization = (x: Value, scale: Value, epsilon: number): Value =>
  x.graph.emit("SimplifiedLayerNormalization", [x, scale], { axis: -1, epsilon: { float: epsilon } }, { epsilon })[0]!;

/** A tensor of ones of any (also symbolic) shape. */
export function onesOf(like: Value, shape: Shape): Value {
  return like.graph.once(`ones ${like.dtype} ${shape.map(dimKey).join()}`, () =>
    expand(
      constant(
        like,
        [1],
        shape.map(() => 1),
      ),
      shape,
    ),
  );
}

/** Sums a cotangent over the axes along which `shape` was broadcast. */
export function sumTo(x: Value, shape: Shape): Value {
  const lead = x.shape.length - shape.length;
  const summed = x.shape
    .map((dim, axis) => ({ axis, shrinks: axis < lead || (shape[axis - lead] === 1 && dim !== 1) }))
    .filter(({ shrinks }) => shrinks)
    .map(({ axis }) => axis);
  if (summed.length === 0) return x;
  const sum = reduceSum(x, summed, true);
  return lead === 0 ? sum : reshape(sum, shape);
}

/**
 * `x` again, in a way the runtime cannot evaluate before `anchor` exists: its shape becomes dims + 0·size(anchor).
 * It keeps constant folding and common-subexpression elimination from undoing recomputation and weight casts.
 */
export function gate(x: Value, anchor: Value): Value {
  const { graph } = x;
  const zero = graph.once(`zero after ${anchor.name}`, () => {
    const size = graph.emit("Shape", [anchor], { start: 0, end: 1 })[0]!;
    return mul(size, ints(x, [0]));
  });
  const dims = isStatic(x.shape)
    ? ints(x, x.shape)
    : graph.once(`shape of ${x.name}`, () => graph.emit("Shape", [x])[0]!);
  return graph.emit("Reshape", [x, add(dims, zero)], {}, { shape: x.shape })[0]!;
}

/** A frozen half-precision weight as float32, decoded only once `anchor` exists. */
export function decodeWeight(weight: Value, anchor: Value): Value {
  if (weight.dtype === "float32") return weight;
  const gated = gate(weight, anchor);
  return weight.graph.emit("Cast", [gated], { to: ONNX_DTYPE.float32 }, { dtype: "float32", decodedFrom: weight })[0]!;
}

/** The same weight for use in the backward pass: decoded anew, so that no float32 copy lives from forward to backward. */
export function weightForBackward(weight: Value, cotangent: Value): Value {
  const source = weight.node?.meta["decodedFrom"] as Value | undefined;
  return source ? decodeWeight(source, cotangent) : weight;
}

/** All shifts of a window over an already padded x [C, N, H, W], below one another: [kH·kW·C, N·outH·outW]. */
export function windows(
  x: Value,
  kH: number,
  kW: number,
  outH: Dim,
  outW: Dim,
  strideH: number,
  strideW: number,
): Value {
  const [c, n] = x.shape as [number, Dim];
  const shifted: Value[] = [];
  for (let i = 0; i < kH; i++) {
    const rows = strided(x, 2, i, outH, strideH);
    for (let j = 0; j < kW; j++)
      shifted.push(reshape(strided(rows, 3, j, outW, strideW), [c, productOf([n, outH, outW])]));
  }
  return concat(shifted, 0);
}
