/**
 * Where the face network comes from: the npm package `@vladmandic/face-api` 1.7.15 (MIT). Unpacked it is 24 MB, most of it
 * a bundle of TensorFlow.js that nothing here needs, so it is no dependency: npm fetches it at the first measurement, and
 * only the 6.4 MB of weights stay in the user's cache folder.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { cacheFolder, makeFolder, writeFileAtomic } from "../format/index.ts";
import { recipeErrors } from "./errors.ts";

const PACKAGE = "@vladmandic/face-api@1.7.15";
const INTEGRITY = "sha512-WDMmK3CfNLo8jylWqMoQgf4nIst3M0fzx1dnac96wv/dvMTN4DxC/Pq1DGtduDk1lktCamQ3MIDXFnvrdHTXDw==";
/** File of the package → SHA-256 as published. */
const FILES = {
  "face_recognition_model-weights_manifest.json": "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b",
  "face_recognition_model.bin": "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
} as const;
type FileName = keyof typeof FILES;

/** A TensorFlow.js weights manifest and the bytes it tells of. */
export interface PackedWeights {
  readonly manifest: Buffer;
  readonly bytes: Buffer;
}
export interface FacePackageOptions {
  readonly folder?: string;
  /** Puts the package's tarball into a folder, under any name. */
  readonly fetchPackage?: (folder: string) => Promise<void>;
}

/** What was fetched before; undefined where something is missing or is not what was published. */
export function cachedFaceWeights(folder = faceFolder()): PackedWeights | undefined {
  const read = (name: FileName): Buffer | undefined => {
    const path = join(folder, name);
    const bytes = existsSync(path) ? readFileSync(path) : undefined;
    return bytes && sha256(bytes) === FILES[name] ? bytes : undefined;
  };
  const manifest = read("face_recognition_model-weights_manifest.json");
  const bytes = read("face_recognition_model.bin");
  return manifest && bytes && { manifest, bytes };
}

/** @throws FACE_PACKAGE where npm cannot fetch it or what it fetched is something else */
export async function faceWeights(options: FacePackageOptions = {}): Promise<PackedWeights> {
  const { folder = faceFolder(), fetchPackage = npmPack } = options;
  const cached = cachedFaceWeights(folder);
  if (cached) return cached;
  const files = await filesOfPackage(fetchPackage);
  makeFolder(folder);
  for (const [name, expected] of Object.entries(FILES)) {
    const bytes = files.get(`package/model/${name}`);
    const got = bytes === undefined ? "no such file" : sha256(bytes);
    if (got !== expected) throw recipeErrors.FACE_PACKAGE(PACKAGE, `${name} with SHA-256 ${expected}`, got);
    writeFileAtomic(join(folder, name), bytes!);
  }
  return cachedFaceWeights(folder)!;
}

const faceFolder = (): string => join(cacheFolder(), "face-api-1.7.15");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** npm knows the person's registry, proxy and certificates. */
async function npmPack(folder: string): Promise<void> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", PACKAGE, "--ignore-scripts", "--silent", "--pack-destination", folder];
  await promisify(execFile)(npm, args, { shell: process.platform === "win32" });
}

async function filesOfPackage(fetchPackage: (folder: string) => Promise<void>): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), "animula-face-"));
  try {
    await fetchPackage(folder).catch((error: unknown) => {
      throw recipeErrors.FACE_PACKAGE(PACKAGE, "npm pack to fetch it", (error as Error).message);
    });
    const [name] = readdirSync(folder);
    const packed = name === undefined ? Buffer.alloc(0) : readFileSync(join(folder, name));
    const integrity = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
    if (integrity !== INTEGRITY) throw recipeErrors.FACE_PACKAGE(PACKAGE, INTEGRITY, integrity);
    return untar(gunzipSync(packed));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const BLOCK = 512;

/** The regular files of a tar archive: blocks of a header (name in bytes 0–99, octal size in 124–135, type at 156) and contents. */
export function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const text = (from: number, to: number): string => archive.toString("latin1", from, to).replace(/\0.*$/s, "");
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, at + 136), 8) || 0;
    const start = at + BLOCK;
    if (text(at + 156, at + 157) === "0") files.set(text(at, at + 100), archive.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
