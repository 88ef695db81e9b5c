import { dtypes, type SafetensorsDType } from "./dtype.ts";
import { formatErrors as errors } from "./errors.ts";
import { findJsonFlaw } from "./json-strict.ts";

/** The header's own size is a little-endian u64 at the start of the file. */
export const HEADER_LENGTH_BYTES = 8;
/** The reference's limit: bounds the memory that a hostile file can make us spend on JSON before anything is checked. */
export const HEADER_BYTES_MAX = 100_000_000;
/** Byte counts above this are not exact in a double; the reference checks the same overflow at 64 bits. */
const BYTES_MAX = Number.MAX_SAFE_INTEGER;
/** The one reserved name; everything else is a tensor. */
export const METADATA_KEY = "__metadata__";
/** dtype, shape, data_offsets: an entry with more could hide a second meaning from a stricter reader. */
const ENTRY_KEY_COUNT = 3;
/** The header object, an entry inside it, its shape: nothing deeper can be valid, and deep nesting costs gigabytes. */
const HEADER_DEPTH_MAX = 3;
/** Keeps an error message readable. */
const EXCERPT_CHARS_MAX = 160;

/** Where one tensor lies. `offset` is absolute in the file, in bytes. */
export type SafetensorsEntry = {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
};

export type SafetensorsHeader = {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
};

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Names and shapes from a hostile file may be megabytes long; a message needs their start. */
function clip(text: string): string {
  return text.length <= EXCERPT_CHARS_MAX ? text : `${text.slice(0, EXCERPT_CHARS_MAX)}…`;
}

/** `JSON.parse` keeps the last of two equal keys without a word and reads 1e3 and 8.0 as integers; the format does not. */
function checkStrict(path: string, text: string): void {
  const flaw = findJsonFlaw(text, HEADER_DEPTH_MAX);
  if (flaw === null) return;
  if (flaw.kind === "duplicate") throw errors.SAFETENSORS_DUPLICATE_KEY(path, clip(flaw.text));
  if (flaw.kind === "number") throw errors.SAFETENSORS_NUMBER_NOT_INTEGER(path, clip(flaw.text));
  throw errors.SAFETENSORS_HEADER_TOO_DEEP(path, HEADER_DEPTH_MAX, clip(flaw.text));
}

function parseJson(path: string, bytes: Uint8Array): JsonObject {
  // A brace first is the format's own rule: it keeps the file from being read as anything else.
  if (bytes[0] !== 0x7b) throw errors.SAFETENSORS_HEADER_START(path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw errors.SAFETENSORS_HEADER_NOT_UTF8(path);
  }
  checkStrict(path, text);
  try {
    // The text begins with a brace, so a successful parse is an object.
    return JSON.parse(text) as JsonObject;
  } catch (cause) {
    throw errors.SAFETENSORS_HEADER_NOT_JSON(path, clip((cause as Error).message));
  }
}

function metadataOf(path: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw errors.SAFETENSORS_METADATA_NOT_STRINGS(path, METADATA_KEY);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== "string") throw errors.SAFETENSORS_METADATA_NOT_STRINGS(path, clip(JSON.stringify(key)));
  }
  return value as Record<string, string>;
}

function byteCount(path: string, name: string, dtype: SafetensorsDType, shape: number[]): number {
  let elements = 1;
  for (const size of shape) elements *= size <= BYTES_MAX && elements <= BYTES_MAX ? size : Infinity;
  const bytes = (elements * dtypes[dtype].bits) / 8;
  if (!(bytes <= BYTES_MAX)) throw errors.SAFETENSORS_SHAPE_OVERFLOW(path, name, clip(JSON.stringify(shape)));
  return bytes;
}

function entryOf(path: string, key: string, value: unknown): SafetensorsEntry {
  const name = clip(JSON.stringify(key));
  if (!isObject(value)) throw errors.SAFETENSORS_ENTRY_MALFORMED(path, name, "no object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (Object.keys(value).length !== ENTRY_KEY_COUNT || typeof dtype !== "string") {
    throw errors.SAFETENSORS_ENTRY_MALFORMED(path, name, clip(`the keys ${Object.keys(value).join(", ")}`));
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw errors.SAFETENSORS_ENTRY_MALFORMED(path, name, "a bad shape");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw errors.SAFETENSORS_ENTRY_MALFORMED(path, name, "bad data_offsets");
  }
  if (!Object.hasOwn(dtypes, dtype)) {
    throw errors.SAFETENSORS_DTYPE_UNKNOWN(path, name, Object.keys(dtypes).join(", "), clip(dtype));
  }
  const known = dtype as SafetensorsDType;
  const [begin, end] = offsets as [number, number];
  const byteLength = byteCount(path, name, known, shape);
  if (end - begin !== byteLength) throw errors.SAFETENSORS_SIZE_MISMATCH(path, name, byteLength, end - begin);
  return { name: key, dtype: known, shape, offset: begin, byteLength };
}

/** No holes and no overlaps: bytes that belong to no tensor, or to two, could hide another file. */
function checkLayout(path: string, sorted: readonly SafetensorsEntry[]): number {
  let expected = 0;
  for (const { name, offset, byteLength } of sorted) {
    if (offset > expected) throw errors.SAFETENSORS_GAP(path, clip(JSON.stringify(name)), expected, offset);
    if (offset < expected) throw errors.SAFETENSORS_OVERLAP(path, clip(JSON.stringify(name)), expected, offset);
    expected = offset + byteLength;
  }
  return expected;
}

/**
 * Parses and checks the header `bytes` (without the 8-byte length) of a file of `fileBytes` bytes.
 * `path` is only for messages. Throws a SAFETENSORS_* error for every rule of the format that is broken.
 */
export function parseHeader(path: string, bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const root = parseJson(path, bytes);
  const metadata = metadataOf(path, root[METADATA_KEY]);
  const relative: SafetensorsEntry[] = [];
  for (const [key, value] of Object.entries(root)) {
    if (key !== METADATA_KEY) relative.push(entryOf(path, key, value));
  }
  relative.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  const dataStart = HEADER_LENGTH_BYTES + bytes.length;
  const expectedBytes = dataStart + checkLayout(path, relative);
  if (fileBytes < expectedBytes) throw errors.SAFETENSORS_FILE_TRUNCATED(path, expectedBytes, fileBytes);
  if (fileBytes > expectedBytes) throw errors.SAFETENSORS_TRAILING_BYTES(path, expectedBytes, fileBytes);
  const tensors = new Map(relative.map((entry) => [entry.name, { ...entry, offset: dataStart + entry.offset }]));
  return { metadata, tensors };
}
