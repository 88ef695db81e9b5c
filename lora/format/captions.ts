import { posix } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { CAPTION_NAMES, CaptionRows, decodeCaptions, FILE_NAMES, type ParsedCaptions } from "./caption-rows.ts";
import { formatErrors as errors } from "./errors.ts";

/** A caption longer than this is a quote that was never closed: text encoders read a few hundred characters. */
const CSV_RECORD_CHARS_MAX = 100_000;
const GOT_CHARS_MAX = 60;
/** In the order they are looked for; `.caption` is the one that means nothing else. */
const SIDECAR_EXTENSIONS: readonly string[] = [".caption", ".txt"];

/** The column by which a labeller says how sure it is; for people, so nobody need be told that it is not read. */
const CONFIDENCE = "confidence";

type CsvRow = { readonly cells: string[]; readonly line: number };
type Columns = { readonly file: number; readonly caption: number; readonly ignored: string[] };

function readCsv(path: string, text: string): CsvRow[] {
  let lastLine = 0;
  try {
    const records = parse(text, {
      info: true,
      raw: true,
      record_delimiter: "\n",
      relax_column_count: true,
      relax_quotes: true,
      // Spreadsheets leave rows of bare commas at the end.
      skip_records_with_empty_values: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: CSV_RECORD_CHARS_MAX,
      on_record: (record, { lines }) => {
        lastLine = lines;
        return record;
      },
    }) as unknown as { record: string[]; info: { lines: number }; raw: string }[];
    return records.map(({ record, info, raw }) => ({
      cells: record,
      line: info.lines - (raw.trim().match(/\n/g)?.length ?? 0),
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw errors.CAPTIONS_CSV_MALFORMED(path, lastLine + 1, cause.code);
  }
}

function indexOfName(names: readonly string[], candidates: readonly string[]): number {
  for (const candidate of candidates) {
    const at = names.indexOf(candidate);
    if (at >= 0) return at;
  }
  return -1;
}

/** Where the first row names its columns. Undefined for the form without a header. */
function columnsOf(path: string, first: CsvRow | undefined): Columns | undefined {
  const names = first?.cells.map((cell) => cell.toLowerCase()) ?? [];
  const file = indexOfName(names, FILE_NAMES);
  const caption = indexOfName(names, CAPTION_NAMES);
  if (file < 0 && caption < 0) return undefined;
  const got = names.join(", ");
  if (file < 0 && names.length > 1 && names.some((name) => posix.extname(name) !== "")) return undefined;
  if (file < 0) throw errors.CAPTIONS_COLUMN_MISSING(path, FILE_NAMES.join(" or "), got);
  if (caption < 0) throw errors.CAPTIONS_COLUMN_MISSING(path, CAPTION_NAMES.join(" or "), got);
  const others = names.filter((name, at) => at !== file && at !== caption && name !== CONFIDENCE);
  return { file, caption, ignored: others };
}

function addHeaderless(rows: CaptionRows, path: string, { cells, line }: CsvRow): void {
  const [file = "", ...captions] = cells;
  if (captions.length === 0) return rows.skip(line, errors.CAPTION_COLUMN_COUNT(path, line, 2, cells.length));
  if (captions.length > 1) rows.note(line, errors.CAPTION_NOT_QUOTED(path, line));
  rows.add(file, captions.join(", "), line);
}

/**
 * Reads `metadata.csv`: either rows of `file,"caption"`, or a header that names a file column (file_name, filename,
 * file, image…) and a caption column (text, caption, prompt…) in any order. `path` is only for messages.
 * A row that cannot be used becomes a problem. Errors, for the file as a whole: CAPTIONS_*.
 */
export function parseMetadataCsv(path: string, content: string | Uint8Array): ParsedCaptions {
  const records = readCsv(path, decodeCaptions(path, content));
  const columns = columnsOf(path, records[0]);
  const rows = new CaptionRows(path);
  if (!columns) {
    for (const record of records) addHeaderless(rows, path, record);
    return rows;
  }
  const width = records[0]!.cells.length;
  if (columns.ignored.length > 0) rows.note(1, errors.CAPTION_COLUMNS_IGNORED(path, columns.ignored.join(", ")));
  for (const { cells, line } of records.slice(1)) {
    if (cells.length === width) rows.add(cells[columns.file]!, cells[columns.caption]!, line);
    else rows.skip(line, errors.CAPTION_COLUMN_COUNT(path, line, width, cells.length));
  }
  return rows;
}

/** The first of these keys that holds a string. */
function stringAt(object: Record<string, unknown>, keys: readonly string[]): string {
  for (const key of keys) if (typeof object[key] === "string") return object[key];
  return "";
}

/**
 * Reads `metadata.jsonl`: one object per line, `{"file_name": …, "text": …}` or the other tools' keys.
 * Other keys are left alone without a word: such files carry boxes and tags for other programs. `path` is only for messages.
 */
export function parseMetadataJsonl(path: string, content: string | Uint8Array): ParsedCaptions {
  const rows = new CaptionRows(path);
  for (const [index, text] of decodeCaptions(path, content).split("\n").entries()) {
    const line = index + 1;
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const object = value as Record<string, unknown>;
      rows.add(stringAt(object, FILE_NAMES), stringAt(object, CAPTION_NAMES), line);
    } else {
      rows.skip(line, errors.CAPTION_LINE_NOT_JSON(path, line, text.slice(0, GOT_CHARS_MAX)));
    }
  }
  return rows;
}

/** Names of the files that may hold the caption of this image, the first that exists counts: `a.caption`, `a.txt`. */
export function sidecarNames(imageFile: string): string[] {
  const stem = imageFile.slice(0, imageFile.length - posix.extname(imageFile).length);
  return SIDECAR_EXTENSIONS.map((extension) => stem + extension);
}

/** Reads a sidecar: all its lines are the caption of `imageFile`. `path` is only for messages. */
export function parseSidecar(path: string, imageFile: string, content: string | Uint8Array): ParsedCaptions {
  const rows = new CaptionRows(path);
  rows.add(imageFile, decodeCaptions(path, content), 1);
  return rows;
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

const fileCell = (file: string): string => (/[",\n\r]|^\s|\s$/.test(file) ? quote(file) : file);

/** `metadata.csv` in the form `file,"caption"`, one row per line, UTF-8 without a header. */
export function formatMetadataCsv(rows: readonly { readonly file: string; readonly caption: string }[]): string {
  return rows.map(({ file, caption }) => `${fileCell(file)},${quote(caption)}\n`).join("");
}

export interface GuessedCaption {
  readonly file: string;
  readonly caption: string;
  /** 0 … 1 */
  readonly confidence: number;
}

/** `metadata.csv` of a labeller: `file_name,text,confidence` under a header that says so. */
export function formatGuessedCsv(rows: readonly GuessedCaption[]): string {
  const lines = rows.map(
    ({ file, caption, confidence }) => `${fileCell(file)},${quote(caption)},${confidence.toFixed(2)}\n`,
  );
  return `file_name,text,${CONFIDENCE}\n${lines.join("")}`;
}
