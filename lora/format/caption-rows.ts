import { posix } from "node:path";
import type { AnimulaError } from "./error.ts";
import { formatErrors as errors } from "./errors.ts";

/** One captioned image: `file` relative to the data folder, with forward slashes; `line` counts from 1. */
export type CaptionRow = { readonly file: string; readonly caption: string; readonly line: number };

/** What is worth telling the person; `isRowSkipped` where the row cannot be used. */
export type CaptionProblem = {
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly isRowSkipped: boolean;
};

export type ParsedCaptions = { readonly rows: CaptionRow[]; readonly problems: CaptionProblem[] };

/** Captions of a million images are about 200 MB; more is another kind of file. */
const CAPTIONS_BYTES_MAX = 1 << 28;

/** Column and key names of other tools, in order of preference; compared in lower case. */
export const FILE_NAMES: readonly string[] = ["file_name", "filename", "file", "image", "image_path", "path", "img"];
export const CAPTION_NAMES: readonly string[] = ["text", "caption", "prompt", "description"];

function lineOfFirstBadByte(bytes: Uint8Array): number {
  let line = 1;
  // A newline byte never occurs inside a UTF-8 sequence, so lines can be checked one by one.
  for (let begin = 0; begin < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, begin);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(begin, end))) return line;
    begin = end;
  }
  return line;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Caption text with `\n` line ends and without a byte order mark. `path` is only for messages.
 * Errors: CAPTIONS_TOO_LARGE, CAPTIONS_NOT_UTF8 (a wrong guess at the encoding would train on garbage).
 */
export function decodeCaptions(path: string, content: string | Uint8Array): string {
  if (content.length > CAPTIONS_BYTES_MAX) throw errors.CAPTIONS_TOO_LARGE(path, CAPTIONS_BYTES_MAX, content.length);
  if (typeof content !== "string" && !isUtf8(content)) {
    throw errors.CAPTIONS_NOT_UTF8(path, lineOfFirstBadByte(content));
  }
  const text = typeof content === "string" ? content.replace(/^\ufeff/, "") : new TextDecoder().decode(content);
  return text.replace(/\r\n?/g, "\n");
}

/** Collects rows, and refuses those that cannot be used. */
export class CaptionRows implements ParsedCaptions {
  readonly rows: CaptionRow[] = [];
  readonly problems: CaptionProblem[] = [];
  readonly #path: string;
  readonly #lineOf = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  skip(line: number, error: AnimulaError): void {
    this.problems.push({ code: error.code, message: error.message, line, isRowSkipped: true });
  }

  note(line: number, error: AnimulaError): void {
    this.problems.push({ code: error.code, message: error.message, line, isRowSkipped: false });
  }

  /** Adds one row; the caption's runs of white space and line breaks become single spaces. */
  add(rawFile: string, rawCaption: string, line: number): void {
    const named = rawFile.trim();
    const file = posix.normalize(named.replaceAll("\\", "/"));
    const caption = rawCaption.replace(/\s+/g, " ").trim();
    const first = this.#lineOf.get(file);
    if (named === "" || file.endsWith("/") || file === ".") {
      this.skip(line, errors.CAPTION_FILE_MISSING(this.#path, line));
    } else if (/^(?:\/|[A-Za-z]:|\.\.(?:\/|$))|\0/.test(file)) {
      this.skip(line, errors.CAPTION_FILE_OUTSIDE(this.#path, line, JSON.stringify(named)));
    } else if (caption === "") {
      this.skip(line, errors.CAPTION_EMPTY(this.#path, line, file));
    } else if (first !== undefined) {
      this.skip(line, errors.CAPTION_FILE_REPEATED(this.#path, line, file, first));
    } else {
      this.#lineOf.set(file, line);
      this.rows.push({ file, caption, line });
    }
  }
}
