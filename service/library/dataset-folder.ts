/** A data set as the folder that the engine reads: numbered pictures and a metadata.csv. */
import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStore } from "../store/index.ts";

export interface FolderImage {
  readonly position: number;
  readonly sha256: string;
  readonly caption: string;
}

const POSITION_DIGITS = 5;
const CAPTIONS = "metadata.csv";

/** Names follow the order of adding, so the same data set trains the same way wherever it is written. */
export const folderName = (position: number): string => `${String(position).padStart(POSITION_DIGITS, "0")}.png`;

/** Writes the folder, or brings one written earlier up to date. The caption file comes last: with it the folder is whole. */
export async function writeDatasetFolder(
  objects: ObjectStore,
  images: readonly FolderImage[],
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const wanted = new Set([CAPTIONS, ...images.map(({ position }) => folderName(position))]);
  for (const name of await readdir(folder)) {
    if (!wanted.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const { position, sha256 } of images) await place(objects.path(sha256), join(folder, folderName(position)));
  await writeCaptions(images, join(folder, CAPTIONS));
}

/**
 * A second name for the same bytes where the disk can do that, else a copy. What was there goes first: renaming one name
 * of a file onto another of the same file does nothing and leaves both.
 */
async function place(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  try {
    await link(from, to);
  } catch {
    const draft = `${to}.${randomUUID()}`;
    await copyFile(from, draft);
    await rename(draft, to);
  }
}

async function writeCaptions(images: readonly FolderImage[], path: string): Promise<void> {
  const lines = images
    .filter(({ caption }) => caption.trim() !== "")
    .map(
      ({ position, caption }) => `${folderName(position)},"${caption.replaceAll(/\s+/g, " ").replaceAll('"', '""')}"\n`,
    );
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, "wx");
  try {
    await file.writeFile(`file_name,caption\n${lines.join("")}`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
