/**
 * How well the VAE gives pictures back: `node lora/recipe/measure-vae.ts --out .work/base --pictures 200 --show .work/vae.png`.
 * Averaged weights of `DIR/vae-state.safetensors`; held-out pictures of the data, and styles that it never saw. PSNR in dB
 * from the mean square over all pictures, and the colour cast: the mean error of each channel, in 1/255.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { averagedWeights } from "./averaged-weights.ts";
import { TrainableParameters } from "./full-training.ts";
import { miniVae } from "./mini-config.ts";
import { savePictureGrid } from "./picture-grid.ts";
import { fidelitySets, measureFidelity, openGiveBack } from "./vae-fidelity.ts";

const SIDE = 128;
/** Pairs of original and given-back picture in a row, and rows of each set. */
const PAIRS = 8;
const ROWS = 2;

const { values: args } = parseArgs({
  options: {
    out: { type: "string", default: ".work/base" },
    pictures: { type: "string", default: "200" },
    show: { type: "string" },
  },
});
const weights = averagedWeights(join(args.out, "vae-state.safetensors"));
const vae = await openGiveBack(miniVae, (graph) => new TrainableParameters(graph), weights);
const shown: Uint8Array[] = [];
for (const [name, draw] of Object.entries(fidelitySets)) {
  let left = ROWS * PAIRS;
  const { psnr, cast } = await measureFidelity(vae.giveBack, draw, Number(args.pictures), (original, result) => {
    if (left-- > 0) shown.push(original, result);
  });
  console.log(`${name}: ${psnr.toFixed(2)} dB, cast ${cast.map((error) => error.toFixed(2)).join(" ")}`);
}
await vae.close();
if (args.show) {
  const squares = shown.map((rgb) => ({ rgb, side: SIDE }));
  await savePictureGrid(args.show, squares, { columns: 2 * PAIRS });
}
