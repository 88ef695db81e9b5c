import fs from "node:fs";
import { formatErrors as errors } from "./errors.ts";

/** A single read call moves at most about 2 GiB on every platform, so larger reads are split. */
const READ_BYTES_MAX = 1 << 30;

/** `path` with symbolic links resolved. Errors: FILE_NOT_FOUND, FILE_NOT_READABLE. */
export function realPath(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw code === "ENOENT" || code === "ENOTDIR" ? errors.FILE_NOT_FOUND(path) : errors.FILE_NOT_READABLE(path, code);
  }
}

/**
 * Runs `read` on the open regular file. An error of the system, unlike one of ours, becomes FILE_NOT_READABLE.
 * Errors: FILE_NOT_REGULAR, FILE_NOT_READABLE.
 */
export function withDescriptor<T>(path: string, read: (descriptor: number, stat: fs.Stats) => T): T {
  let descriptor: number | undefined;
  try {
    // Asked before opening too: opening a named pipe would wait for a writer.
    if (!fs.statSync(path).isFile()) throw errors.FILE_NOT_REGULAR(path);
    descriptor = fs.openSync(path, "r");
    return read(descriptor, fs.fstatSync(descriptor));
  } catch (cause) {
    const { syscall, code } = cause as NodeJS.ErrnoException;
    throw syscall === undefined ? cause : errors.FILE_NOT_READABLE(path, code ?? "an error");
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** Reads from `position` until `target` is full or the file ends; returns the byte count. */
export function readAt(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(READ_BYTES_MAX, target.length - done);
    const count = fs.readSync(descriptor, target, done, length, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** A range of a file. Errors: FILE_NOT_REGULAR, FILE_NOT_READABLE. */
export function readRange(path: string, offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  const count = withDescriptor(path, (descriptor) => readAt(descriptor, bytes, offset));
  if (count < byteLength) throw errors.FILE_NOT_READABLE(path, `${offset + count} bytes, not ${offset + byteLength}`);
  return bytes;
}
