import assert from "node:assert/strict";
import { writeFileAtomic } from "./atomic-file.ts";
import { dtypes, type SafetensorsDType, type TensorData } from "./dtype.ts";
import { formatErrors as errors } from "./errors.ts";
import { readAt, realPath, withDescriptor } from "./file-read.ts";
import { refusePickle } from "./refuse-pickle.ts";
import {
  HEADER_BYTES_MAX,
  HEADER_LENGTH_BYTES,
  METADATA_KEY,
  parseHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./safetensors-header.ts";

/** The data starts at a multiple of this, so that a mapped file is aligned for every dtype. */
const ALIGNMENT_BYTES = 8;
/** An open safetensors file: only its header was read. `path` is the real path (symbolic links resolved). */
export type SafetensorsFile = SafetensorsHeader & {
  readonly path: string;
  readonly fileBytes: number;
  readonly modifiedMs: number;
};

/** A tensor to write, or as it lies in the file. */
export type SafetensorsTensor = {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: TensorData;
};

/** A tensor to write whose bytes are made when their turn comes, so that a large file is never in memory as a whole. */
export type SafetensorsSource = Pick<SafetensorsTensor, "dtype" | "shape"> & {
  readonly pieces: () => Iterable<Uint8Array>;
};

/**
 * Opens a safetensors file: reads and checks its header only, so a file of any size costs one small read.
 * Errors: PICKLE_REFUSED, FILE_* for the file, SAFETENSORS_* for each broken rule of the format.
 */
export function openSafetensors(path: string): SafetensorsFile {
  refusePickle(path);
  const real = realPath(path);
  return withDescriptor(real, (descriptor, stat) => {
    const lengthBytes = new Uint8Array(HEADER_LENGTH_BYTES);
    if (stat.size < HEADER_LENGTH_BYTES || readAt(descriptor, lengthBytes, 0) < HEADER_LENGTH_BYTES) {
      throw errors.SAFETENSORS_TOO_SHORT(real, HEADER_LENGTH_BYTES, stat.size);
    }
    const declared = new DataView(lengthBytes.buffer).getBigUint64(0, true);
    if (declared > BigInt(HEADER_BYTES_MAX))
      throw errors.SAFETENSORS_HEADER_TOO_LARGE(real, HEADER_BYTES_MAX, declared);
    const headerBytes = Number(declared);
    const available = stat.size - HEADER_LENGTH_BYTES;
    // Compared before allocating: a short file must not cost 100 MB.
    if (headerBytes > available) throw errors.SAFETENSORS_HEADER_TRUNCATED(real, headerBytes, available);
    const header = new Uint8Array(headerBytes);
    if (readAt(descriptor, header, HEADER_LENGTH_BYTES) < headerBytes) throw errors.SAFETENSORS_FILE_CHANGED(real);
    return { path: real, fileBytes: stat.size, modifiedMs: stat.mtimeMs, ...parseHeader(real, header, stat.size) };
  });
}

function entryNamed(file: SafetensorsFile, name: string): SafetensorsEntry {
  const entry = file.tensors.get(name);
  if (entry) return entry;
  const leaf = name.split(".").at(-2) ?? name;
  const near = [...file.tensors.keys()].filter((key) => key.includes(leaf)).slice(0, 3);
  throw errors.SAFETENSORS_TENSOR_MISSING(file.path, name, near.length > 0 ? ` (near: ${near.join(", ")})` : "");
}

/** Reads one tensor as it lies in the file. Errors: SAFETENSORS_TENSOR_MISSING, SAFETENSORS_FILE_CHANGED, FILE_*. */
export function readTensorRaw(file: SafetensorsFile, name: string): SafetensorsTensor {
  const entry = entryNamed(file, name);
  return withDescriptor(file.path, (descriptor, stat) => {
    if (stat.size !== file.fileBytes || stat.mtimeMs !== file.modifiedMs) {
      throw errors.SAFETENSORS_FILE_CHANGED(file.path);
    }
    const bytes = new Uint8Array(entry.byteLength);
    if (readAt(descriptor, bytes, entry.offset) < bytes.length) throw errors.SAFETENSORS_FILE_CHANGED(file.path);
    return { dtype: entry.dtype, shape: entry.shape, data: dtypes[entry.dtype].view(bytes.buffer) };
  });
}

/** Reads one floating-point tensor as float32. Errors: SAFETENSORS_TENSOR_NOT_FLOAT and those of `readTensorRaw`. */
export function readTensor(file: SafetensorsFile, name: string): Float32Array<ArrayBuffer> {
  const { dtype } = entryNamed(file, name);
  const { toFloat32 } = dtypes[dtype];
  if (!toFloat32) throw errors.SAFETENSORS_TENSOR_NOT_FLOAT(file.path, name, dtype);
  return toFloat32(readTensorRaw(file, name).data);
}

/** By code point, as the reference sorts UTF-8 bytes; JavaScript's own order is by UTF-16 unit. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const byteLengthOf = ({ dtype, shape }: Pick<SafetensorsTensor, "dtype" | "shape">): number =>
  (shape.reduce((product, size) => product * size, 1) * dtypes[dtype].bits) / 8;

function checkTensor(name: string, { shape }: SafetensorsSource): void {
  assert(name !== METADATA_KEY && name.isWellFormed(), `tensor name ${JSON.stringify(name)} is not allowed`);
  assert(
    shape.every((size) => Number.isSafeInteger(size) && size >= 0),
    `tensor ${name}: shape [${shape.join()}]`,
  );
}

function* piecesOf(name: string, source: SafetensorsSource): Iterable<Uint8Array> {
  let written = 0;
  for (const piece of source.pieces()) {
    written += piece.length;
    yield piece;
  }
  assert(
    written === byteLengthOf(source),
    `tensor ${name}: ${written} bytes do not fit ${source.dtype} [${source.shape.join()}]`,
  );
}

function encodeHeader(names: readonly string[], tensors: SourcesByName, metadata: MetadataInput): Uint8Array {
  // Assembled as text: an object would move number-like names to the front.
  const parts: string[] = [];
  if (metadata) {
    const sorted = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b));
    const items = sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    parts.push(`"${METADATA_KEY}":{${items.join(",")}}`);
  }
  let begin = 0;
  for (const name of names) {
    const { dtype, shape } = tensors[name]!;
    const end = begin + byteLengthOf(tensors[name]!);
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join()}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  const json = Buffer.from(`{${parts.join(",")}}`);
  const padded = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const bytes = Buffer.alloc(HEADER_LENGTH_BYTES + padded, " ");
  bytes.writeBigUInt64LE(BigInt(padded));
  json.copy(bytes, HEADER_LENGTH_BYTES);
  return bytes;
}

type SourcesByName = Readonly<Record<string, SafetensorsSource>>;
type MetadataInput = Readonly<Record<string, string>> | undefined;

/**
 * Writes a safetensors file atomically, byte for byte as the Hugging Face writer does (which writes metadata keys in
 * random order; here they are sorted, so equal input gives equal bytes).
 * Errors: FILE_NO_SPACE, FILE_NOT_WRITABLE; the old file is then untouched.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata?: Record<string, string>,
): void {
  const sources = Object.entries(tensors).map(([name, tensor]) => {
    const bytes = bytesOf(tensor.data);
    assert(
      bytes.length === byteLengthOf(tensor),
      `tensor ${name}: ${bytes.length} bytes do not fit ${tensor.dtype} [${tensor.shape.join()}]`,
    );
    return [name, { ...tensor, pieces: () => [bytes] }] as const;
  });
  writeSafetensorsPieces(path, Object.fromEntries(sources), metadata);
}

/** As `writeSafetensors`, one piece after the other. What fails while a piece is made fails as it is; nothing is written then. */
export function writeSafetensorsPieces(path: string, tensors: SourcesByName, metadata?: Record<string, string>): void {
  for (const [name, tensor] of Object.entries(tensors)) checkTensor(name, tensor);
  const names = Object.keys(tensors).sort(
    (a, b) => dtypes[tensors[b]!.dtype].fileOrder - dtypes[tensors[a]!.dtype].fileOrder || compareCodePoints(a, b),
  );
  const header = encodeHeader(names, tensors, metadata);
  assert(header.length - HEADER_LENGTH_BYTES <= HEADER_BYTES_MAX, "header too large for any reader");
  writeFileAtomic(path, concatenated(header, names, tensors));
}

function* concatenated(header: Uint8Array, names: readonly string[], tensors: SourcesByName): Iterable<Uint8Array> {
  yield header;
  for (const name of names) yield* piecesOf(name, tensors[name]!);
}
