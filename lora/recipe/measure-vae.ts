/**
 * How well the VAE gives pictures back: `node lora/recipe/measure-vae.ts --out .work/base --pictures 200 --show .work/vae.png`.
 * Averaged weights of `DIR/vae-state.safetensors`; held-out pictures of the data, and styles that it never saw. PSNR in dB
 * from the mean square over all pictures, and the colour cast: the mean error of each channel, in 1/255.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { rgbPlanes } from "../data/index.ts";
import { rgbBytes } from "../generate/index.ts";
import { Graph, symbol } from "../graph/index.ts";
import { vaeDecode, vaeEncode } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type HostTensor } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { TrainableParameters } from "./full-training.ts";
import { heldOutAvatar } from "./held-out-styles.ts";
import { miniVae } from "./mini-config.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { heldOutTexture } from "./textures.ts";

const SIDE = 128;
const SIZE = SIDE * SIDE;
const SHOWN = 8;
const BACKGROUNDS = ["b6e3f4", "c0aede", "d1d4f9", "ffd5dc", "ffdfbf", "3d7a4f", "7a1f2b"];

const unseenStyle = (index: number): Promise<Uint8Array> =>
  rasterizePortrait(heldOutAvatar(index, `vae ${index}`, BACKGROUNDS[index % BACKGROUNDS.length]!));

type Draw = (index: number) => Promise<Uint8Array>;
const sets: Readonly<Record<string, Draw>> = {
  "portraits, held out": (index) => rasterizePortrait(portrait(index, "validation").svg),
  textures: async (index) => heldOutTexture(index).pixels,
  "styles never seen": unseenStyle,
};

async function openVae(path: string): Promise<(image: Float32Array) => Promise<Float32Array>> {
  const graph = new Graph();
  const scope = new Scope(new TrainableParameters(graph));
  const image = graph.input("image", "float32", [symbol("N"), 3, SIDE, SIDE]);
  const session = await Session.open({ output: vaeDecode(scope, vaeEncode(scope, image, miniVae).mean, miniVae) });
  const weights: Record<string, HostTensor> = averagedWeights(path);
  return async (data) => {
    const { output } = await session.run({ ...weights, image: { data, dims: [1, 3, SIDE, SIDE] } });
    return output.data as Float32Array;
  };
}

/** Pairs of original and given-back picture, in rows of eight. */
async function saveSheet(path: string, pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<void> {
  const width = 2 * SIDE * Math.min(SHOWN, pairs.length);
  const tiles = pairs.flatMap((pair, n) =>
    pair.map((input, half) => ({
      input: Buffer.from(input),
      raw: { width: SIDE, height: SIDE, channels: 3 as const },
      left: (2 * (n % SHOWN) + half) * SIDE,
      top: Math.floor(n / SHOWN) * SIDE,
    })),
  );
  const height = SIDE * Math.ceil(pairs.length / SHOWN);
  await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite(tiles)
    .png()
    .toFile(path);
}

const { values: args } = parseArgs({
  options: {
    out: { type: "string", default: ".work/base" },
    pictures: { type: "string", default: "200" },
    show: { type: "string" },
  },
});
const giveBack = await openVae(join(args.out, "vae-state.safetensors"));
const shown: [Uint8Array, Uint8Array][] = [];
for (const [name, draw] of Object.entries(sets)) {
  let squares = 0;
  const casts = [0, 0, 0];
  const count = Number(args.pictures);
  for (let index = 0; index < count; index++) {
    const original = await draw(index);
    const result = rgbBytes(await giveBack(rgbPlanes(original)));
    original.forEach((level, i) => {
      const error = result[i]! - level;
      squares += error ** 2;
      casts[i % 3]! += error;
    });
    if (index < 2 * SHOWN) shown.push([original, result]);
  }
  const values = count * SIZE;
  const psnr = 10 * Math.log10(255 ** 2 / (squares / (3 * values)));
  const cast = casts.map((sum) => (sum / values).toFixed(2)).join(" ");
  console.log(`${name}: ${psnr.toFixed(2)} dB, cast ${cast}`);
}
if (args.show) await saveSheet(args.show, shown);
