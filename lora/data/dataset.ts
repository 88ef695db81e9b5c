import { join, relative } from "node:path";
import { readCaptions } from "./caption-source.ts";
import { dataErrors } from "./errors.ts";
import { probeImage } from "./image.ts";
import { type ImageFolder, listImageFolders } from "./image-folder.ts";
import { mapParallel } from "./parallel.ts";
import type { Problem } from "./problem.ts";

/** One picture to learn from. */
export interface ImageSample {
  /** Full path. */
  readonly file: string;
  readonly caption: string;
  /** Times it is shown in one epoch. */
  readonly repeats: number;
  /** Pixels, after the camera's rotation mark is applied. */
  readonly width: number;
  readonly height: number;
}

export interface ImageDataset {
  readonly dir: string;
  readonly samples: readonly ImageSample[];
  /** Pictures for prior preservation; empty without `classDir`. */
  readonly classSamples: readonly ImageSample[];
  readonly problems: readonly Problem[];
}

export interface ImageDatasetOptions {
  readonly dir: string;
  readonly metadataPath?: string | undefined;
  /** Caption of pictures without one; else the folder's class name is used. */
  readonly triggerWord?: string | undefined;
  readonly classDir?: string | undefined;
  /** Caption of every picture in `classDir`; else they are read like those of `dir`. */
  readonly classPrompt?: string | undefined;
}

/**
 * Reads a folder of pictures and their captions; kohya's `N_class` subfolders repeat N times. Every picture is decoded
 * once: one that cannot be is reported and left out.
 * Errors: DATASET_NOT_FOUND, DATASET_EMPTY, DATASET_UNREADABLE (no picture can be read), METADATA_NOT_READABLE.
 */
export async function readImageDataset(options: ImageDatasetOptions): Promise<ImageDataset> {
  const { dir, metadataPath, triggerWord, classDir, classPrompt } = options;
  const main = await readSamples(dir, metadataPath, triggerWord);
  const prior = classDir === undefined ? undefined : await readSamples(classDir, undefined, classPrompt, classPrompt);
  return {
    dir,
    samples: main.samples,
    classSamples: prior?.samples ?? [],
    problems: [...main.problems, ...(prior?.problems ?? [])],
  };
}

async function readSamples(
  dir: string,
  metadataPath: string | undefined,
  fallbackCaption: string | undefined,
  captionOfAll?: string,
): Promise<{ samples: ImageSample[]; problems: Problem[] }> {
  const { folders, problems: folderProblems } = await listImageFolders(dir);
  const problems = [...folderProblems];
  let captions = new Map<string, string>();
  if (captionOfAll === undefined) {
    const read = await readCaptions(dir, folders, metadataPath);
    captions = read.captions;
    problems.push(...read.problems);
  }
  const entries = folders.flatMap((folder) => folder.images.map((name) => ({ folder, file: join(folder.path, name) })));
  const probes = await mapParallel(entries, ({ file }) => probeImage(file));
  const samples: ImageSample[] = [];
  for (const [index, { folder, file }] of entries.entries()) {
    const probe = probes[index]!;
    if ("reason" in probe) {
      problems.push({ code: "IMAGE_UNREADABLE", file, value: probe.reason });
      continue;
    }
    const own = captionOfAll ?? captions.get(file);
    if (own === undefined) problems.push({ code: "CAPTION_MISSING", file, value: fallbackOf(folder, fallbackCaption) });
    const caption = own ?? fallbackOf(folder, fallbackCaption);
    samples.push({ file, caption, repeats: folder.repeats, width: probe.width, height: probe.height });
  }
  if (samples.length === 0) {
    const first = relative(dir, entries[0]!.file);
    throw dataErrors.DATASET_UNREADABLE(dir, entries.length, first);
  }
  return { samples, problems };
}

const fallbackOf = (folder: ImageFolder, caption: string | undefined): string => caption ?? folder.className;
