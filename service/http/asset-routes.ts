/** Pictures by the hash of their bytes: no token, cached for ever, served from memory. */
import { Router } from "express";
import { LRUCache } from "lru-cache";
import { thumbnail, type Library } from "../library/index.ts";
import { ServiceError } from "../protocol/index.ts";

const HASH = /^[0-9a-f]{64}$/;
/** A scene's worth of textures, many times over. */
const MEMORY_BYTES_MAX = 256 * 2 ** 20;
/** `?side=` of a small copy, pixels: lists need no more, and few sizes keep the memory for many pictures. */
const SIDES: ReadonlySet<string> = new Set(["128", "256", "512"]);

export function assetRoutes(library: Library): Router {
  // Readers of the same asset share one reading of the disk.
  const memory = new LRUCache<string, Buffer>({
    maxSize: MEMORY_BYTES_MAX,
    sizeCalculation: (bytes) => bytes.length || 1,
    fetchMethod: (key) => load(library, key),
    ignoreFetchAbort: true,
  });
  // A picture that is deleted is gone from memory too.
  library.on("erased", (sha256) => {
    for (const key of memory.keys()) if (key.startsWith(sha256)) memory.delete(key);
  });

  const router = Router();
  router.get("/:sha256", async (req, res) => {
    const sha256 = req.params["sha256"];
    if (!HASH.test(sha256)) throw notFound(sha256);
    const side = req.query["side"];
    const key = typeof side === "string" && SIDES.has(side) ? `${sha256}@${side}` : sha256;
    const tag = `"${key}"`;
    const bytes = await memory.fetch(key);
    if (!bytes) throw notFound(sha256);
    res.setHeader("cache-control", "public, max-age=31536000, immutable");
    res.setHeader("etag", tag);
    res.setHeader("content-security-policy", "default-src 'none'; sandbox");
    // Games on other origins draw with it.
    res.setHeader("access-control-allow-origin", "*");
    res.setHeader("cross-origin-resource-policy", "cross-origin");
    if (knows(req.headers["if-none-match"], tag)) {
      res.status(304).end();
      return;
    }
    res.setHeader("content-type", mediaType(bytes));
    res.setHeader("content-length", bytes.length);
    res.end(req.method === "HEAD" ? undefined : bytes);
  });
  return router;
}

async function load(library: Library, key: string): Promise<Buffer | undefined> {
  const [sha256 = "", side] = key.split("@");
  const bytes = await library.readAsset(sha256);
  return bytes && side !== undefined ? thumbnail(bytes, Number(side)) : bytes;
}

const notFound = (id: string): ServiceError => new ServiceError("NOT_FOUND", { what: "asset", id: id.slice(0, 64) });

function knows(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
}

function mediaType(bytes: Buffer): string {
  if (bytes.subarray(0, 4).toString("latin1") === "\x89PNG") return "image/png";
  if (bytes.subarray(8, 12).toString("latin1") === "WEBP") return "image/webp";
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "image/jpeg";
  return "application/octet-stream";
}
