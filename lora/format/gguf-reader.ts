/** Reads typed values one after the other from the head of a GGUF file, never past its end. */
import { readAt } from "./file-read.ts";
import { ggufErrors as errors } from "./gguf-errors.ts";

export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | readonly GgufScalar[];

/** Bytes read at a time: few reads for a head of some megabytes. */
const WINDOW_BYTES = 1 << 20;
/** Names and keys. llama.cpp allows 64 bytes and 65,535. */
const NAME_BYTES_MAX = 65_535;
/** A chat template is some kilobytes, a licence some hundred. */
const TEXT_BYTES_MAX = 1 << 24;
/** A list has an element for each token or merge: half a million in the largest vocabularies. */
const ELEMENTS_MAX = 1 << 22;

type ScalarRead = (reader: GgufReader, key: string) => GgufScalar;
/** By the number that GGUF has for a type; 9 is a list. */
const SCALARS: ReadonlyMap<number, ScalarRead> = new Map<number, ScalarRead>([
  [0, (r) => r.view(1).getUint8(0)],
  [1, (r) => r.view(1).getInt8(0)],
  [2, (r) => r.view(2).getUint16(0, true)],
  [3, (r) => r.view(2).getInt16(0, true)],
  [4, (r) => r.view(4).getUint32(0, true)],
  [5, (r) => r.view(4).getInt32(0, true)],
  [6, (r) => r.view(4).getFloat32(0, true)],
  [7, (r) => r.view(1).getUint8(0) !== 0],
  [8, (r, key) => r.text(key, TEXT_BYTES_MAX)],
  [10, (r) => whole(r.view(8).getBigUint64(0, true))],
  [11, (r) => whole(r.view(8).getBigInt64(0, true))],
  [12, (r) => r.view(8).getFloat64(0, true)],
]);
const LIST = 9;
const KNOWN = "0 to 12";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A number where it is exact. */
const whole = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

export class GgufReader {
  readonly path: string;
  readonly fileBytes: number;
  private readonly descriptor: number;
  private at = 0;
  private window = new Uint8Array();
  private windowAt = 0;

  constructor(path: string, descriptor: number, fileBytes: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.fileBytes = fileBytes;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.at;
  }

  /** The next bytes. @throws GGUF_TRUNCATED, GGUF_FILE_CHANGED */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    // Compared before anything is allocated: a short file must not cost what it promises.
    if (this.at + count > this.fileBytes) throw errors.GGUF_TRUNCATED(this.path, this.at + count, this.fileBytes);
    if (this.at + count > this.windowAt + this.window.length) {
      this.window = new Uint8Array(Math.min(Math.max(count, WINDOW_BYTES), this.fileBytes - this.at));
      if (readAt(this.descriptor, this.window, this.at) < this.window.length) throw errors.GGUF_FILE_CHANGED(this.path);
      this.windowAt = this.at;
    }
    const start = this.at - this.windowAt;
    this.at += count;
    return this.window.subarray(start, start + count);
  }

  view(count: number): DataView {
    const { buffer, byteOffset } = this.bytes(count);
    return new DataView(buffer, byteOffset, count);
  }

  uint32(): number {
    return this.view(4).getUint32(0, true);
  }

  /** @throws GGUF_TOO_MANY */
  count(what: string, max: number): number {
    const count = this.view(8).getBigUint64(0, true);
    if (count > BigInt(max)) throw errors.GGUF_TOO_MANY(this.path, what, max, String(count));
    return Number(count);
  }

  /** @throws GGUF_TOO_MANY, GGUF_NOT_UTF8 */
  text(what: string, bytesMax: number): string {
    const bytes = this.bytes(this.count(`bytes of ${what}`, bytesMax));
    try {
      return utf8.decode(bytes);
    } catch {
      throw errors.GGUF_NOT_UTF8(this.path, what);
    }
  }

  name(what: string): string {
    return this.text(what, NAME_BYTES_MAX);
  }

  /** A value with its type before it. @throws GGUF_VALUE_TYPE */
  value(key: string): GgufValue {
    const type = this.uint32();
    if (type !== LIST) return this.scalarOf(type, key)(this, key);
    const read = this.scalarOf(this.uint32(), key);
    const count = this.count(`elements of ${key}`, ELEMENTS_MAX);
    return Array.from({ length: count }, () => read(this, key));
  }

  private scalarOf(type: number, key: string): ScalarRead {
    const read = SCALARS.get(type);
    if (!read) throw errors.GGUF_VALUE_TYPE(this.path, key, KNOWN, type);
    return read;
  }
}
