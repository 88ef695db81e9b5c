/** Writes GGUF files of floating-point tensors. */
import assert from "node:assert/strict";
import { writeFileAtomic } from "./atomic-file.ts";
import { float32ToFloat16 } from "./dtype.ts";

/** A text, or a number that is written as float32. */
export type GgufEntry = string | number;

export interface GgufTensorToWrite {
  readonly name: string;
  /** Outermost first. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly dtype: "F16" | "F32";
}

const VERSION = 3;
const ALIGNMENT = 32;
const FLOAT32 = 6;
const TEXT = 8;
const TYPE_IDS = { F32: 0, F16: 1 } as const;

/** Errors: FILE_NO_SPACE, FILE_NOT_WRITABLE; the old file is then untouched. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufEntry>>,
  tensors: readonly GgufTensorToWrite[],
): void {
  const data = tensors.map(bytesOf);
  const entries = Object.entries(metadata).map(([key, value]) => Buffer.concat([text(key), valueOf(value)]));
  let offset = 0;
  const heads = tensors.map(({ name, shape, dtype }, i) => {
    const head = [text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(TYPE_IDS[dtype]), u64(offset)];
    offset += aligned(data[i]!.length);
    return Buffer.concat(head);
  });
  const start = [Buffer.from("GGUF"), u32(VERSION), u64(tensors.length), u64(entries.length)];
  const head = Buffer.concat([...start, ...entries, ...heads]);
  writeFileAtomic(
    path,
    [head, ...data].flatMap((piece) => [piece, new Uint8Array(aligned(piece.length) - piece.length)]),
  );
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function bytesOf({ name, shape, data, dtype }: GgufTensorToWrite): Uint8Array {
  assert.equal(
    data.length,
    shape.reduce((product, size) => product * size, 1),
    `tensor ${name} [${shape.join()}]`,
  );
  const { buffer, byteOffset, byteLength } = dtype === "F16" ? float32ToFloat16(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function valueOf(value: GgufEntry): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(TEXT), text(value)]);
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([u32(FLOAT32), bytes]);
}
