/**
 * Renders the mini base's training pictures: `node lora/recipe/render-data.ts --out DIR --portraits 12000 --textures 3000`.
 *
 * DIR/images.bin      RGB, 8 bit, 128 × 128 × 3 bytes per sample, one after the other
 * DIR/captions.jsonl  one {"caption","captionZh","kind","style","attributes"} per line, in the same order
 * DIR/manifest.json   what the files hold when complete
 *
 * Portraits and textures are interleaved evenly, so any prefix is a fair sample. A run that was stopped continues where
 * both files agree; the result is byte-identical to an uninterrupted one.
 */
import { mkdir, open, readFile, rename, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { recipeErrors } from "./errors.ts";
import type { PackedSample } from "./packed-data.ts";
import { portrait } from "./portraits.ts";
import { texture, textureSide } from "./textures.ts";

export type RenderDataOptions = {
  out: string;
  portraits: number;
  textures: number;
  /** Called after each batch with the samples on disk and the goal. */
  onProgress?: (done: number, total: number) => void;
};
export type DataSample = PackedSample & { pixels: Uint8Array };

/** Raised whenever a picture or caption changes for the same index, so that old and new data do not mix. */
const generatorVersion = 2;
const sampleBytes = textureSide * textureSide * 3;
/** Samples between two writes: small enough that little is lost when stopped, large enough to write rarely. */
const batchSamples = 64;

/** @returns RGB bytes, side² × 3. Drawn at 512 px and reduced with a triangle filter: no ringing at the hard edges. */
export async function rasterizePortrait(svg: string, side: number = textureSide): Promise<Uint8Array> {
  return sharp(Buffer.from(svg)).resize(side, side, { kernel: "linear" }).removeAlpha().raw().toBuffer();
}

/** The sample at `position` of the interleaved order. */
export async function dataSample(position: number, portraits: number, textures: number): Promise<DataSample> {
  const total = portraits + textures;
  const texturesBefore = Math.floor((position * textures) / total);
  if (Math.floor(((position + 1) * textures) / total) > texturesBefore) {
    const { pixels, caption, captionZh, attributes } = texture(texturesBefore);
    return { pixels, caption, captionZh, kind: "texture", style: attributes.kind, attributes };
  }
  const { svg, caption, captionZh, attributes } = portrait(position - texturesBefore);
  return {
    pixels: await rasterizePortrait(svg),
    caption,
    captionZh,
    kind: "portrait",
    style: attributes.style,
    attributes,
  };
}

/** Writes the manifest of a new folder; refuses a folder whose data were made otherwise. */
async function claimFolder(dir: string, portraits: number, textures: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, "manifest.json");
  const manifest = JSON.stringify({ generatorVersion, side: textureSide, portraits, textures });
  const existing = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (existing !== undefined) {
    if (existing.trim() !== manifest) throw recipeErrors.RECIPE_DATA_DIFFERS(dir, manifest, existing.trim());
    return;
  }
  await writeFile(`${path}.tmp`, `${manifest}\n`, { flush: true });
  await rename(`${path}.tmp`, path);
}

/** Cuts both files to the samples that both hold completely. @returns that number */
async function resumePoint(images: FileHandle, captions: FileHandle): Promise<number> {
  const text = await captions.readFile();
  const ends: number[] = [];
  for (let i = text.indexOf(10); i >= 0; i = text.indexOf(10, i + 1)) ends.push(i + 1);
  const done = Math.min(ends.length, Math.floor((await images.stat()).size / sampleBytes));
  await images.truncate(done * sampleBytes);
  await captions.truncate(done === 0 ? 0 : (ends[done - 1] ?? 0));
  return done;
}

/** Renders what is missing in `options.out`. Throws AnimulaError RECIPE_DATA_DIFFERS if the folder holds other data. */
export async function renderData({ out, portraits, textures, onProgress }: RenderDataOptions): Promise<void> {
  await claimFolder(out, portraits, textures);
  const total = portraits + textures;
  const images = await open(join(out, "images.bin"), "a+");
  const captions = await open(join(out, "captions.jsonl"), "a+");
  try {
    let done = await resumePoint(images, captions);
    while (done < total) {
      const count = Math.min(batchSamples, total - done);
      const batch: DataSample[] = [];
      for (let i = 0; i < count; i++) batch.push(await dataSample(done + i, portraits, textures));
      await images.appendFile(Buffer.concat(batch.map((sample) => sample.pixels)));
      const lines = batch.map(({ pixels: _pixels, ...words }) => `${JSON.stringify(words)}\n`);
      await captions.appendFile(lines.join(""));
      done += count;
      onProgress?.(done, total);
    }
    await images.sync();
    await captions.sync();
  } finally {
    await images.close();
    await captions.close();
  }
}

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (value === "" || !Number.isSafeInteger(number) || number < 0) throw recipeErrors.RECIPE_ARGUMENT(name, value);
  return number;
}

/** @param args the command line without node and script */
export async function renderDataCommand(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: "string" },
      portraits: { type: "string", default: "12000" },
      textures: { type: "string", default: "3000" },
    },
  });
  if (values.out === undefined) throw recipeErrors.RECIPE_OUT_MISSING();
  const portraits = wholeNumber("portraits", values.portraits);
  const textures = wholeNumber("textures", values.textures);
  sharp.concurrency(1);
  const onProgress = (done: number, total: number): void => {
    if (done % (batchSamples * 16) === 0 || done === total) console.log(`${done} of ${total} samples`);
  };
  await renderData({ out: values.out, portraits, textures, onProgress });
}

if (import.meta.main) await renderDataCommand(process.argv.slice(2));
