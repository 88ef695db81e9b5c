/** What a person dropped: pictures to send, captions that came along, and the rest. */
import { parseMetadata, stem } from "./caption-edits.ts";

const isImage = (name: string): boolean => /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic)$/i.test(name);
const isMetadata = (name: string): boolean => /(^|\/)(metadata|captions)\.(csv|jsonl)$/i.test(name);
const isSidecar = (name: string): boolean => /\.(txt|caption)$/i.test(name);
/** Files that systems leave in folders; nobody needs to hear of them. */
const isSystemFile = (name: string): boolean => /^(\.|thumbs\.db$|desktop\.ini$)/i.test(name);
/** A folder with more than this was dropped by mistake. */
const FILES_READ_MAX = 20_000;
/** No list of captions is longer; anything larger is not one. */
const CAPTION_FILE_BYTES_MAX = 4 * 2 ** 20;

export interface SortedFiles {
  readonly images: readonly File[];
  /** `.txt` beside a picture, `metadata.csv`, `metadata.jsonl`. */
  readonly captionFiles: readonly File[];
  /** Other files, left out. */
  readonly skipped: number;
}

/** Pictures by name, so that img2 comes before img10. */
export function sortFiles(files: readonly File[]): SortedFiles {
  const wanted = files.filter(({ name }) => !isSystemFile(name));
  const images = wanted.filter(({ name, type }) => isImage(name) || type.startsWith("image/"));
  const pictureStems = new Set(images.map(({ name }) => stem(name)));
  const captionFiles = wanted.filter(
    ({ name, size }) =>
      size <= CAPTION_FILE_BYTES_MAX && (isMetadata(name) || (isSidecar(name) && pictureStems.has(stem(name)))),
  );
  return {
    images: images.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    captionFiles,
    skipped: wanted.length - images.length - captionFiles.length,
  };
}

/** Picture stem → caption. A sidecar of its own wins over a line in a list. */
export async function readCaptions(files: readonly File[]): Promise<Map<string, string>> {
  const captions = new Map<string, string>();
  for (const file of files.filter(({ name }) => isMetadata(name))) {
    for (const [picture, caption] of parseMetadata(file.name, await file.text())) captions.set(picture, caption);
  }
  for (const file of files.filter(({ name }) => isSidecar(name))) {
    const caption = (await file.text()).replaceAll(/\s+/g, " ").trim();
    if (caption !== "") captions.set(stem(file.name), caption);
  }
  return captions;
}

/** All files of a drop, those inside folders too. Must be called while the event is handled. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const found = entries.filter((entry) => entry !== null);
  if (found.length === 0) return [...transfer.files];
  const files: File[] = [];
  for (const entry of found) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length >= FILES_READ_MAX) return;
  if (entry.isFile) {
    files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives about a hundred entries at a time, and an empty list at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0 || files.length >= FILES_READ_MAX) return;
    for (const inner of part) await collect(inner, files);
  }
}
