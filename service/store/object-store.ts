/** Files named by the sha-256 of their bytes. Never changed, so written once and safe to cache for ever. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ServiceError } from "../protocol/index.ts";

const HASH = /^[0-9a-f]{64}$/;

export interface StoredObject {
  readonly sha256: string;
  readonly bytes: number;
}

/** Thrown by `put` when the data goes on past its limit; callers know the file's name and say it to the person. */
export class TooManyBytes extends Error {
  override readonly name = "TooManyBytes";
}

export class ObjectStore {
  readonly #root: string;
  readonly #incoming: string;

  private constructor(root: string, incoming: string) {
    this.#root = root;
    this.#incoming = incoming;
  }

  /** Opens `dataDir`/objects; what a killed process left half-written is removed. */
  static async open(dataDir: string): Promise<ObjectStore> {
    const root = join(dataDir, "objects");
    const incoming = join(root, "incoming");
    await mkdir(incoming, { recursive: true });
    for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
    return new ObjectStore(root, incoming);
  }

  /**
   * Stores the data and resolves when it is durable: written, synced, renamed, and the folder synced.
   * Errors: TooManyBytes beyond `bytesMax`, DISK_FULL, whatever the source throws; nothing is left behind.
   */
  async put(data: Uint8Array | AsyncIterable<Uint8Array>, bytesMax = Number.POSITIVE_INFINITY): Promise<StoredObject> {
    const draft = join(this.#incoming, randomUUID());
    try {
      const file = await open(draft, "wx", 0o600);
      let stored: StoredObject;
      try {
        stored = await write(file, data instanceof Uint8Array ? [data] : data, bytesMax);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#adopt(draft, stored.sha256);
      return stored;
    } catch (error) {
      await rm(draft, { force: true });
      throw isDiskFull(error) ? new ServiceError("DISK_FULL") : error;
    }
  }

  /** Where the object's bytes are, whether it exists or not. */
  path(sha256: string): string {
    if (!HASH.test(sha256)) throw new ServiceError("NOT_FOUND", { what: "object", id: sha256.slice(0, 80) });
    return join(this.#root, sha256.slice(0, 2), sha256.slice(2));
  }

  async read(sha256: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.path(sha256));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async has(sha256: string): Promise<boolean> {
    return stat(this.path(sha256)).then(
      () => true,
      () => false,
    );
  }

  async delete(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  async #adopt(draft: string, sha256: string): Promise<void> {
    const path = this.path(sha256);
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
    await syncFolder(dirname(path));
  }
}

async function write(
  file: FileHandle,
  data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<StoredObject> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of data) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new TooManyBytes(`more than ${bytesMax} bytes`);
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** Makes a rename survive a power failure. Systems that cannot open a folder (Windows) order it themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOSPC" || code === "EDQUOT";
}
