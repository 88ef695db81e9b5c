/** `tokenizer.model`, the vocabulary of SentencePiece (its `sentencepiece_model.proto`). */
import { errorTable } from "./error.ts";
import { readAt, realPath, withDescriptor } from "./file-read.ts";

export interface SentencePieceModel {
  readonly pieces: readonly string[];
  readonly scores: readonly number[];
  /** 1 normal, 2 unknown, 3 control, 4 defined by a user, 5 unused, 6 a byte. */
  readonly kinds: readonly number[];
  /** 1 unigram, 2 byte-pair encoding. */
  readonly type: number;
  /** A blank is put before a text. */
  readonly hasPrefix: boolean;
}

/** The largest vocabulary, with normalization tables, is some megabytes. */
const FILE_BYTES_MAX = 1 << 26;

export const sentencePieceErrors = errorTable({
  SENTENCEPIECE_TOO_LARGE: (path: string, max: number, got: number) =>
    `${path}: expected at most ${max} bytes, got ${got}; this is no tokenizer.model`,
  SENTENCEPIECE_DAMAGED: (path: string, reason: string) =>
    `${path}: expected a model of SentencePiece, got ${reason}; download the file again`,
});

/** Wire types of protocol buffers. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;

interface Field {
  readonly number: number;
  readonly varint: number;
  /** Empty but for BYTES and FIXED32. */
  readonly bytes: Uint8Array;
}

class Damage extends Error {}

function* fields(message: Uint8Array): Iterable<Field> {
  let at = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; factor < 2 ** 53; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Damage("fewer bytes than announced");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new Damage("a number that does not end");
  };
  const take = (count: number): Uint8Array => {
    if (count > message.length - at) throw new Damage("fewer bytes than announced");
    return message.subarray(at, (at += count));
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === VARINT) yield { number, varint: varint(), bytes: new Uint8Array() };
    else if (wire === BYTES) yield { number, varint: 0, bytes: take(varint()) };
    else if (wire === FIXED32) yield { number, varint: 0, bytes: take(4) };
    else if (wire === FIXED64) take(8);
    else throw new Damage("bytes of another format");
  }
}

const PIECES = 1;
const TRAINER = 2;
const NORMALIZER = 3;

/** Errors: SENTENCEPIECE_…, FILE_*. */
export function readSentencePiece(path: string): SentencePieceModel {
  const real = realPath(path);
  const bytes = withDescriptor(real, (descriptor, { size }) => {
    if (size > FILE_BYTES_MAX) throw sentencePieceErrors.SENTENCEPIECE_TOO_LARGE(real, FILE_BYTES_MAX, size);
    const all = new Uint8Array(size);
    return all.subarray(0, readAt(descriptor, all, 0));
  });
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof Damage || error instanceof TypeError)
      throw sentencePieceErrors.SENTENCEPIECE_DAMAGED(real, error.message);
    throw error;
  }
}

function parse(bytes: Uint8Array): SentencePieceModel {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const all = [...fields(bytes)];
  const within = (number: number) =>
    all.filter((field) => field.number === number).flatMap((field) => [...fields(field.bytes)]);
  const last = (part: readonly Field[], number: number) => part.findLast((field) => field.number === number);
  const pieces = all
    .filter(({ number }) => number === PIECES)
    .map((field) => {
      const part = [...fields(field.bytes)];
      const score = last(part, 2)?.bytes;
      if (score !== undefined && score.length !== 4) throw new Damage("a score that is no number");
      return {
        text: utf8.decode(last(part, 1)?.bytes ?? new Uint8Array()),
        score: score === undefined ? 0 : new DataView(score.buffer, score.byteOffset).getFloat32(0, true),
        kind: last(part, 3)?.varint ?? 1,
      };
    });
  if (pieces.length === 0) throw new Damage("no pieces");
  return {
    pieces: pieces.map(({ text }) => text),
    scores: pieces.map(({ score }) => score),
    kinds: pieces.map(({ kind }) => kind),
    type: last(within(TRAINER), 3)?.varint ?? 1,
    hasPrefix: (last(within(NORMALIZER), 3)?.varint ?? 1) !== 0,
  };
}
