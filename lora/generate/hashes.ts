/** Short hashes under which the WebUI and its sites know a model, for the generation info of pictures. */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, makeFolder, writeFileAtomic } from "../format/index.ts";
import type { FileTensor } from "../graph/index.ts";
import type { StableDiffusion } from "../models/index.ts";

const MODEL_HEX_DIGITS = 10;
const MODULE_HEX_DIGITS = 12;
const SAFETENSORS_LENGTH_BYTES = 8;
/** The newest this many files are remembered. */
const REMEMBERED_MAX = 100;

/** Where hashes are remembered between runs. */
const cacheFile = (): string => join(cacheFolder(), "model-hashes.json");

/**
 * WebUI's "Model hash": the first 10 digits of the SHA-256 of the checkpoint; of a diffusers folder, of its UNet file.
 * Reading 4 GB takes seconds, so a file is hashed once and known again by path, size and time of change.
 */
export async function modelHash(base: StableDiffusion, remembered = cacheFile()): Promise<string> {
  const [{ path }] = [...base.weights.unet.values()] as [FileTensor];
  const { size, mtimeMs } = statSync(path);
  const key = `${path}|${size}|${mtimeMs}`;
  const known = readHashes(remembered);
  const found = known[key];
  if (found !== undefined) return found;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 22 })) hash.update(piece as Buffer);
  const short = hash.digest("hex").slice(0, MODEL_HEX_DIGITS);
  const entries = [...Object.entries(known), [key, short]].slice(-REMEMBERED_MAX);
  try {
    makeFolder(dirname(remembered));
    writeFileAtomic(remembered, JSON.stringify(Object.fromEntries(entries)));
  } catch {
    // A cache that cannot be written only costs time on the next run.
  }
  return short;
}

function readHashes(file: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    const isHash = (entry: [string, unknown]): entry is [string, string] =>
      typeof entry[1] === "string" && /^[0-9a-f]{10}$/.test(entry[1]);
    return Object.fromEntries(Object.entries(parsed as object).filter(isHash));
  } catch {
    // Absent or damaged: as good as empty.
    return {};
  }
}

/**
 * WebUI's "Lora hashes": the first 12 digits of the SHA-256 of the tensors' bytes, without the header, so that edited
 * metadata keeps the hash. @param path a safetensors file that was read before
 */
export function moduleHash(path: string): string {
  const bytes = readFileSync(path);
  const start = SAFETENSORS_LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  return createHash("sha256").update(bytes.subarray(start)).digest("hex").slice(0, MODULE_HEX_DIGITS);
}
