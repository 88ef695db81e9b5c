/** One file of a model: fetched where it was left off, checked, then put in its place. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { makeFolder, writeFailure } from "../format/index.ts";
import { hubErrors as errors } from "./errors.ts";
import { ask, reasonOf, refusal, type Hub, type HubFile, type HubModel } from "./repository.ts";

export interface DownloadOptions {
  /** Bytes that are here, of all. */
  readonly onBytes?: ((file: HubFile, bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Before the first repetition; doubles with each. */
  readonly waitMs?: number | undefined;
}

/** Tries without a single new byte. */
const TRIES_MAX = 4;
const WAIT_MS = 1000;

/**
 * @param target where the file goes; what is there is kept if it is the same
 * @throws HUB_HASH, HUB_UNREACHABLE, HUB_STATUS, FILE_NO_SPACE, FILE_NOT_WRITABLE, FOLDER_NOT_WRITABLE; the signal's reason
 */
export async function download(
  hub: Hub,
  model: HubModel,
  file: HubFile,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  if (sizeOf(target) === file.bytes && (await hashOf(target, file)) === file.hash.hex) {
    options.onBytes?.(file, file.bytes);
    return;
  }
  makeFolder(dirname(target));
  // Named by the hash: what is left of another version is not continued.
  const part = join(dirname(target), `.${basename(target)}.${file.hash.hex.slice(0, 12)}.part`);
  if (sizeOf(part) > file.bytes) rmSync(part);
  if (!existsSync(part) || sizeOf(part) < file.bytes) await fetchRest(hub, model, file, part, options);
  const hash = await hashOf(part, file);
  if (hash !== file.hash.hex) {
    rmSync(part);
    throw errors.HUB_HASH(file.path, file.hash.hex, hash);
  }
  renameSync(part, target);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function fetchRest(
  hub: Hub,
  model: HubModel,
  file: HubFile,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  const { waitMs = WAIT_MS, signal } = options;
  let tries = 0;
  for (;;) {
    const before = sizeOf(part);
    let reason = "fewer bytes than promised";
    try {
      await fetchOnce(hub, model, file, part, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Broken)) throw error;
      reason = error.message;
    }
    if (sizeOf(part) === file.bytes) return;
    tries = sizeOf(part) > before ? 0 : tries + 1;
    if (tries >= TRIES_MAX) throw errors.HUB_UNREACHABLE(urlOf(hub, model, file), reason);
    await wait(waitMs * 2 ** tries, undefined, signal && { signal });
  }
}

/** The connection broke or the hub is busy: worth another try. */
class Broken extends Error {}

const urlOf = ({ endpoint }: Hub, { name, revision }: HubModel, { path }: HubFile): string =>
  `${endpoint}/${name}/resolve/${revision}/${path.split("/").map(encodeURIComponent).join("/")}`;

const RANGE_REFUSED = 416;
const PARTIAL = 206;

async function fetchOnce(
  hub: Hub,
  model: HubModel,
  file: HubFile,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  const url = urlOf(hub, model, file);
  const start = sizeOf(part);
  // Compressed on the way, a range would be one of other bytes.
  const headers = { "accept-encoding": "identity", ...(start > 0 && { range: `bytes=${start}-` }) };
  const response = await ask(hub, url, headers, options.signal).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new Broken(reasonOf(error));
  });
  const { status } = response;
  if (status === RANGE_REFUSED) {
    rmSync(part, { force: true });
    throw new Broken("the range refused");
  }
  if (status === 429 || status >= 500) throw new Broken(`status ${status}`);
  if (!response.ok || !response.body) throw refusal(hub, model.name, url, status);
  const goesOn = status === PARTIAL && response.headers.get("content-range")?.startsWith(`bytes ${start}-`) === true;
  if (status === PARTIAL && !goesOn) throw errors.HUB_ANSWER(url, `the bytes from ${start} on`);
  let bytes = goesOn ? start : 0;
  async function* counted(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > file.bytes) throw errors.HUB_ANSWER(url, `${file.bytes} bytes`);
      yield piece;
      options.onBytes?.(file, bytes);
    }
  }
  try {
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, counted, createWriteStream(part, { flags: goesOn ? "a" : "w" }), {
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const { code, syscall } = error as NodeJS.ErrnoException & { code?: string };
    if (code?.startsWith("HUB_")) throw error;
    if (syscall === "write" || syscall === "open") throw writeFailure(part, error);
    throw new Broken(reasonOf(error));
  }
}

async function hashOf(path: string, { bytes, hash: { algorithm } }: HubFile): Promise<string> {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  // A file's hash in git is that of this line and its contents.
  if (algorithm === "git-sha1") hash.update(`blob ${bytes}\0`);
  for await (const piece of existsSync(path) ? createReadStream(path) : []) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}
