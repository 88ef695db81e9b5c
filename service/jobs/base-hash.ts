/** The hash that modules are bound to: of a base's weights. Reading gigabytes takes a while, so it is remembered. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";

/**
 * sha-256 of the file; of several, of their hashes in the order given.
 * @param memory file that remembers it by path, size and time of change
 */
export async function rememberedHash(files: readonly string[], memory: string): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file)));
  const key = files.map((file, i) => `${file}|${stats[i]!.size}|${stats[i]!.mtimeMs}`).join("\n");
  const known = await readFile(memory, "utf8").then(
    (text) => parseMemory(text),
    () => undefined,
  );
  if (known?.key === key) return known.hash;
  const hashes: string[] = [];
  for (const file of files) hashes.push(await hashOf(file));
  const [only = ""] = hashes;
  const hash = hashes.length === 1 ? only : createHash("sha256").update(hashes.join("\n")).digest("hex");
  await writeFile(`${memory}.tmp`, JSON.stringify({ key, hash }));
  await rename(`${memory}.tmp`, memory);
  return hash;
}

async function hashOf(file: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 22 })) digest.update(piece as Buffer);
  return digest.digest("hex");
}

function parseMemory(text: string): { key: string; hash: string } | undefined {
  try {
    const { key, hash } = JSON.parse(text) as { key?: unknown; hash?: unknown };
    return typeof key === "string" && typeof hash === "string" ? { key, hash } : undefined;
  } catch {
    return undefined; // as good as absent
  }
}
