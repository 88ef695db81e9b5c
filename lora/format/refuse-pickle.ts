import { extname } from "node:path";
import { formatErrors as errors } from "./errors.ts";
import { readAt, realPath, withDescriptor } from "./file-read.ts";

/** The names under which Python tools save pickles. Refused whatever is inside, so that the rule is easy to tell. */
const pickleExtensions: ReadonlySet<string> = new Set([".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle"]);

/** PyTorch names its first zip entry `<archive>/data.pkl`; longer names than this are not worth reading. */
const ZIP_NAME_BYTES_MAX = 1024;
const ZIP_HEADER_BYTES = 30;
const ZIP_NAME_LENGTH_OFFSET = 26;
const ZIP_MAGIC = "PK\x03\x04";
const PICKLE_PROTO = 0x80;
/** Protocols from 2 on begin with the PROTO opcode and their number; 5 is the newest. */
const PICKLE_PROTOCOL_MIN = 2;
const PICKLE_PROTOCOL_MAX = 5;
const SAFETENSORS_BRACE_OFFSET = 8;

function isZipOfPickle(start: Buffer): boolean {
  if (start.length < ZIP_HEADER_BYTES || start.toString("latin1", 0, ZIP_MAGIC.length) !== ZIP_MAGIC) return false;
  const nameEnd = ZIP_HEADER_BYTES + start.readUInt16LE(ZIP_NAME_LENGTH_OFFSET);
  return start.toString("latin1", ZIP_HEADER_BYTES, nameEnd).endsWith("data.pkl");
}

/** A safetensors header of 640 bytes also begins with 80 02; the brace after the length tells them apart. */
function isPickle(start: Buffer): boolean {
  const protocol = start[1] ?? 0;
  if (start[0] !== PICKLE_PROTO || protocol < PICKLE_PROTOCOL_MIN || protocol > PICKLE_PROTOCOL_MAX) return false;
  const isSafetensors = start.subarray(2, SAFETENSORS_BRACE_OFFSET).every((byte) => byte === 0);
  return !(isSafetensors && start[SAFETENSORS_BRACE_OFFSET] === 0x7b);
}

/**
 * Throws where `path` is a pickle by its name or its content: unpickling runs whatever program the file holds, so
 * Animula never does it. This gives the person a way on; the safety itself is that no unpickler exists here.
 * Errors: PICKLE_REFUSED, FILE_NOT_FOUND, FILE_NOT_REGULAR, FILE_NOT_READABLE.
 */
export function refusePickle(path: string): void {
  const real = realPath(path);
  for (const name of [path, real]) {
    const extension = extname(name).toLowerCase();
    if (pickleExtensions.has(extension)) throw errors.PICKLE_REFUSED(path, `a ${extension} file`);
  }
  withDescriptor(real, (descriptor) => {
    const start = Buffer.alloc(ZIP_HEADER_BYTES + ZIP_NAME_BYTES_MAX);
    const head = start.subarray(0, readAt(descriptor, start, 0));
    if (isZipOfPickle(head)) throw errors.PICKLE_REFUSED(path, "a zip that holds data.pkl");
    if (isPickle(head)) throw errors.PICKLE_REFUSED(path, "a pickle (it begins with byte 0x80)");
  });
}
