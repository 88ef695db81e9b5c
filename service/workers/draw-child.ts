/** The drawing process: opens the base at the first order and keeps it open. Arguments: the base's path. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AnimulaError,
  DrawingStudio,
  drawnInfo,
  encodePicture,
  encodePng,
  openStableDiffusion,
  openUpscaler,
  readPicture,
  surfaceMaps,
  type Picture,
  type Upscaler,
} from "../../lora/index.ts";
import { ModuleCache } from "./module-cache.ts";
import type { DrawOrder, FromDrawing, RetouchOrder, ToDrawing } from "./draw-messages.ts";

/** Modules are a few MB each; those of one scene stay. */
const MODULES_KEPT = 16;
/** A scene's texture of 4096 pixels is 64 MB on every player's graphics card. */
const ENLARGED_PIXELS_MAX = 1024 ** 2;
const MAPPED_PIXELS_MAX = 4096 ** 2;

const [basePath = ""] = process.argv.slice(2);
const modules = new ModuleCache(MODULES_KEPT);
let opening: Promise<DrawingStudio> | undefined;
let enlarging: Promise<Upscaler> | undefined;
let abort: AbortController | undefined;

process.on("message", (message: ToDrawing) => {
  if (message.type === "cancel") abort?.abort();
  else void obey(message.type === "draw" ? (signal) => draw(message.order, signal) : () => retouch(message.order));
});

// It stays for the next order; `end-with-parent` lets a worker go that has nothing to do.
process.channel?.ref();

const tell = (message: FromDrawing): void => void process.send?.(message);

async function obey(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  abort = new AbortController();
  try {
    await work(abort.signal);
    tell({ type: "done" });
  } catch (error) {
    const code = error instanceof AnimulaError ? error.code : "";
    tell({ type: "failed", code, message: error instanceof Error ? error.message : String(error) });
  }
}

async function draw(order: DrawOrder, signal: AbortSignal): Promise<void> {
  const { prompt, negative, steps, guidanceScale, sampler, tiling, folder } = order;
  const studio = await open();
  tell({ type: "ready" });
  const stack = order.stack.map((entry) => ({
    module: modules.read(entry, studio.sites),
    weight: entry.weight,
    textEncoderWeight: entry.weight,
  }));
  for (const [picture, seed] of order.seeds.entries()) {
    signal.throwIfAborted();
    const onStep = (step: number, total: number) => tell({ type: "step", picture, step, steps: total });
    const wanted = { prompt, negative, steps, guidanceScale, sampler, tiling, seeds: [seed], stack, onStep, signal };
    const [drawn] = await studio.draw(wanted);
    const path = join(folder, `${seed}.png`);
    await writeFile(path, await toPng(studio, order, drawn!));
    tell({ type: "picture", seed, path });
  }
}

async function retouch(order: RetouchOrder): Promise<void> {
  const pictures = order.type === "upscale" ? [await enlarged(order)] : await mapped(order);
  for (const [i, png] of pictures.entries()) await writeFile(order.files[i]!, png);
}

async function enlarged({ of, seamless }: RetouchOrder & { type: "upscale" }): Promise<Buffer> {
  const picture = await readPicture(of, ENLARGED_PIXELS_MAX);
  enlarging ??= openUpscaler();
  enlarging.catch(() => (enlarging = undefined));
  return encodePicture(await (await enlarging).upscale(picture, { isSeamless: seamless }));
}

async function mapped({ of, darkHigh, strengths }: RetouchOrder & { type: "maps" }): Promise<Buffer[]> {
  const maps = surfaceMaps(await readPicture(of, MAPPED_PIXELS_MAX), { ...strengths, isDarkHigh: darkHigh });
  return Promise.all([maps.normal, maps.roughness, maps.occlusion].map(encodePicture));
}

/** A base that could not be opened may have been put right by the next order. */
function open(): Promise<DrawingStudio> {
  opening ??= openStableDiffusion(basePath).then((base) => DrawingStudio.open(base));
  opening.catch(() => (opening = undefined));
  return opening;
}

function toPng(studio: DrawingStudio, order: DrawOrder, picture: Picture): Promise<Buffer> {
  const { stack, prompt, negative, steps, guidanceScale, sampler, tiling } = order;
  const info = drawnInfo(studio.base, { prompt, negative, steps, guidanceScale, sampler, tiling }, picture, []);
  const names = stack.map(({ name, sha256, weight }) => `${name} ${sha256.slice(0, 12)} ${weight}`);
  const others = { ...info.others, ...(names.length > 0 ? { Modules: names.join(", ") } : {}) };
  return encodePng(picture.pixels, { ...info, others });
}
