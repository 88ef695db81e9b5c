/**
 * Draws the fixed sheet of a base, 64 prompts with their seeds (`sheet-prompts.ts`), and textures repeated side by side:
 * `node lora/recipe/draw-sheet.ts --base FOLDER --out sheet.webp --tiled tiled.webp`. Only those named are drawn. The same
 * base gives the same pictures on the same kind of processor, however many cores it has: one thread draws, unless --threads
 * says otherwise, since the runtime sums in another order for another number.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DrawingStudio } from "../generate/index.ts";
import { openStableDiffusion } from "../models/index.ts";
import { drawEach } from "./draw-each.ts";
import { recipeErrors } from "./errors.ts";
import { repeated, savePictureGrid } from "./picture-grid.ts";
import { SHEET_COLUMNS, sheetPrompts, tiledPrompts, type SheetPrompt } from "./sheet-prompts.ts";

const SIDE = 128;
const GAP = 4;
/** Each texture of the tiled sheet, in both directions. */
const TIMES = 3;
const TILED_COLUMNS = 3;

const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: join(fileURLToPath(new URL("../..", import.meta.url)), "assets/base/mini-sd") },
    out: { type: "string" },
    tiled: { type: "string" },
    threads: { type: "string", default: "1" },
  },
});
if (args.out === undefined && args.tiled === undefined) throw recipeErrors.SHEET_OUT_MISSING();

const studio = await DrawingStudio.open(await openStableDiffusion(args.base), { threads: Number(args.threads) });

/** Textures are drawn so that they tile, as the studio draws them. */
async function drawAll(prompts: readonly SheetPrompt[]): Promise<{ rgb: Uint8Array; side: number }[]> {
  const requests = prompts.map(({ prompt, seed, kind }) => ({
    width: SIDE,
    height: SIDE,
    prompt,
    seeds: [seed],
    tiling: kind === "texture",
  }));
  const pictures = await drawEach(studio, requests, (count) => {
    if (count % SHEET_COLUMNS === 0) console.log(`${count} of ${prompts.length} drawn`);
  });
  return pictures.map(({ pixels }) => ({ rgb: pixels, side: SIDE }));
}

if (args.out !== undefined)
  await savePictureGrid(args.out, await drawAll(sheetPrompts), { columns: SHEET_COLUMNS, gap: GAP });
if (args.tiled !== undefined) {
  const pictures = (await drawAll(tiledPrompts)).map((picture) => repeated(picture, TIMES));
  await savePictureGrid(args.tiled, pictures, { columns: TILED_COLUMNS, gap: 2 * GAP });
}
await studio.close();
