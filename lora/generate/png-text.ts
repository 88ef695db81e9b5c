import { crc32, inflateSync } from "node:zlib";
import { errorTable } from "../format/index.ts";

/** Input errors of reading text from pictures. */
export const pngErrors = errorTable({
  PNG_INVALID: (where: string, expected: string, got: string) =>
    `${where}: expected ${expected}, got ${got}; choose an undamaged PNG picture`,
  PNG_TEXT_TOO_LARGE: (where: string, keyword: string, most: number) =>
    `${where}: expected at most ${most} bytes of text under "${keyword}", got more; remove the text from the picture`,
});

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and CRC around each chunk's data. */
const CHUNK_OVERHEAD_BYTES = 12;
/** Generation info is kilobytes; a compressed chunk may claim to hold gigabytes. */
const TEXT_BYTES_MAX = 4 << 20;
/** The PNG specification's. */
const KEYWORD_BYTES_MAX = 79;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * `png` with `text` under `keyword` (1–79 Latin-1 characters), before the picture data; text already under that keyword is
 * replaced. Latin-1 text goes into a tEXt chunk and other text, Chinese say, into iTXt as UTF-8, as Pillow does: every
 * reader of WebUI's pictures knows both. @throws PNG_INVALID
 */
export function writePngText(png: Uint8Array, keyword: string, text: string, where = "picture"): Buffer {
  if (!/^[\x21-\x7e\xa1-\xff]([\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword)) {
    throw new RangeError(`PNG keyword ${JSON.stringify(keyword)}`);
  }
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const pieces: Buffer[] = [SIGNATURE];
  for (const [i, chunk] of readChunks(bytes, where).entries()) {
    const isSame = isText(chunk.type) && keywordOf(chunk.data) === keyword;
    if (!isSame) pieces.push(bytes.subarray(chunk.start, chunk.end));
    // The header chunk comes first by rule.
    if (i === 0) pieces.push(textChunk(keyword, text));
  }
  return Buffer.concat(pieces);
}

/** Every text of a PNG by keyword (tEXt, zTXt, iTXt). @throws PNG_INVALID, PNG_TEXT_TOO_LARGE */
export function readPngText(png: Uint8Array, where = "picture"): Map<string, string> {
  const texts = new Map<string, string>();
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  for (const { type, data } of readChunks(bytes, where)) {
    if (isText(type)) texts.set(keywordOf(data), textOf(type, data, where));
  }
  return texts;
}

function isText(type: string): boolean {
  return type === "tEXt" || type === "iTXt" || type === "zTXt";
}

function keywordOf(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString("latin1", 0, end === -1 ? data.length : end);
}

function textChunk(keyword: string, text: string): Buffer {
  const isLatin1 = Array.from(text).every((char) => char > "\0" && char <= "\xff");
  const head = Buffer.from(`${keyword}\0`, "latin1");
  // iTXt: no compression, method 0, no language, no translated keyword.
  const data = isLatin1
    ? Buffer.concat([head, Buffer.from(text, "latin1")])
    : Buffer.concat([head, Buffer.from([0, 0, 0, 0]), Buffer.from(text.replaceAll("\0", ""), "utf8")]);
  const body = Buffer.concat([Buffer.from(isLatin1 ? "tEXt" : "iTXt", "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function readChunks(png: Buffer, where: string): Chunk[] {
  if (!png.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
    throw pngErrors.PNG_INVALID(where, "a PNG signature", png.toString("hex", 0, 8) || "an empty file");
  }
  const chunks: Chunk[] = [];
  for (let start = SIGNATURE.length; start < png.length; start = chunks.at(-1)!.end) {
    const left = png.length - start;
    const length = left >= CHUNK_OVERHEAD_BYTES ? png.readUInt32BE(start) : 0;
    const end = start + length + CHUNK_OVERHEAD_BYTES;
    if (end > png.length) {
      throw pngErrors.PNG_INVALID(where, `a chunk of ${length} bytes at ${start}`, `${left} bytes`);
    }
    const type = png.toString("latin1", start + 4, start + 8);
    if (crc32(png.subarray(start + 4, end - 4)) !== png.readUInt32BE(end - 4)) {
      throw pngErrors.PNG_INVALID(where, `a ${JSON.stringify(type)} chunk at ${start} with its checksum`, "another");
    }
    chunks.push({ type, data: png.subarray(start + 8, end - 4), start, end });
    if (type === "IEND") break;
  }
  if (chunks[0]?.type !== "IHDR") throw pngErrors.PNG_INVALID(where, "IHDR first", chunks[0]?.type ?? "nothing");
  return chunks;
}

function textOf(type: string, data: Buffer, where: string): string {
  const keyword = keywordOf(data);
  if (keyword.length === 0 || keyword.length > KEYWORD_BYTES_MAX) {
    throw pngErrors.PNG_INVALID(where, `a keyword of 1 to ${KEYWORD_BYTES_MAX} bytes in ${type}`, `${keyword.length}`);
  }
  const rest = data.subarray(Math.min(keyword.length + 1, data.length));
  if (type === "tEXt") return limited(rest, keyword, where).toString("latin1");
  if (type === "zTXt") return inflate(rest.subarray(1), keyword, where).toString("latin1");
  const languageEnd = rest.indexOf(0, 2);
  const translatedEnd = languageEnd === -1 ? -1 : rest.indexOf(0, languageEnd + 1);
  if (translatedEnd === -1) throw pngErrors.PNG_INVALID(where, `an iTXt chunk "${keyword}" of four parts`, "fewer");
  const text = rest.subarray(translatedEnd + 1);
  return (rest[0] === 1 ? inflate(text, keyword, where) : limited(text, keyword, where)).toString("utf8");
}

function limited(text: Buffer, keyword: string, where: string): Buffer {
  if (text.length > TEXT_BYTES_MAX) throw pngErrors.PNG_TEXT_TOO_LARGE(where, keyword, TEXT_BYTES_MAX);
  return text;
}

function inflate(text: Buffer, keyword: string, where: string): Buffer {
  try {
    return inflateSync(text, { maxOutputLength: TEXT_BYTES_MAX });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw pngErrors.PNG_TEXT_TOO_LARGE(where, keyword, TEXT_BYTES_MAX);
    }
    throw pngErrors.PNG_INVALID(where, `compressed text under "${keyword}"`, (error as Error).message);
  }
}
