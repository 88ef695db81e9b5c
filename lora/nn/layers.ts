/** Layers as graph functions. Names and layouts are PyTorch's: linear weights [out, in], conv weights [out, in, k, k]. */
import assert from "node:assert";
import {
  add,
  concat,
  conv,
  decodeWeight,
  gemm,
  layerNormalization,
  matmul,
  matmulBlocks,
  mul,
  mulScalar,
  onesOf,
  pad,
  productOf,
  reshape,
  slice,
  split,
  strided,
  swapLast,
  transpose,
  type Dim,
  type Value,
} from "../graph/index.ts";
import type { LayerAdapter, Scope } from "./scope.ts";

/**
 * y = x·Wᵀ + b, plus scale · (x·downᵀ)·upᵀ where the layer is a target.
 * @param x [N, T, in] or [M, in]
 */
export function linear(scope: Scope, x: Value, inSize: number, outSize: number, bias = true): Value {
  const offset = bias ? decodeWeight(scope.parameter("bias", [outSize]), x) : undefined;
  return addLinearAdapter(scope, x, product(scope, "weight", x, [outSize, inSize], offset), inSize, outSize);
}

/** x·Wᵀ + b with the parameter `name` [out, in], be it of floats or of few bits. @param x [N, T, in] or [M, in] */
export function product(
  scope: Scope,
  name: string,
  x: Value,
  shape: readonly [outSize: number, inSize: number],
  bias?: Value,
): Value {
  const blocks = scope.blocks(name, shape);
  return blocks ? matmulBlocks(x, blocks, bias) : gemmRows(x, decodeWeight(scope.parameter(name, shape), x), bias);
}

/** The product of `linear` for any number of leading axes. */
function gemmRows(x: Value, weight: Value, bias: Value | undefined): Value {
  const [outSize, inSize] = weight.shape as [Dim, Dim];
  const lead = x.shape.slice(0, -1);
  const y = gemm(lead.length === 1 ? x : reshape(x, [productOf(lead), inSize]), weight, bias, { transB: true });
  return lead.length === 1 ? y : reshape(y, [...lead, outSize]);
}

function addLinearAdapter(scope: Scope, x: Value, y: Value, inSize: number, outSize: number): Value {
  const adapter = scope.adapter("linear", inSize, outSize);
  if (!adapter) return y;
  // A row of its own for each batch entry, so that [A, …] matrices meet the batch axis and not the width.
  const rows = x.shape.length === 2 ? reshape(x, [x.shape[0]!, 1, inSize]) : x;
  const hidden = matmul(rows, swapLast(adapter.down));
  const delta = matmul(hidden, swapLast(adapter.up));
  return add(y, mulScalar(x.shape.length === 2 ? reshape(delta, y.shape) : delta, adapter.scale));
}

export interface ConvLayer {
  readonly kernel: number;
  readonly stride?: 1 | 2;
  /** Same on all sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
}

/** 2-D convolution, x [N, in, H, W]. In a circular scope an even padding shows the other side. */
export function conv2d(scope: Scope, x: Value, inSize: number, outSize: number, layer: ConvLayer): Value {
  const { padding } = layer;
  if (scope.borders === "zeros" || typeof padding !== "number" || padding === 0)
    return plainConv2d(scope, x, inSize, outSize, layer);
  return plainConv2d(scope, wrapAround(x, padding), inSize, outSize, { ...layer, padding: 0 });
}

function plainConv2d(scope: Scope, x: Value, inSize: number, outSize: number, layer: ConvLayer): Value {
  const { kernel, stride = 1, padding = 0 } = layer;
  const weight = decodeWeight(scope.parameter("weight", [outSize, inSize, kernel, kernel]), x);
  const bias = decodeWeight(scope.parameter("bias", [outSize]), x);
  const pads = typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  const y = conv(x, weight, bias, { strides: [stride, stride], pads });
  const adapter = scope.adapter("conv", inSize, outSize, kernel);
  return adapter ? add(y, convAdapter(x, y, adapter, layer)) : y;
}

/** x [N, C, H, W] → [N, C, H + 2 · padding, W + 2 · padding], going on as if it repeated. */
function wrapAround(x: Value, padding: number): Value {
  const wrap = (value: Value, axis: number): Value =>
    concat([slice(value, axis, -padding, 0), value, slice(value, axis, 0, padding)], axis);
  return wrap(wrap(x, 2), 3);
}

/**
 * up · (down ∗ x) as batched matrix products, so that each row of the batch may carry its own module. For a k×k kernel,
 * `down` is applied once per offset and the results are shifted and summed: k²·rank planes move instead of k²·in.
 */
function convAdapter(x: Value, y: Value, adapter: LayerAdapter, { kernel, stride = 1, padding = 0 }: ConvLayer): Value {
  assert(typeof padding === "number", "adapters on convolutions with uneven padding are not supported");
  const hidden =
    kernel === 1 && stride === 1
      ? pointwise(adapter.down, x)
      : shiftedDown(x, y, adapter.down, kernel, stride, padding);
  return mulScalar(reshape(matmul(adapter.up, hidden), y.shape), adapter.scale);
}

/** weight [A, m, C] on x [N, C, H, W] → [N, m, H·W] */
function pointwise(weight: Value, x: Value): Value {
  const [n, c, h, w] = x.shape as [Dim, number, Dim, Dim];
  return matmul(weight, reshape(x, [n, c, productOf([h, w])]));
}

/** down [A, r, C·k·k] as a convolution of x → [N, r, H′·W′] */
function shiftedDown(x: Value, y: Value, down: Value, kernel: number, stride: number, padding: number): Value {
  const [n, c, h, w] = x.shape as [Dim, number, Dim, Dim];
  const [outH, outW] = y.shape.slice(2) as [Dim, Dim];
  const [rows, rank] = down.shape as [Dim, Dim];
  const offsets = kernel * kernel;
  const perOffset = transpose(reshape(down, [rows, rank, c, offsets]), [0, 3, 1, 2]);
  const all = pointwise(reshape(perOffset, [rows, productOf([offsets, rank]), c]), x);
  const planes = reshape(all, [n, offsets, rank, h, w]);
  const around = [padding, padding] as const;
  const padded = pad(planes, [[0, 0], [0, 0], [0, 0], around, around]);
  const shifted = split(
    padded,
    Array.from({ length: offsets }, () => 1),
    1,
  ).map((plane, offset) => {
    const lines = strided(plane, 3, Math.floor(offset / kernel), outH, stride);
    return strided(lines, 4, offset % kernel, outW, stride);
  });
  return reshape(shifted.reduce(add), [n, rank, productOf([outH, outW])]);
}

/**
 * Group normalisation of [N, C, H, W]: a layer normalisation of each group, whose mean and deviation the backward pass
 * reuses, then scale and bias per channel.
 */
export function groupNorm(scope: Scope, x: Value, groups: number, epsilon: number): Value {
  const [n, c, ...space] = x.shape as [Dim, number, ...Dim[]];
  const grouped = reshape(x, [n, groups, productOf([c / groups, ...space])]);
  const ones = onesOf(x, [grouped.shape[2]!]);
  const normalised = reshape(layerNormalization(grouped, ones, undefined, epsilon, true), x.shape);
  const perChannel = (name: string) =>
    reshape(decodeWeight(scope.parameter(name, [c]), x), [1, c, ...space.map(() => 1)]);
  return add(mul(normalised, perChannel("weight")), perChannel("bias"));
}

/** Layer normalisation over the last axis of size `size`. */
export function layerNorm(scope: Scope, x: Value, size: number, epsilon = 1e-5): Value {
  const weight = decodeWeight(scope.parameter("weight", [size]), x);
  return layerNormalization(x, weight, decodeWeight(scope.parameter("bias", [size]), x), epsilon);
}
