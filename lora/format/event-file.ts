import assert from "node:assert/strict";
import fs from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { writeFailure } from "./atomic-file.ts";
import { crc32c } from "./crc32c.ts";

/** TensorBoard's own constants: the mask keeps a CRC over data that holds CRCs from being weak. */
const CRC_MASK_DELTA = 0xa282ead8;
const LENGTH_BYTES = 8;
const CRC_BYTES = 4;
const FILE_VERSION = "brain.Event:2";
/** TensorBoard's name pattern; `n` tells apart files opened in the same second by one process. */
const FILES_PER_SECOND_MAX = 1000;
/** From tensor_shape.proto and types.proto: a tensor of strings. */
const DT_STRING = 7;
const COLORSPACE_RGB = 3;

/** Protobuf: field `number` with the wire type of what follows. */
function key(number: number, wireType: number): Buffer {
  return Buffer.of((number << 3) | wireType);
}

function varint(value: number): Buffer {
  assert(Number.isSafeInteger(value) && value >= 0, `expected a non-negative integer, got ${value}`);
  const bytes: number[] = [];
  let rest = value;
  // Division, not shifts: a step may exceed 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Zero is the default and is left out, as protobuf's own writers do. */
function integerField(number: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0);
  return Buffer.concat([key(number, 0), varint(value)]);
}

function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(number, 1), bytes]);
}

function floatField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(number, 5), bytes]);
}

function bytesField(number: number, ...parts: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([key(number, 2), varint(content.length), content]);
}

/** One record of a TensorBoard (TFRecord) file: length, masked CRC of the length, data, masked CRC of the data. */
function encodeRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(LENGTH_BYTES + CRC_BYTES + data.length + CRC_BYTES);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(data, LENGTH_BYTES + CRC_BYTES);
  record.writeUInt32LE(maskedCrc(data), record.length - CRC_BYTES);
  return record;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + CRC_MASK_DELTA) >>> 0;
}

/** What makes a file reproducible in a test; by default the machine's own clock, name and process number. */
export type EventFileOrigin = {
  /** Seconds since 1970, with a fraction. */
  readonly now?: () => number;
  readonly host?: string;
  readonly processId?: number;
};

/**
 * Writes a log that TensorBoard shows. Each call appends one whole record at once, so the file can be watched while it
 * grows, and a killed process loses at most the record it was writing, which TensorBoard skips. Resuming a run opens
 * another file in the same folder; TensorBoard reads them in order of their names.
 * Errors of every method that writes: FILE_NO_SPACE, FILE_NOT_WRITABLE.
 */
export class EventWriter {
  readonly path: string;
  readonly #now: () => number;
  #descriptor: number | undefined;
  /** Length of the file up to its last whole record. */
  #bytes = 0;

  private constructor(path: string, descriptor: number, now: () => number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#now = now;
  }

  /** Makes `folder` if needed and begins a new event file in it; never touches one that exists. */
  static open(folder: string, origin: EventFileOrigin = {}): EventWriter {
    const { now = () => Date.now() / 1000, host = hostname(), processId = process.pid } = origin;
    const second = Math.floor(now());
    let path = folder;
    try {
      fs.mkdirSync(folder, { recursive: true });
      for (let n = 0; ; n++) {
        path = join(folder, `events.out.tfevents.${second}.${host}.${processId}.${n}`);
        const descriptor = openNew(path, n < FILES_PER_SECOND_MAX);
        if (descriptor === undefined) continue;
        const writer = new EventWriter(path, descriptor, now);
        writer.#append(bytesField(3, FILE_VERSION));
        return writer;
      }
    } catch (cause) {
      throw (cause as NodeJS.ErrnoException).syscall === undefined ? cause : writeFailure(path, cause);
    }
  }

  /** One point of the curve `tag`; NaN and infinity are kept, TensorBoard marks them. */
  scalar(tag: string, step: number, value: number): void {
    this.#summary(tag, step, floatField(2, value));
  }

  /** One picture, encoded as PNG (RGB); `width` and `height` in pixels. */
  image(tag: string, step: number, png: Uint8Array, size: { readonly width: number; readonly height: number }): void {
    const { width, height } = size;
    const fields = [integerField(1, height), integerField(2, width), integerField(3, COLORSPACE_RGB)];
    this.#summary(tag, step, bytesField(4, ...fields, bytesField(4, png)));
  }

  /** One text, shown as Markdown in TensorBoard's text tab: prompts, the configuration. */
  text(tag: string, step: number, text: string): void {
    const tensor = bytesField(8, integerField(1, DT_STRING), bytesField(2), bytesField(8, text));
    const metadata = bytesField(9, bytesField(1, bytesField(1, "text")));
    this.#summary(tag, step, tensor, metadata);
  }

  /** Returns when what was written is on the disk. */
  flush(): void {
    this.#write((descriptor) => fs.fsyncSync(descriptor));
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    this.flush();
    this.#write((descriptor) => fs.closeSync(descriptor));
    this.#descriptor = undefined;
  }

  #summary(tag: string, step: number, ...fields: Buffer[]): void {
    assert(tag !== "", "expected a tag");
    this.#append(integerField(2, step), bytesField(5, bytesField(1, bytesField(1, tag), ...fields)));
  }

  #append(...fields: Buffer[]): void {
    const record = encodeRecord(Buffer.concat([doubleField(1, this.#now()), ...fields]));
    this.#write((descriptor) => {
      try {
        for (let done = 0; done < record.length;) done += fs.writeSync(descriptor, record, done);
      } catch (cause) {
        // Half a record would hide every later one from TensorBoard.
        fs.ftruncateSync(descriptor, this.#bytes);
        throw cause;
      }
    });
    this.#bytes += record.length;
  }

  #write(act: (descriptor: number) => void): void {
    assert(this.#descriptor !== undefined, "expected an open event file, got a closed one");
    try {
      act(this.#descriptor);
    } catch (cause) {
      throw writeFailure(this.path, cause);
    }
  }
}

/** Opens a file that must not exist yet; undefined where it does and the caller may try another name. */
function openNew(path: string, mayRetry: boolean): number | undefined {
  try {
    return fs.openSync(path, "ax");
  } catch (cause) {
    if (mayRetry && (cause as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw cause;
  }
}
