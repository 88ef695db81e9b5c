/** GGUF, the file format of llama.cpp: metadata by key, and tensors, most often quantised in blocks. */
import { readAt, realPath, withDescriptor } from "./file-read.ts";
import { GGML_TYPES } from "./ggml-blocks.ts";
import { ggufErrors as errors } from "./gguf-errors.ts";
import { GgufReader, type GgufValue } from "./gguf-reader.ts";

export interface GgufTensor {
  readonly name: string;
  /** "F32", "Q4_K"… */
  readonly type: string;
  /** Outermost first, as everywhere else; GGUF itself has the innermost first. */
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** An open GGUF file: only its head was read. `path` is the real path. */
export interface GgufFile {
  readonly path: string;
  readonly fileBytes: number;
  readonly modifiedMs: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = "GGUF";
/** 1 had 32-bit counts and was gone within weeks. Files of big-endian machines read as a huge version. */
const VERSIONS: readonly number[] = [2, 3];
/** Llama 3 405B has 1,138 tensors, files some dozen keys. */
const TENSORS_MAX = 65_536;
const KEYS_MAX = 65_536;
const DIMENSIONS_MAX = 4;
const ALIGNMENT_DEFAULT = 32;
const ALIGNMENT_MAX = 1 << 20;

const KNOWN_TYPES = [...GGML_TYPES.values()].map(({ name }) => name).join(", ");
const typeNamed = new Map([...GGML_TYPES.values()].map((type) => [type.name, type]));

/**
 * Opens a GGUF file: reads and checks its head only. Tensors of types that are not known here are an error, since nothing else
 * could be done with the file.
 * Errors: FILE_* for the file, GGUF_* for each broken rule of the format.
 */
export function openGguf(path: string): GgufFile {
  const real = realPath(path);
  return withDescriptor(real, (descriptor, stat) => {
    const reader = new GgufReader(real, descriptor, stat.size);
    if (stat.size < MAGIC.length || Buffer.from(reader.bytes(MAGIC.length)).toString("latin1") !== MAGIC)
      throw errors.GGUF_MAGIC(real);
    const version = reader.uint32();
    if (!VERSIONS.includes(version)) throw errors.GGUF_VERSION(real, VERSIONS.join(" or "), version);
    const tensorCount = reader.count("tensors", TENSORS_MAX);
    const metadata = readMetadata(reader);
    const tensors = readTensors(reader, tensorCount, alignmentOf(real, metadata));
    return { path: real, fileBytes: stat.size, modifiedMs: stat.mtimeMs, metadata, tensors };
  });
}

function readMetadata(reader: GgufReader): Map<string, GgufValue> {
  const count = reader.count("keys", KEYS_MAX);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = reader.name("a key");
    if (metadata.has(key)) throw errors.GGUF_REPEATED(reader.path, "key", key);
    metadata.set(key, reader.value(key));
  }
  return metadata;
}

function alignmentOf(path: string, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? ALIGNMENT_DEFAULT;
  const isPower = typeof alignment === "number" && alignment > 0 && Number.isInteger(Math.log2(alignment));
  if (!isPower || alignment > ALIGNMENT_MAX)
    throw errors.GGUF_ALIGNMENT(path, `a power of 2 up to ${ALIGNMENT_MAX}`, String(alignment));
  return alignment;
}

function readTensors(reader: GgufReader, count: number, alignment: number): Map<string, GgufTensor> {
  const heads = Array.from({ length: count }, () => readTensorHead(reader));
  const start = Math.ceil(reader.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const head of heads) {
    if (tensors.has(head.name)) throw errors.GGUF_REPEATED(reader.path, "tensor", head.name);
    const offset = start + head.offset;
    if (head.offset % alignment !== 0)
      throw errors.GGUF_TENSOR_PLACE(reader.path, head.name, `a multiple of ${alignment}`, String(head.offset));
    if (offset + head.byteLength > reader.fileBytes)
      throw errors.GGUF_TENSOR_PLACE(
        reader.path,
        head.name,
        `most ${reader.fileBytes - head.byteLength}`,
        String(offset),
      );
    tensors.set(head.name, { ...head, offset });
  }
  return tensors;
}

/** `offset` is from the start of the data here. */
function readTensorHead(reader: GgufReader): GgufTensor {
  const name = reader.name("a tensor's name");
  const dimensions = reader.uint32();
  if (dimensions > DIMENSIONS_MAX)
    throw errors.GGUF_TOO_MANY(reader.path, `dimensions of ${name}`, DIMENSIONS_MAX, String(dimensions));
  const shape = Array.from({ length: dimensions }, () =>
    reader.count(`values along a dimension of ${name}`, Number.MAX_SAFE_INTEGER),
  ).toReversed();
  const id = reader.uint32();
  const type = GGML_TYPES.get(id);
  if (!type) throw errors.GGUF_TENSOR_TYPE(reader.path, name, KNOWN_TYPES, `type ${id}`);
  const values = product(shape);
  const byteLength = (values / type.values) * type.bytes;
  if ((shape.at(-1) ?? 1) % type.values !== 0)
    throw errors.GGUF_TENSOR_SHAPE(reader.path, name, `rows of whole blocks of ${type.values}`, shape.join(", "));
  if (!Number.isSafeInteger(values) || !Number.isSafeInteger(byteLength))
    throw errors.GGUF_TENSOR_SHAPE(reader.path, name, "a countable number of values", shape.join(", "));
  return {
    name,
    type: type.name,
    shape,
    offset: reader.count(`bytes before ${name}`, Number.MAX_SAFE_INTEGER),
    byteLength,
  };
}

/**
 * Some rows of a tensor, all of its last dimension, as they lie in the file. A tensor of one dimension is one row.
 * Errors: GGUF_FILE_CHANGED, FILE_*.
 */
export function readGgufBytes(
  file: GgufFile,
  tensor: GgufTensor,
  first: number,
  count: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = tensor.byteLength / rowsOf(tensor);
  return withDescriptor(file.path, (descriptor, stat) => {
    const bytes = new Uint8Array(count * rowBytes);
    const isSame = stat.size === file.fileBytes && stat.mtimeMs === file.modifiedMs;
    if (!isSame || readAt(descriptor, bytes, tensor.offset + first * rowBytes) < bytes.length)
      throw errors.GGUF_FILE_CHANGED(file.path);
    return bytes;
  });
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

export const rowsOf = ({ shape }: GgufTensor): number => product(shape.slice(0, -1));

/** Some rows of a tensor as float32, bit for bit what ggml makes of them. Errors as `readGgufBytes`. */
export function readGgufRows(
  file: GgufFile,
  tensor: GgufTensor,
  first: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count * (tensor.shape.at(-1) ?? 1));
  typeNamed.get(tensor.type)!.dequantise(readGgufBytes(file, tensor, first, count), values);
  return values;
}

/** A whole tensor as float32. Errors as `readGgufBytes`. */
export function readGgufTensor(file: GgufFile, tensor: GgufTensor): Float32Array<ArrayBuffer> {
  return readGgufRows(file, tensor, 0, rowsOf(tensor));
}
