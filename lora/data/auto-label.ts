import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { AnimulaError, formatGuessedCsv, makeFolder, writeFileAtomic, type GuessedCaption } from "../format/index.ts";
import { readCaptions } from "./caption-source.ts";
import { withTrigger } from "./caption.ts";
import { dataErrors } from "./errors.ts";
import { listImageFolders } from "./image-folder.ts";
import { labelCaptions, type LabelOptions } from "./label-caption.ts";
import type { Labeller, Seen } from "./labeller.ts";
import type { Problem } from "./problem.ts";

export interface AutoLabelOptions extends Omit<LabelOptions, "onlyVaried"> {
  readonly dir: string;
  /** The caption file to write. */
  readonly output: string;
  /** The trigger word of the module to be taught, put in front of every caption. */
  readonly prefix?: string | undefined;
  /** As in `LabelOptions`; if not said, where there is a prefix. */
  readonly onlyVaried?: boolean | undefined;
  /** Also pictures that have a caption, and an `output` that is there. */
  readonly overwrite: boolean;
  readonly onPicture?: (done: number, total: number, problem: Problem | undefined) => void;
}

export interface AutoLabelReport {
  /** What `output` holds; nothing was written where it is empty. */
  readonly rows: readonly GuessedCaption[];
  /** Pictures that were left alone because they have a caption. */
  readonly captioned: number;
  /** Pictures that cannot be read. */
  readonly problems: readonly Problem[];
}

/**
 * Writes a caption for every picture of a data folder that has none, once all of them are made.
 * Names in the file start from `dir`: there, or as `metadata_path`, training reads it.
 * Errors: DATASET_NOT_FOUND, DATASET_EMPTY, DATASET_UNREADABLE, LABELS_EXIST; CAPTIONS_… for captions that are there.
 */
export async function autoLabel(labeller: Labeller, options: AutoLabelOptions): Promise<AutoLabelReport> {
  const { dir, output, overwrite } = options;
  refuseExisting(output, overwrite);
  const { folders } = await listImageFolders(dir);
  const files = folders.flatMap(({ path, images }) => images.map((name) => join(path, name)));
  const captioned = overwrite ? new Map<string, string>() : (await readCaptions(dir, folders, undefined)).captions;
  const open = files.filter((file) => !captioned.has(file));
  const seen: { readonly file: string; readonly picture: Seen }[] = [];
  const problems: Problem[] = [];
  for (const [index, file] of open.entries()) {
    const picture = await look(labeller, file);
    if ("code" in picture) problems.push(picture);
    else seen.push({ file, picture });
    options.onPicture?.(index + 1, open.length, "code" in picture ? picture : undefined);
  }
  if (open.length > 0 && seen.length === 0)
    throw dataErrors.DATASET_UNREADABLE(dir, open.length, relative(dir, open[0]!));
  // All of them together tell what is a person's own.
  const captions = labelCaptions(
    seen.map(({ picture }) => picture),
    { ...options, onlyVaried: options.onlyVaried ?? options.prefix !== undefined },
  );
  const rows = captions.map(({ caption, confidence }, i) => ({
    file: relative(dir, seen[i]!.file).split(sep).join("/"),
    caption: withTrigger(caption, options.prefix),
    confidence,
  }));
  if (rows.length > 0) {
    // Someone may have written captions meanwhile: a large folder takes a while.
    refuseExisting(output, overwrite);
    makeFolder(dirname(resolve(output)));
    writeFileAtomic(output, formatGuessedCsv(rows));
  }
  return { rows, captioned: files.length - open.length, problems };
}

function refuseExisting(output: string, overwrite: boolean): void {
  if (!overwrite && existsSync(output)) throw dataErrors.LABELS_EXIST(output);
}

async function look(labeller: Labeller, file: string): Promise<Seen | Problem> {
  try {
    return await labeller.guessFile(file);
  } catch (error) {
    if (!(error instanceof AnimulaError) || !error.code.startsWith("IMAGE_")) throw error;
    return { code: "IMAGE_UNREADABLE", file, value: error.message };
  }
}
