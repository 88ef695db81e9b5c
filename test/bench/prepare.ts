/** Generates what the benchmark reads: a UNet of SD 1.5's size with random weights, a 4 GB checkpoint, input tensors. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { Random } from "../../lora/diffusion/index.ts";
import { writeSafetensors, type SafetensorsTensor } from "../../lora/format/index.ts";
import { Graph, symbol } from "../../lora/graph/index.ts";
import { clipText, unet, vaeDecode, vaeEncode, type ClipTextConfig, type UnetConfig } from "../../lora/models/index.ts";
import type { SdPart, VaeConfig } from "../../lora/models/index.ts";
import { sd1NameLayout, sdNames } from "../../lora/models/sd-names.ts";
import { Scope, type ParameterSource } from "../../lora/nn/index.ts";
import { inputsFile, sd15Checkpoint, sd15Folder, sd15UnetFile, SIZES, type Job } from "./job.ts";

export const SD15_UNET: UnetConfig = {
  inChannels: 4,
  outChannels: 4,
  blockOutChannels: [320, 640, 1280, 1280],
  attentionLevels: [true, true, true, false],
  layersPerBlock: 2,
  crossAttentionDim: 768,
  heads: [8, 8, 8, 8],
  normNumGroups: 32,
  useLinearProjection: false,
};
const SD15_VAE: VaeConfig = {
  inChannels: 3,
  latentChannels: 4,
  blockOutChannels: [128, 256, 512, 512],
  layersPerBlock: 2,
  normNumGroups: 32,
  scalingFactor: 0.18215,
};
export const SD15_TEXT: ClipTextConfig = {
  vocabSize: 49408,
  hiddenSize: 768,
  intermediateSize: 3072,
  layers: 12,
  heads: 12,
  maxPositions: 77,
  activation: "quick_gelu",
};
/** The same UNet as diffusers spells it. */
const SD15_UNET_JSON = {
  _class_name: "UNet2DConditionModel",
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  cross_attention_dim: 768,
  attention_head_dim: 8,
  norm_num_groups: 32,
};

export type Shapes = Map<string, readonly number[]>;

/** The parameters a model asks for while its graph is built. */
export function shapesOf(build: (scope: Scope) => void): Shapes {
  const graph = new Graph();
  const shapes: Shapes = new Map();
  const source: ParameterSource = {
    graph,
    parameter: (name, shape) => {
      shapes.set(name, shape);
      return graph.once(`parameter ${name}`, () => graph.input(name, "float32", shape));
    },
    has: () => true,
  };
  build(new Scope(source));
  return shapes;
}

function sd15Shapes(): Record<SdPart, Shapes> {
  const batch = symbol("N");
  const input = ({ graph }: Scope, name: string, dims: readonly number[]) =>
    graph.input(name, "float32", [batch, ...dims]);
  return {
    unet: shapesOf((scope) => {
      const sample = input(scope, "sample", [4, 64, 64]);
      const textEmbeddings = input(scope, "textEmbeddings", [77, 768]);
      unet(scope, { sample, timestep: input(scope, "timestep", []), textEmbeddings }, SD15_UNET);
    }),
    vae: shapesOf((scope) => {
      vaeEncode(scope, input(scope, "image", [3, 512, 512]), SD15_VAE);
      vaeDecode(scope, input(scope, "latents", [4, 64, 64]), SD15_VAE);
    }),
    text_encoder: shapesOf((scope) => {
      clipText(scope, scope.graph.input("tokens", "int64", [batch, 77]), SD15_TEXT);
    }),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const CHUNK = 1 << 20;

/** Writes fp32 tensors one by one, so that the file may be larger than memory; no `fill` leaves a hole of zeros. */
function writeCheckpoint(path: string, shapes: Shapes, fill?: (shape: readonly number[], chunk: Float32Array) => void) {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  let offset = 0;
  const entries = [...shapes].map(([name, shape]) => {
    const begin = offset;
    offset += 4 * sizeOf(shape);
    return [name, { dtype: "F32", shape, data_offsets: [begin, offset] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const partial = `${path}.partial`;
  const file = openSync(partial, "w");
  writeSync(file, length);
  writeSync(file, header);
  if (fill) for (const shape of shapes.values()) writeTensor(file, shape, fill);
  ftruncateSync(file, length.length + header.length + offset);
  closeSync(file);
  renameSync(partial, path);
}

function writeTensor(
  file: number,
  shape: readonly number[],
  fill: (shape: readonly number[], chunk: Float32Array) => void,
): void {
  for (let left = sizeOf(shape); left > 0; left -= CHUNK) {
    const chunk = new Float32Array(Math.min(left, CHUNK));
    fill(shape, chunk);
    const bytes = Buffer.from(chunk.buffer);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  }
}

/**
 * Weights uniform in ±1/√fan_in, norms' scales 1, biases 0. The draws come from a pool of prime length that repeats: the
 * values matter only in that activations stay finite.
 */
function randomWeights(): (shape: readonly number[], chunk: Float32Array) => void {
  const random = new Random(1);
  const pool = Float32Array.from({ length: 999_983 }, () => 2 * random.uniform() - 1);
  let position = 0;
  return (shape, chunk) => {
    const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
    for (let i = 0; i < chunk.length; i++) chunk[i] = pool[position++ % pool.length]! * bound;
  };
}

/** Everything random but vectors: those are norms' scales and biases. */
export function writeRandomCheckpoint(path: string, shapes: Shapes): void {
  const random = randomWeights();
  const names = [...shapes.keys()][Symbol.iterator]();
  let [current, left] = ["", 0];
  writeCheckpoint(path, shapes, (shape, chunk) => {
    if (left === 0) [current, left] = [String(names.next().value), sizeOf(shape)];
    left -= chunk.length;
    if (shape.length > 1) random(shape, chunk);
    else if (current.endsWith(".weight")) chunk.fill(1);
  });
}

function writeUnet(job: Job, shapes: Shapes): void {
  writeRandomCheckpoint(sd15UnetFile(job), shapes);
  writeFileSync(`${sd15Folder(job)}/unet/config.json`, JSON.stringify(SD15_UNET_JSON, undefined, 2));
}

function writeSingleFile(job: Job, parts: Record<SdPart, Shapes>): void {
  const names = sdNames(sd1NameLayout);
  const all: Shapes = new Map();
  for (const part of ["unet", "vae", "text_encoder"] as const)
    for (const [name, shape] of parts[part]) all.set(names.toLdm(part, name)!.name, shape);
  writeCheckpoint(sd15Checkpoint(job), all);
}

function writeInputs(job: Job, what: "train" | "infer", embedding: number): void {
  const { side, tokens, [what]: batch } = SIZES[job.base];
  const random = new Random(2);
  const normal = (...shape: number[]): SafetensorsTensor => {
    const data = new Float32Array(sizeOf(shape));
    random.fillNormal(data);
    return { dtype: "F32", shape, data };
  };
  const timestep = Float32Array.from({ length: batch }, (_, i) => 100 + 200 * i);
  writeSafetensors(inputsFile({ ...job, what }), {
    sample: normal(batch, 4, side, side),
    target: normal(batch, 4, side, side),
    textEmbeddings: normal(batch, tokens, embedding),
    timestep: { dtype: "F32", shape: [batch], data: timestep },
  });
}

/** Idempotent: large files that exist are kept. */
export function prepare(job: Job, miniEmbedding: number): void {
  mkdirSync(job.cache, { recursive: true });
  for (const what of ["train", "infer"] as const) writeInputs(job, what, job.base === "mini" ? miniEmbedding : 768);
  if (job.base === "mini") return;
  const parts = sd15Shapes();
  writeUnet(job, parts.unet);
  writeSingleFile(job, parts);
}
