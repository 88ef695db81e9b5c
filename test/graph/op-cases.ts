import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import * as op from "../../lora/graph/index.ts";
import type { DType, Value } from "../../lora/graph/index.ts";

/** A case of test/golden/ops: one op with attributes, inputs, outputs and the gradients of a random linear loss. */
export interface OpCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly gradients: readonly string[];
}

export interface CaseTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Uint8Array;
}

const folder = new URL("../golden/ops/", import.meta.url);
export const opCases = JSON.parse(readFileSync(new URL("ops.json", folder), "utf8")) as readonly OpCase[];
const file = openSafetensors(fileURLToPath(new URL("ops.safetensors", folder)));

/** kind: "in", "out", "cot" (upstream cotangent) or "grad". */
export function caseTensor({ name }: OpCase, kind: "in" | "out" | "cot" | "grad", which: string): CaseTensor {
  const key = `${name}/${kind}/${which}`;
  const { dtype, shape, data } = readTensorRaw(file, key);
  if (dtype === "I64") return { dtype: "int64", shape, data: data as BigInt64Array };
  if (dtype === "BOOL") return { dtype: "bool", shape, data: data as Uint8Array };
  return { dtype: "float32", shape, data: readTensor(file, key) };
}

type Build = (inputs: readonly Value[], attrs: never) => Value[];
const one =
  (build: (...inputs: Value[]) => Value): Build =>
  (inputs) => [build(...inputs)];

interface ConvAttrs {
  readonly strides: [number, number];
  readonly pads: [number, number, number, number];
  readonly output_padding: [number, number];
}
interface ReduceAttrs {
  readonly axes: number[];
  readonly keepdims: number;
}
const reduction =
  (reduce: (x: Value, axes: readonly number[], keepDims?: boolean) => Value) =>
  ([x]: readonly Value[], { axes, keepdims }: ReduceAttrs): Value[] => [reduce(x!, axes, keepdims === 1)];

/** −1 worked out and 0 copied, as ONNX's Reshape does. */
function targetShape(x: Value, spelled: readonly number[]): number[] {
  const sizes = x.shape as readonly number[];
  const copied = spelled.map((size, axis) => (size === 0 ? sizes[axis]! : size));
  const known = copied.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
  return copied.map((size) => (size === -1 ? sizes.reduce((a, b) => a * b, 1) / known : size));
}

/** How a golden's op is spelled in our graph. */
export const builders: Readonly<Record<string, Build>> = {
  Add: one(op.add),
  Sub: one(op.sub),
  Mul: one(op.mul),
  Div: one(op.div),
  Max: one(op.maximum),
  Min: one(op.minimum),
  Neg: one(op.neg),
  Exp: one(op.exp),
  Log: one(op.log),
  Sqrt: one(op.sqrt),
  Reciprocal: one(op.reciprocal),
  Sigmoid: one(op.sigmoid),
  Tanh: one(op.tanh),
  Erf: one(op.erf),
  Relu: one(op.relu),
  Abs: one(op.abs),
  Sin: one(op.sin),
  Cos: one(op.cos),
  Silu: one(op.silu),
  QuickGelu: one((x) => op.quickGelu(x)),
  Gelu: ([x], { approximate }: { approximate: "none" | "tanh" }) => [op.gelu(x!, approximate)],
  Softmax: one(op.softmax),
  Where: one(op.where),
  Cast: ([x], { to }: { to: string }) => [op.cast(op.cast(x!, to === "FLOAT" ? "float32" : "float16"), "float32")],
  MatMul: one(op.matmul),
  Gemm: ([a, b, c], { transA, transB }: { transA: number; transB: number }) => [
    op.gemm(a!, b!, c, { transA: transA === 1, transB: transB === 1 }),
  ],
  Conv: ([x, w, b], { strides, pads }: ConvAttrs) => [op.conv(x!, w!, b, { strides, pads })],
  ConvTranspose: ([x, w, b], { strides, pads, output_padding: outputPadding }: ConvAttrs) => {
    const y = op.convTranspose(x!, w!, { strides, pads, outputPadding });
    return [b ? op.add(y, op.reshape(b, [1, b.shape[0]!, 1, 1])) : y];
  },
  ReduceSum: reduction(op.reduceSum),
  ReduceMean: reduction(op.reduceMean),
  ReduceMax: reduction(op.reduceMax),
  ReduceLogSumExp: reduction(op.reduceLogSumExp),
  Reshape: ([x], { shape }: { shape: number[] }) => [op.reshape(x!, targetShape(x!, shape))],
  Unsqueeze: ([x], { axes }: { axes: number[] }) => [
    op.reshape(
      x!,
      axes.reduce<readonly op.Dim[]>((shape, axis) => shape.toSpliced(axis, 0, 1), x!.shape),
    ),
  ],
  Squeeze: ([x], { axes }: { axes: number[] }) => [
    op.reshape(
      x!,
      x!.shape.filter((_, axis) => !axes.includes(axis)),
    ),
  ],
  Expand: ([x], { shape }: { shape: number[] }) => [op.expand(x!, shape)],
  Transpose: ([x], { perm }: { perm: number[] }) => [op.transpose(x!, perm)],
  Concat: (values, { axis }: { axis: number }) => [op.concat(values, axis)],
  Split: ([x], { axis, split }: { axis: number; split: number[] }) => op.split(x!, split, axis),
  Slice: ([x], { starts, ends, axes, steps }: Record<"starts" | "ends" | "axes" | "steps", number[]>) => [
    axes.reduce((y, axis, i) => {
      const size = y.shape[axis] as number;
      const from = starts[i]! < 0 ? starts[i]! + size : starts[i]!;
      if (steps[i] !== 1) return op.strided(y, axis, from, Math.ceil((size - from) / steps[i]!), steps[i]!);
      return op.slice(y, axis, from, ends[i]! > size ? 0 : ends[i]!);
    }, x!),
  ],
  Pad: ([x], { pads }: { pads: number[] }) => [
    op.pad(
      x!,
      x!.shape.map((_, axis) => [pads[axis]!, pads[axis + x!.shape.length]!]),
    ),
  ],
  Gather: one(op.gather),
  Resize: one(op.upsampleNearest2x),
  AveragePool: one(op.averagePool2x2),
  LayerNormalization: ([x, scale, bias], { epsilon }: { epsilon: number }) => [
    op.layerNormalization(x!, scale!, bias, epsilon),
  ],
  SimplifiedLayerNormalization: ([x, scale], { epsilon }: { epsilon: number }) => [
    op.rmsNormalization(x!, scale!, epsilon),
  ],
};
