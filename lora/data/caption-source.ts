import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import {
  AnimulaError,
  type ParsedCaptions,
  parseMetadataCsv,
  parseMetadataJsonl,
  parseSidecar,
  sidecarNames,
} from "../format/index.ts";
import { dataErrors } from "./errors.ts";
import type { ImageFolder } from "./image-folder.ts";
import type { Problem, ProblemCode } from "./problem.ts";

/** Looked for in a folder, in order of precedence; sidecars come after them. */
const metadataNames = ["metadata.csv", "metadata.jsonl"] as const;

/**
 * The caption of every picture that has one, by the picture's full path. Precedence: the named metadata file, else
 * metadata.csv, metadata.jsonl in the picture's folder or the data folder, then `.caption`, `.txt` beside it.
 * Rows for absent files, rows that point outside the folder and unreadable files are reported.
 * Errors: METADATA_NOT_READABLE for the named file; CAPTIONS_… for a metadata file that is not CSV or JSON lines in UTF-8.
 */
export async function readCaptions(
  dir: string,
  folders: readonly ImageFolder[],
  metadataPath: string | undefined,
): Promise<{ captions: Map<string, string>; problems: Problem[] }> {
  const problems: Problem[] = [];
  const captions = new Map<string, string>();
  const images = folders.flatMap(({ path, images: names }) => names.map((name) => join(path, name)));

  for (const metadata of metadataFiles(dir, folders, metadataPath)) {
    const parsed = await readRows(metadata.path, metadata.required, problems);
    if (parsed !== undefined) takeRows(parsed, metadata, images, captions, problems);
  }
  for (const image of images) {
    if (captions.has(image)) continue;
    const sidecar = await readSidecar(image, problems);
    if (sidecar !== undefined) captions.set(image, sidecar);
  }
  return { captions, problems };
}

interface MetadataFile {
  /** The folder that the names in it start from. */
  readonly base: string;
  readonly path: string;
  readonly required: boolean;
}

function metadataFiles(dir: string, folders: readonly ImageFolder[], metadataPath: string | undefined): MetadataFile[] {
  const named = metadataPath === undefined ? [] : [{ base: dir, path: metadataPath, required: true }];
  const bases = new Set([dir, ...folders.map(({ path }) => path)]);
  const found = metadataNames.flatMap((name) =>
    [...bases].map((base) => ({ base, path: join(base, name), required: false })),
  );
  return [...named, ...found.filter(({ path }) => path !== metadataPath)];
}

/** The parsed file, or undefined where a file that is only looked for is absent or cannot be used. */
async function readRows(path: string, required: boolean, problems: Problem[]): Promise<ParsedCaptions | undefined> {
  const parse = extname(path).toLowerCase() === ".jsonl" ? parseMetadataJsonl : parseMetadataCsv;
  try {
    return parse(path, await readFile(path));
  } catch (cause) {
    if (cause instanceof AnimulaError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (required) throw dataErrors.METADATA_NOT_READABLE(path, reason === "ENOENT" ? "nothing" : reason);
    if (reason !== "ENOENT") problems.push({ code: "CAPTION_FILE_UNREADABLE", file: path, value: reason });
    return undefined;
  }
}

/** macOS writes names decomposed, and Windows ignores the case of letters: compare what a person sees. */
const comparable = (path: string): string => path.normalize("NFC").toLowerCase();

/** Adds captions for the pictures that have none yet. */
function takeRows(
  { rows, problems: rowProblems }: ParsedCaptions,
  { base, path }: MetadataFile,
  images: readonly string[],
  captions: Map<string, string>,
  problems: Problem[],
): void {
  const exact = new Set(images);
  const loose = new Map(images.map((image) => [comparable(image), image]));
  const taken = new Map<string, string>();
  for (const { file, caption, line } of rows) {
    const full = join(base, file);
    const image = exact.has(full) ? full : loose.get(comparable(full));
    if (image === undefined) problems.push({ code: "CAPTION_FOR_ABSENT_FILE", file: `${path}:${line}`, value: file });
    else if (!captions.has(image)) taken.set(image, caption);
  }
  for (const [image, caption] of taken) captions.set(image, caption);
  for (const { code, message, line } of rowProblems) {
    const known = rowCodes[code];
    const file = `${path}:${line}`;
    // The place is in `file`; the reader's message begins with it.
    const value = message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
    if (known !== null) problems.push({ code: known ?? "CAPTION_ROW", file, value });
  }
}

/** Row problems that have a code of their own; null: said again by another code (a picture left without a caption). */
const rowCodes: Readonly<Record<string, ProblemCode | null>> = {
  CAPTION_FILE_OUTSIDE: "CAPTION_OUTSIDE_FOLDER",
  CAPTION_FILE_REPEATED: "CAPTION_TWICE",
  CAPTION_EMPTY: null,
};

async function readSidecar(image: string, problems: Problem[]): Promise<string | undefined> {
  for (const path of sidecarNames(image)) {
    try {
      const [row] = parseSidecar(path, basename(image), await readFile(path)).rows;
      if (row !== undefined) return row.caption;
    } catch (cause) {
      const reason =
        cause instanceof AnimulaError ? cause.message : ((cause as NodeJS.ErrnoException).code ?? String(cause));
      if (reason !== "ENOENT") problems.push({ code: "CAPTION_FILE_UNREADABLE", file: path, value: reason });
    }
  }
  return undefined;
}
