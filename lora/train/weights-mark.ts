import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readRange } from "../format/index.ts";

const SPOTS = 16;
const SPOT_BYTES = 4096;

/**
 * Tells a weights file from another one of its size: a hash of its length and of 16 spots, evenly over it. To read all of a
 * checkpoint takes seconds; another training, or another base in the old one's place, differs wherever one looks.
 * @throws FILE_NOT_READABLE
 */
export function weightsMark(path: string): string {
  const { size } = statSync(path);
  const length = Math.min(SPOT_BYTES, size);
  const hash = createHash("sha256").update(String(size));
  for (let i = 0; i < SPOTS; i++) hash.update(readRange(path, Math.floor(((size - length) * i) / (SPOTS - 1)), length));
  return hash.digest("hex");
}
