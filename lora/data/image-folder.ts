import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { dataErrors } from "./errors.ts";
import type { Problem } from "./problem.ts";

/** What sharp decodes. `.bmp` and `.heic` are listed so that a person is told about them instead of missing them. */
export const readableExtensions = [
  ".png",
  ".jpg",
  ".jpeg",
  ".jfif",
  ".webp",
  ".avif",
  ".gif",
  ".tif",
  ".tiff",
] as const;
const otherExtensions = [".bmp", ".heic", ".heif", ".jxl", ".jp2", ".psd", ".tga"] as const;
const imageExtensions: ReadonlySet<string> = new Set([...readableExtensions, ...otherExtensions]);

/** A folder with pictures: the data folder itself, or a kohya subfolder `N_class`. */
export interface ImageFolder {
  readonly path: string;
  /** Times every picture is shown in one epoch. */
  readonly repeats: number;
  /** The name without its number: the caption of pictures that have none. */
  readonly className: string;
  /** File names, sorted by code unit so that every machine sees the same order. */
  readonly images: readonly string[];
}

const isHidden = (name: string): boolean => name.startsWith(".");
export const isImageName = (name: string): boolean => imageExtensions.has(extname(name).toLowerCase());

/** Reads `10_zhangsan man` as 10 × "zhangsan man". */
function kohyaName(folder: string): { repeats: number; className: string } | undefined {
  const match = /^(\d{1,6})_(.*)$/.exec(folder);
  return match === null ? undefined : { repeats: Number(match[1]), className: match[2]!.replaceAll("_", " ").trim() };
}

/**
 * Lists the folder and its `N_class` subfolders; links are followed, hidden files left out. Pictures in other
 * subfolders are not used, which is reported: samples and backups often lie beside the data.
 * Errors: DATASET_NOT_FOUND, DATASET_EMPTY.
 */
export async function listImageFolders(dir: string): Promise<{ folders: ImageFolder[]; problems: Problem[] }> {
  const { images, subfolders } = await listFolder(dir);
  const problems: Problem[] = [];
  const folders: ImageFolder[] = [];
  const ownClass = kohyaName(basename(dir))?.className ?? basename(dir).replaceAll("_", " ");
  if (images.length > 0) folders.push({ path: dir, repeats: 1, className: ownClass, images });
  for (const name of subfolders) {
    const path = join(dir, name);
    const listed = await listFolder(path);
    if (listed.images.length === 0) continue;
    const kohya = kohyaName(name);
    if (kohya === undefined || kohya.repeats === 0) {
      problems.push({ code: "FOLDER_NOT_USED", file: path, value: listed.images.length });
    } else {
      folders.push({ path, ...kohya, images: listed.images });
    }
  }
  if (folders.length === 0) throw dataErrors.DATASET_EMPTY(dir, readableExtensions.join(" "));
  return { folders, problems };
}

async function listFolder(dir: string): Promise<{ images: string[]; subfolders: string[] }> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "nothing" : code === "ENOTDIR" ? "a file" : (code ?? String(cause));
    throw dataErrors.DATASET_NOT_FOUND(dir, got);
  }
  const images: string[] = [];
  const subfolders: string[] = [];
  for (const name of names.filter((all) => !isHidden(all)).sort()) {
    // A broken link has no stat; if it is named like a picture it is kept, to be reported as unreadable.
    const entry = await stat(join(dir, name)).catch(() => undefined);
    if (entry?.isDirectory() === true) subfolders.push(name);
    else if (isImageName(name)) images.push(name);
  }
  return { images, subfolders };
}
