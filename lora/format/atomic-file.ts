import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";
import type { AnimulaError } from "./error.ts";
import { formatErrors } from "./errors.ts";

/** A single write call moves at most about 2 GiB on every platform, so larger pieces are split. */
const WRITE_BYTES_MAX = 1 << 30;

/** A file system that is full, or a quota or size limit that stands for one. */
const noSpaceCodes: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The typed error for a failed write of `path`. */
export function writeFailure(path: string, cause: unknown): AnimulaError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return noSpaceCodes.has(code) ? formatErrors.FILE_NO_SPACE(path, code) : formatErrors.FILE_NOT_WRITABLE(path, code);
}

/** Makes a folder and those above it. Errors: FILE_NO_SPACE, FOLDER_NOT_WRITABLE. */
export function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (noSpaceCodes.has(code)) throw formatErrors.FILE_NO_SPACE(path, code);
    throw formatErrors.FOLDER_NOT_WRITABLE(path, code === "EEXIST" ? "a file of that name" : code);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    done += fs.writeSync(descriptor, bytes, done, Math.min(WRITE_BYTES_MAX, bytes.length - done));
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder for fsync; its rename is journaled by NTFS.
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeSynced(path: string, pieces: Iterable<Uint8Array>): void {
  const descriptor = fs.openSync(path, "wx");
  try {
    for (const piece of pieces) writeAll(descriptor, piece);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Writes a whole file so that `path` always holds either the old or the new bytes, also after a crash or power loss:
 * temporary file in the same folder, fsync, rename, fsync of the folder.
 * Errors: FILE_NO_SPACE, FILE_NOT_WRITABLE; the old file is then untouched and the temporary one removed.
 */
export function writeFileAtomic(path: string, bytes: Uint8Array | string | Iterable<Uint8Array>): void {
  const pieces =
    typeof bytes === "string" ? [new TextEncoder().encode(bytes)] : bytes instanceof Uint8Array ? [bytes] : bytes;
  const folder = dirname(path);
  const temporary = join(folder, `.animula-${randomUUID()}.tmp`);
  try {
    writeSynced(temporary, pieces);
    fs.renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    fs.rmSync(temporary, { force: true });
    // What a caller's pieces threw is not about this file.
    throw (cause as NodeJS.ErrnoException).syscall === undefined ? cause : writeFailure(path, cause);
  }
}
