/** The drawing process: opens the base at the first order and keeps it open. Arguments: the base's path. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnimulaError, DrawingStudio, encodePng, openStableDiffusion, type Picture } from "../../lora/index.ts";
import { ModuleCache } from "./module-cache.ts";
import type { DrawOrder, FromDrawing, ToDrawing } from "./draw-messages.ts";

/** Modules are a few MB each; those of one scene stay. */
const MODULES_KEPT = 16;

const [basePath = ""] = process.argv.slice(2);
const modules = new ModuleCache(MODULES_KEPT);
let opening: Promise<DrawingStudio> | undefined;
let abort: AbortController | undefined;

process.on("message", (message: ToDrawing) => {
  if (message.type === "cancel") abort?.abort();
  else void obey(message.order);
});

// It stays for the next order; `end-with-parent` lets a worker go that has nothing to do.
process.channel?.ref();

const tell = (message: FromDrawing): void => void process.send?.(message);

async function obey(order: DrawOrder): Promise<void> {
  abort = new AbortController();
  try {
    await draw(order, abort.signal);
    tell({ type: "done" });
  } catch (error) {
    const code = error instanceof AnimulaError ? error.code : "";
    tell({ type: "failed", code, message: error instanceof Error ? error.message : String(error) });
  }
}

async function draw(order: DrawOrder, signal: AbortSignal): Promise<void> {
  const { prompt, negative, steps, guidanceScale, sampler, folder } = order;
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
    const wanted = { prompt, negative, steps, guidanceScale, sampler, seeds: [seed], stack, onStep, signal };
    const [drawn] = await studio.draw(wanted);
    const path = join(folder, `${seed}.png`);
    await writeFile(path, await toPng(studio, order, drawn!));
    tell({ type: "picture", seed, path });
  }
}

/** A base that could not be opened may have been put right by the next order. */
function open(): Promise<DrawingStudio> {
  opening ??= openStableDiffusion(basePath).then((base) => DrawingStudio.open(base));
  opening.catch(() => (opening = undefined));
  return opening;
}

function toPng(studio: DrawingStudio, order: DrawOrder, { pixels, seed, width, height }: Picture): Promise<Buffer> {
  const { prompt, negative, steps, guidanceScale, sampler } = order;
  const names = order.stack.map(({ name, sha256, weight }) => `${name} ${sha256.slice(0, 12)} ${weight}`);
  return encodePng(pixels, {
    prompt,
    negativePrompt: negative,
    steps,
    sampler,
    guidanceScale,
    seed,
    width,
    height,
    model: studio.base.name,
    loraHashes: [],
    ...(names.length > 0 ? { others: { Modules: names.join(", ") } } : {}),
  });
}
