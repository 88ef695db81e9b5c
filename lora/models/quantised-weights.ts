/**
 * Matrices of a language model in 8 or 4 bits. They are worked out of the float weights once and written to a file in the
 * user's cache, which graphs map like any other weights.
 */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  bfloat16ToFloat32,
  cacheFolder,
  float16ToFloat32,
  makeFolder,
  openSafetensors,
  readRange,
  writeSafetensorsPieces,
  type SafetensorsEntry,
  type SafetensorsSource,
} from "../format/index.ts";
import type { BlockMatrix, FileTensor } from "../graph/index.ts";
import type { LanguageWeights } from "./language-model.ts";
import { outputWeight } from "./llama.ts";

/** Half-precision and float32 weights are "float". */
export const WEIGHT_KINDS = ["float", "int8", "int4"] as const;
export type WeightKind = (typeof WEIGHT_KINDS)[number];
export type Bits = BlockMatrix["bits"];

type Part = "packed" | "scales" | "zeros";
/** As `BlockMatrix`, in files. */
export type BlockTensors = Pick<BlockMatrix, "bits" | "blockSize" | "outSize" | "inSize"> &
  Readonly<Record<Part, FileTensor>>;
/** name of the float matrix → its blocks */
export type BlockMap = ReadonlyMap<string, BlockTensors>;

/** Values that share a scale: llama.cpp's number. Larger blocks take less memory and lose more. */
const BLOCK_SIZE = 32;
/** Changes when the same weights would be quantised to other values. */
const QUANTISATION = "1";
/** Values quantised at a time. */
const PIECE_VALUES = 1 << 22;

/**
 * Every matrix that tokens are multiplied with: all linear layers and the output layer. The table of tokens stays as it is, since
 * only the rows of tokens that are read are ever looked at.
 * @param folder where quantised weights are kept
 * @throws FOLDER_NOT_WRITABLE, FILE_NO_SPACE, FILE_…
 */
export function quantisedWeights(
  base: LanguageWeights,
  bits: Bits,
  folder = join(cacheFolder(), "quantised"),
): BlockMap {
  const matrices = [...base.weights].filter(([name, { shape }]) => shape.length === 2 && isMultiplied(base, name));
  const path = join(folder, `${base.name}-int${bits}-${sourceHash(matrices)}.safetensors`);
  if (!existsSync(path)) {
    makeFolder(folder);
    const sources = matrices.flatMap(([name, tensor]) => blockSources(name, tensor, bitsOf(base, name, bits)));
    writeSafetensorsPieces(path, Object.fromEntries(sources), { source: base.path });
  }
  const { tensors } = openSafetensors(path);
  const place = (name: string): FileTensor => fileTensor(path, tensors.get(name)!);
  return new Map(
    matrices.map(([name, { shape }]) => {
      const [outSize, inSize] = shape as [number, number];
      const parts = { packed: place(`${name}.packed`), scales: place(`${name}.scales`), zeros: place(`${name}.zeros`) };
      return [name, { bits: bitsOf(base, name, bits), blockSize: BLOCK_SIZE, outSize, inSize, ...parts }];
    }),
  );
}

const isMultiplied = ({ config }: LanguageWeights, name: string): boolean =>
  name.startsWith("model.layers.") || name === outputWeight(config);

/**
 * The output layer always has 8: with 4 it cost about as much as all others together (mini LLaMA: perplexity of replies 1.3115
 * in floats, 1.3159 with 4 bits and an output layer of 8, 1.3187 without; without zeros 1.3276).
 */
const bitsOf = ({ config }: LanguageWeights, name: string, bits: Bits): Bits =>
  name === outputWeight(config) ? 8 : bits;

/** Other files under the same names, or a change of them, are quantised anew. */
function sourceHash(matrices: readonly (readonly [string, FileTensor])[]): string {
  const hash = createHash("sha256").update(QUANTISATION);
  for (const path of new Set(matrices.map(([, tensor]) => tensor.path))) {
    const { size, mtimeMs } = statSync(path);
    hash.update(["", path, size, mtimeMs].join("|"));
  }
  return hash.digest("hex").slice(0, 16);
}

const fileTensor = (path: string, { offset, byteLength, dtype, shape }: SafetensorsEntry): FileTensor => ({
  path,
  offset,
  byteLength,
  shape,
  dtype: dtype === "F32" ? "float32" : "uint8",
});

/** The three tensors of a matrix, each of which reads it anew: they lie apart in the file, and no matrix is kept whole. */
function blockSources(name: string, tensor: FileTensor, bits: Bits): [string, SafetensorsSource][] {
  const [rows, width] = tensor.shape as [number, number];
  const blocks = Math.ceil(width / BLOCK_SIZE);
  const step = Math.max(1, Math.floor(PIECE_VALUES / width));
  const piecesOf = (part: Part) =>
    function* (): Iterable<Uint8Array> {
      for (let first = 0; first < rows; first += step) {
        const count = Math.min(step, rows - first);
        const { buffer } = new RowBlocks(readRows(tensor, first, count), count, width, bits)[part];
        yield new Uint8Array(buffer);
      }
    };
  const source = (part: Part, dtype: "U8" | "F32", shape: readonly number[]): [string, SafetensorsSource] => [
    `${name}.${part}`,
    { dtype, shape, pieces: piecesOf(part) },
  ];
  return [
    source("packed", "U8", [rows, blocks, (BLOCK_SIZE * bits) / 8]),
    source("scales", "F32", [rows, blocks]),
    source("zeros", "U8", [rows, Math.ceil((blocks * bits) / 8)]),
  ];
}

const toFloat32: Partial<Record<FileTensor["dtype"], (bytes: ArrayBuffer) => Float32Array>> = {
  float32: (bytes) => new Float32Array(bytes),
  float16: (bytes) => float16ToFloat32(new Uint16Array(bytes)),
  bfloat16: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)),
};

function readRows({ path, offset, byteLength, dtype, shape }: FileTensor, first: number, count: number): Float32Array {
  const rowBytes = byteLength / shape[0]!;
  return toFloat32[dtype]!(readRange(path, offset + first * rowBytes, count * rowBytes).buffer);
}

/**
 * Blocks of rows [rows, width], see `BlockMatrix`: the span from the least to the largest value of a block, 0 within it, in
 * 2^bits − 1 equal steps; 0 stays 0.
 */
export class RowBlocks {
  readonly scales: Float32Array;
  private readonly zeroLevels: Uint8Array;
  private readonly values: Float32Array;
  private readonly width: number;
  private readonly bits: Bits;

  constructor(values: Float32Array, rows: number, width: number, bits: Bits) {
    [this.values, this.width, this.bits] = [values, width, bits];
    this.scales = new Float32Array(rows * this.perRow);
    this.zeroLevels = new Uint8Array(this.scales.length);
    for (let i = 0; i < this.scales.length; i++)
      [this.scales[i], this.zeroLevels[i]] = span(this.block(i), 2 ** bits - 1);
  }

  get zeros(): Uint8Array {
    return this.bits === 8 ? this.zeroLevels : packPairs(this.zeroLevels, this.perRow);
  }

  get packed(): Uint8Array {
    const levels = new Uint8Array(this.scales.length * BLOCK_SIZE);
    for (const [i, scale] of this.scales.entries()) {
      const into = levels.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE);
      quantiseBlock(this.block(i), scale, this.zeroLevels[i]!, 2 ** this.bits - 1, into);
    }
    return this.bits === 8 ? levels : packPairs(levels, levels.length);
  }

  private get perRow(): number {
    return Math.ceil(this.width / BLOCK_SIZE);
  }

  private block(index: number): Float32Array {
    const row = Math.floor(index / this.perRow);
    const start = row * this.width + (index % this.perRow) * BLOCK_SIZE;
    return this.values.subarray(start, Math.min(start + BLOCK_SIZE, (row + 1) * this.width));
  }
}

/** The size of a step, and how many steps 0 is above the least value. */
function span(values: Float32Array, most: number): [scale: number, zero: number] {
  let [least, largest] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    else if (value > largest) largest = value;
  }
  const scale = Math.fround((largest - least) / most) || 1;
  return [scale, Math.round(-least / scale)];
}

/** What lies beyond the values stays 0: nothing of the input meets it. */
function quantiseBlock(values: Float32Array, scale: number, zero: number, most: number, into: Uint8Array): void {
  for (let i = 0; i < values.length; i++) {
    const level = Math.round(values[i]! / scale) + zero;
    into[i] = level < 0 ? 0 : level > most ? most : level;
  }
}

/** Two values of 4 bits to a byte, the first in its lower half; each row begins with a new byte. */
function packPairs(values: Uint8Array, width: number): Uint8Array {
  const rowBytes = Math.ceil(width / 2);
  const packed = new Uint8Array((values.length / width) * rowBytes);
  for (let row = 0, at = 0; row < packed.length; row += rowBytes)
    for (let i = 0; i < width; i++, at++) packed[row + (i >> 1)]! |= values[at]! << (4 * (i & 1));
  return packed;
}
