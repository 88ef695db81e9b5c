/** The base model that this service trains on and draws with. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStableDiffusion, readBaseDefaults } from "../../lora/index.ts";

export interface Base {
  /** Folder or file. */
  readonly path: string;
  readonly name: string;
  /** sha-256 of the UNet's file: modules fit the base they were trained on and no other. */
  readonly hash: string;
  /** Side of its pictures, pixels. */
  readonly side: number;
  /** What it suggests for training; undefined where it says nothing. */
  readonly learningRate: number | undefined;
}

/**
 * Reads headers, and the UNet's file once: its hash is remembered in `dataDir` by path, size and time of change.
 * @throws the engine's BASE_… errors
 */
export async function readBase(path: string, dataDir: string): Promise<Base> {
  const base = await openStableDiffusion(path);
  const [unet] = base.weights.unet.values();
  if (!unet) throw new Error(`${path}: a base without UNet weights`);
  const hash = await rememberedHash(unet.path, dataDir);
  return { path, name: base.name, side: base.side, hash, learningRate: readBaseDefaults(path).learning_rate };
}

async function rememberedHash(file: string, dataDir: string): Promise<string> {
  const memory = join(dataDir, "base-hash.json");
  const { size, mtimeMs } = await stat(file);
  const key = `${file}|${size}|${mtimeMs}`;
  const known = await readFile(memory, "utf8").then(
    (text) => parseMemory(text),
    () => undefined,
  );
  if (known?.key === key) return known.hash;
  const digest = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 22 })) digest.update(piece as Buffer);
  const hash = digest.digest("hex");
  await writeFile(`${memory}.tmp`, JSON.stringify({ key, hash }));
  await rename(`${memory}.tmp`, memory);
  return hash;
}

function parseMemory(text: string): { key: string; hash: string } | undefined {
  try {
    const { key, hash } = JSON.parse(text) as { key?: unknown; hash?: unknown };
    return typeof key === "string" && typeof hash === "string" ? { key, hash } : undefined;
  } catch {
    return undefined; // as good as absent
  }
}
