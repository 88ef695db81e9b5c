/** The studio: bundled once at the start, served from memory at `/`. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build, stop, type BuildOptions, type BuildResult } from "esbuild";
import { Router } from "express";

export interface StudioFile {
  readonly bytes: Uint8Array;
  readonly gzipped: Uint8Array;
  readonly mediaType: string;
  readonly tag: string;
}

export interface StudioPage {
  /** Path → file; rejects where the page cannot be built. Built when first asked for. */
  files(): Promise<ReadonlyMap<string, StudioFile>>;
}

const compress = promisify(gzip);

const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".map": "application/json",
};

/** @param folder holds index.html and main.tsx; index.html names `/studio/main.js` and `/studio/main.css` */
export function openStudioPage(folder: string): StudioPage {
  let files: Promise<ReadonlyMap<string, StudioFile>> | undefined;
  return {
    files: () => {
      files ??= bundle(folder).catch((error: unknown) => {
        files = undefined; // a person may mend it and load the page again
        throw error;
      });
      return files;
    },
  };
}

async function bundle(folder: string): Promise<ReadonlyMap<string, StudioFile>> {
  const out = "/studio";
  const { outputFiles } = await buildAfresh({
    entryPoints: [join(folder, "main.tsx")],
    outdir: out,
    bundle: true,
    write: false,
    format: "esm",
    splitting: true,
    minify: true,
    target: "es2022",
    jsx: "automatic",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".svg": "file", ".png": "file", ".woff2": "file", ".wasm": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  const files = new Map<string, StudioFile>();
  for (const { path, contents } of outputFiles) {
    files.set(`${out}/${path.replaceAll("\\", "/").split("/").at(-1)}`, await toFile(path, contents));
  }
  files.set("/", await toFile("index.html", await readFile(join(folder, "index.html"))));
  return files;
}

/**
 * The bundler is a process that its package keeps for good: if that dies (memory runs short), every later build of this
 * process fails. A failure that is not about the sources is tried again with a new one, and none is kept afterwards.
 */
async function buildAfresh(options: BuildOptions & { write: false }): Promise<BuildResult<{ write: false }>> {
  try {
    return await build(options);
  } catch (error) {
    if (error instanceof Error && "errors" in error) throw error;
    await stop();
    return await build(options);
  } finally {
    await stop();
  }
}

async function toFile(path: string, bytes: Uint8Array): Promise<StudioFile> {
  const tag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"`;
  return {
    bytes,
    gzipped: await compress(bytes),
    tag,
    mediaType: mediaTypes[extname(path)] ?? "application/octet-stream",
  };
}

export function studioRoutes(page: StudioPage): Router {
  const router = Router();
  router.get(/^\/($|studio\/)/, async (req, res, next) => {
    const file = (await page.files()).get(req.path);
    if (!file) {
      next();
      return;
    }
    res.setHeader("etag", file.tag);
    res.setHeader("cache-control", "no-cache");
    if (req.headers["if-none-match"] === file.tag) {
      res.status(304).end();
      return;
    }
    res.setHeader("content-type", file.mediaType);
    res.setHeader("vary", "accept-encoding");
    const zipped = /\bgzip\b/.test(String(req.headers["accept-encoding"] ?? ""));
    if (zipped) res.setHeader("content-encoding", "gzip");
    const bytes = zipped ? file.gzipped : file.bytes;
    res.setHeader("content-length", bytes.length);
    res.end(bytes);
  });
  return router;
}
