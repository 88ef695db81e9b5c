/**
 * ONNX protobuf writer: just the messages a graph needs.
 * Field numbers from onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */

export const ONNX_DTYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

export type OnnxDType = keyof typeof ONNX_DTYPE;
export type OnnxAttribute = number | bigint | string | readonly number[] | { readonly float: number };
/** A number is a fixed size, a string a named dynamic one. */
export type OnnxDim = number | string;

export interface OnnxNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims: readonly number[];
  /** Bytes kept in the model, or a range of a file that the runtime maps. */
  readonly data: Uint8Array | { readonly location: string; readonly offset: number; readonly length: number };
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims: readonly OnnxDim[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** What is known of the values in between; see `Graph.toModel`. */
  readonly valueInfos?: readonly OnnxValueInfo[];
}

const IR_VERSION = 10;
const OPSET_VERSION = 21;
const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;
const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 } as const;
const DATA_LOCATION_EXTERNAL = 1;

/** Appends protobuf fields to a growing buffer. */
class ProtoWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + extra));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  private varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    while (rest > 0x7fn) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  int(field: number, value: number | bigint): this {
    this.tag(field, WIRE_VARINT);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.tag(field, WIRE_FIXED32);
    this.reserve(4);
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true);
    this.length += 4;
    return this;
  }

  raw(field: number, value: Uint8Array): this {
    this.tag(field, WIRE_BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    return this.raw(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (inner: ProtoWriter) => void): this {
    const inner = new ProtoWriter();
    write(inner);
    return this.raw(field, inner.finish());
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

function writeAttribute(w: ProtoWriter, name: string, value: OnnxAttribute): void {
  w.string(1, name);
  if (typeof value === "string") w.string(4, value).int(20, ATTRIBUTE_TYPE.STRING);
  else if (typeof value === "number" || typeof value === "bigint") w.int(3, value).int(20, ATTRIBUTE_TYPE.INT);
  else if ("float" in value) w.float(2, value.float).int(20, ATTRIBUTE_TYPE.FLOAT);
  else {
    for (const item of value) w.int(8, item);
    w.int(20, ATTRIBUTE_TYPE.INTS);
  }
}

function writeNode(w: ProtoWriter, node: OnnxNode): void {
  for (const input of node.inputs) w.string(1, input);
  for (const output of node.outputs) w.string(2, output);
  w.string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) w.message(5, (a) => writeAttribute(a, name, value));
  if (node.domain) w.string(7, node.domain);
}

function writeInitializer(w: ProtoWriter, tensor: OnnxInitializer): void {
  for (const dim of tensor.dims) w.int(1, dim);
  w.int(2, ONNX_DTYPE[tensor.dtype]).string(8, tensor.name);
  const { data } = tensor;
  if (data instanceof Uint8Array) {
    w.raw(9, data);
    return;
  }
  const entries = { location: data.location, offset: String(data.offset), length: String(data.length) };
  for (const [key, value] of Object.entries(entries)) w.message(13, (e) => e.string(1, key).string(2, value));
  w.int(14, DATA_LOCATION_EXTERNAL);
}

function writeValueInfo(w: ProtoWriter, info: OnnxValueInfo): void {
  const shape = (s: ProtoWriter) => {
    for (const dim of info.dims) s.message(1, (d) => (typeof dim === "number" ? d.int(1, dim) : d.string(2, dim)));
  };
  const tensorType = (t: ProtoWriter) => t.int(1, ONNX_DTYPE[info.dtype]).message(2, shape);
  w.string(1, info.name).message(2, (type) => type.message(1, tensorType));
}

/** Serialises a model (IR 10, opset 21 plus `com.microsoft` 1) to `.onnx` bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const graph = (g: ProtoWriter) => {
    for (const node of model.nodes) g.message(1, (n) => writeNode(n, node));
    g.string(2, "animula");
    for (const tensor of model.initializers) g.message(5, (t) => writeInitializer(t, tensor));
    for (const input of model.inputs) g.message(11, (v) => writeValueInfo(v, input));
    for (const output of model.outputs) g.message(12, (v) => writeValueInfo(v, output));
    for (const info of model.valueInfos ?? []) g.message(13, (v) => writeValueInfo(v, info));
  };
  return new ProtoWriter()
    .int(1, IR_VERSION)
    .string(2, "animula")
    .message(7, graph)
    .message(8, (o) => o.string(1, "").int(2, OPSET_VERSION))
    .message(8, (o) => o.string(1, "com.microsoft").int(2, 1))
    .finish();
}
