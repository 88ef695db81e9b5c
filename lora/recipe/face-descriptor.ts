/**
 * The face network of `@vladmandic/face-api` (dlib's ResNet-34 with half the filters, 5.6 million parameters): a face
 * as 128 numbers that lie near each other for one person. It was made for photographs; how well it tells drawn characters
 * apart is measured beside each use (`areaUnderCurve`).
 */
import sharp from "sharp";
import {
  add,
  averagePool2x2,
  gemm,
  Graph,
  maximum,
  pad,
  reduceMean,
  relu,
  strided,
  type Value,
} from "../graph/index.ts";
import { conv2d, Scope, type ParameterSource } from "../nn/index.ts";
import { Session, type HostTensor } from "../runtime/index.ts";
import type { PackedWeights } from "./face-descriptor-package.ts";

export const FACE_SIDE = 150;
export const DESCRIPTOR_SIZE = 128;
/** Of the photographs it was trained on; the differences are divided by 255. */
const MEAN_RGB = [122.782, 117.001, 104.298] as const;

/** Stages in their order: a block that halves the side, where there is one, then blocks that keep it. */
const STAGES = [
  { down: undefined, name: "conv32", inSize: 32, width: 32, blocks: 3 },
  { down: "conv64_down", name: "conv64", inSize: 32, width: 64, blocks: 3 },
  { down: "conv128_down", name: "conv128", inSize: 64, width: 128, blocks: 2 },
  { down: "conv256_down", name: "conv256", inSize: 128, width: 256, blocks: 2 },
  { down: "conv256_down_out", name: "last", inSize: 256, width: 256, blocks: 0 },
] as const;

/** faces [N, 3, 150, 150] (0 … 255, less the mean, / 255) → descriptors [N, 128] */
export function faceDescriptors(scope: Scope, faces: Value): Value {
  const stem = conv2d(scope.at("conv32_down"), faces, 3, 32, { kernel: 7, stride: 2 });
  let h = maxPool3x3(relu(stem));
  for (const { down, name, inSize, width, blocks } of STAGES) {
    if (down !== undefined) h = halvingBlock(scope.at(down), h, inSize, width);
    for (let i = 1; i <= blocks; i++) h = residualBlock(scope.at(`${name}_${i}`), h, width);
  }
  const pooled = reduceMean(h, [2, 3], false);
  return gemm(pooled, scope.parameter("fc", [256, DESCRIPTOR_SIZE]));
}

/** relu(x + conv₂(relu(conv₁(x)))) */
function residualBlock(scope: Scope, x: Value, size: number): Value {
  const same = { kernel: 3, padding: 1 } as const;
  const inner = relu(conv2d(scope.at("conv1"), x, size, size, same));
  return relu(add(conv2d(scope.at("conv2"), inner, size, size, same), x));
}

/** As `residualBlock` at half the side. What the shortcut lacks in width is zeros, and what the convolutions lack in side too. */
function halvingBlock(scope: Scope, x: Value, inSize: number, outSize: number): Value {
  const inner = relu(conv2d(scope.at("conv1"), x, inSize, outSize, { kernel: 3, stride: 2 }));
  const out = conv2d(scope.at("conv2"), inner, outSize, outSize, { kernel: 3, padding: 1 });
  const shortcut = averagePool2x2(x);
  const lack = (axis: number): readonly [0, number] => [0, sideOf(shortcut, axis) - sideOf(out, axis)];
  const widened =
    inSize === outSize
      ? shortcut
      : pad(shortcut, [
          [0, 0],
          [0, outSize - inSize],
          [0, 0],
          [0, 0],
        ]);
  const isWhole = lack(2)[1] === 0;
  return relu(add(widened, isWhole ? out : pad(out, [[0, 0], [0, 0], lack(2), lack(3)])));
}

const sideOf = ({ shape }: Value, axis: number): number => shape[axis] as number;

/** The largest of each 3×3 at every second place, without what would reach beyond the border. */
function maxPool3x3(x: Value): Value {
  return [2, 3].reduce((value, axis) => {
    const count = Math.floor((sideOf(value, axis) - 3) / 2) + 1;
    return [0, 1, 2].map((start) => strided(value, axis, start, count, 2)).reduce(maximum);
  }, x);
}

interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

/** Every tensor by name: value = byte · scale + min, or a float. */
function readTensors({ manifest, bytes }: PackedWeights): Map<string, Tensor> {
  const groups = JSON.parse(manifest.toString("utf8")) as { weights: ManifestEntry[] }[];
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, quantization } of groups.flatMap(({ weights }) => weights)) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (quantization && quantization.dtype !== "uint8")
      throw new TypeError(`${name}: expected uint8, got ${quantization.dtype}`);
    const valueAt = quantization
      ? (i: number) => bytes[offset + i]! * quantization.scale + quantization.min
      : (i: number) => bytes.readFloatLE(offset + 4 * i);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, (_, i) => valueAt(i)) });
    offset += count * (quantization ? 1 : 4);
  }
  if (offset !== bytes.length) throw new RangeError(`face weights: expected ${offset} bytes, got ${bytes.length}`);
  return tensors;
}

/**
 * The network's parameters under our layers' names. Each convolution is followed by a scale and an offset per channel,
 * which go into it: (w ∗ x + b) · s + t = (w·s) ∗ x + (b·s + t). Filters [kH, kW, in, out] → [out, in, kH, kW].
 */
export function faceParameters(weights: PackedWeights): Map<string, Tensor> {
  const tensors = readTensors(weights);
  const converted = new Map<string, Tensor>([["fc", tensors.get("fc")!]]);
  for (const [name, { shape, data }] of tensors) {
    if (!name.endsWith("/conv/filters")) continue;
    const layer = name.slice(0, -"/conv/filters".length);
    const [bias, scales, offsets] = ["conv/bias", "scale/weights", "scale/biases"].map(
      (part) => tensors.get(`${layer}/${part}`)!.data,
    ) as [Float32Array, Float32Array, Float32Array];
    const [kH, kW, inSize, outSize] = shape as [number, number, number, number];
    const area = kH * kW;
    const weight = new Float32Array(data.length);
    for (let at = 0; at < area; at++)
      for (let i = 0; i < inSize; i++)
        for (let o = 0; o < outSize; o++)
          weight[(o * inSize + i) * area + at] = data[(at * inSize + i) * outSize + o]! * scales[o]!;
    const ours = layer.replaceAll("/", ".");
    converted.set(`${ours}.weight`, { shape: [outSize, inSize, kH, kW], data: weight });
    converted.set(`${ours}.bias`, { shape: [outSize], data: bias.map((b, o) => b * scales[o]! + offsets[o]!) });
  }
  return converted;
}

/** Tensors that become part of the graph. */
class Constants implements ParameterSource {
  readonly graph: Graph;
  private readonly tensors: ReadonlyMap<string, Tensor>;

  constructor(graph: Graph, tensors: ReadonlyMap<string, Tensor>) {
    this.graph = graph;
    this.tensors = tensors;
  }
  parameter(name: string, shape: readonly number[]): Value {
    const tensor = this.tensors.get(name);
    if (tensor?.shape.join() !== shape.join())
      throw new RangeError(`face weights: expected ${name} of shape ${shape.join()}, got ${tensor?.shape.join()}`);
    return this.graph.constant(tensor.data, tensor.shape, "float32");
  }
  has(name: string): boolean {
    return this.tensors.has(name);
  }
}

/** Part of a square picture, in shares of its side. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The network's input of one face. @param rgb bytes [150, 150, 3] */
export function facePixels(rgb: Uint8Array): Float32Array {
  const area = FACE_SIDE * FACE_SIDE;
  return Float32Array.from({ length: 3 * area }, (_, i) => {
    const c = Math.floor(i / area);
    return (rgb[(i % area) * 3 + c]! - MEAN_RGB[c]!) / 255;
  });
}

export class FaceNetwork {
  private readonly session: Session<"descriptors">;

  private constructor(session: Session<"descriptors">) {
    this.session = session;
  }

  static async open(weights: PackedWeights): Promise<FaceNetwork> {
    const graph = new Graph();
    const faces = graph.input("faces", "float32", [1, 3, FACE_SIDE, FACE_SIDE]);
    const scope = new Scope(new Constants(graph, faceParameters(weights)));
    return new FaceNetwork(await Session.open({ descriptors: faceDescriptors(scope, faces) }));
  }

  /** @param rgb bytes [side, side, 3] of a square picture whose face is where `crop` says. @returns [128] */
  async describe(rgb: Uint8Array, crop: Crop = { left: 0, top: 0, side: 1 }): Promise<Float32Array> {
    const side = Math.sqrt(rgb.length / 3);
    const part = {
      left: Math.round(crop.left * side),
      top: Math.round(crop.top * side),
      width: Math.round(crop.side * side),
      height: Math.round(crop.side * side),
    };
    const raw = { width: side, height: side, channels: 3 as const };
    const resized = await sharp(rgb, { raw })
      .extract(part)
      .resize(FACE_SIDE, FACE_SIDE, { kernel: "linear" })
      .raw()
      .toBuffer();
    const faces: HostTensor = { data: facePixels(resized), dims: [1, 3, FACE_SIDE, FACE_SIDE] };
    const { descriptors } = await this.session.run({ faces });
    return (descriptors.data as Float32Array).slice();
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
