/**
 * How well the VAE gives pictures back: `node lora/recipe/measure-vae.ts --out .work/base --pictures 200 --show .work/vae.png`.
 * Averaged weights of `DIR/vae-state.safetensors`; held-out pictures of the data, and styles that it never saw. PSNR in dB
 * from the mean square over all pictures, and the colour cast: the mean error of each channel, in 1/255.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAvatar, type Style } from "@dicebear/core";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import sharp from "sharp";
import { Graph, symbol } from "../graph/index.ts";
import { vaeDecode, vaeEncode } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type HostTensor } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { TrainableParameters } from "./full-training.ts";
import { miniVae } from "./mini-config.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { texture } from "./textures.ts";

const SIDE = 128;
const SIZE = SIDE * SIDE;
/** No training takes textures from so far on. */
const HELD_OUT_TEXTURES = 50_000_000;
const SHOWN = 8;
const heldOut = [adventurer, bigSmile, micah, personas, toonHead] as unknown as readonly Style<object>[];
const BACKGROUNDS = ["b6e3f4", "c0aede", "d1d4f9", "ffd5dc", "ffdfbf", "3d7a4f", "7a1f2b"];

/** [3, side, side] in −1 … 1 from RGB bytes. */
function planes(rgb: Uint8Array): Float32Array {
  return Float32Array.from({ length: 3 * SIZE }, (_, i) => rgb[(i % SIZE) * 3 + Math.floor(i / SIZE)]! / 127.5 - 1);
}

function bytes(pixels: Float32Array): Buffer {
  const level = (value: number) => Math.round(Math.max(0, Math.min(255, (value + 1) * 127.5)));
  return Buffer.from(Array.from({ length: 3 * SIZE }, (_, i) => level(pixels[(i % 3) * SIZE + Math.floor(i / 3)]!)));
}

async function unseenStyle(index: number): Promise<Uint8Array> {
  const style = heldOut[index % heldOut.length]!;
  const background = BACKGROUNDS[index % BACKGROUNDS.length]!;
  return rasterizePortrait(createAvatar(style, { seed: `vae ${index}`, backgroundColor: [background] }).toString());
}

type Draw = (index: number) => Promise<Uint8Array>;
const sets: Readonly<Record<string, Draw>> = {
  "portraits, held out": (index) => rasterizePortrait(portrait(index, "validation").svg),
  textures: async (index) => texture(HELD_OUT_TEXTURES + index).pixels,
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
async function saveSheet(path: string, pairs: readonly (readonly [Buffer, Buffer])[]): Promise<void> {
  const width = 2 * SIDE * Math.min(SHOWN, pairs.length);
  const tiles = pairs.flatMap((pair, n) =>
    pair.map((input, half) => ({
      input,
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
const shown: [Buffer, Buffer][] = [];
for (const [name, draw] of Object.entries(sets)) {
  let squares = 0;
  const casts = [0, 0, 0];
  const count = Number(args.pictures);
  for (let index = 0; index < count; index++) {
    const original = planes(await draw(index));
    const result = bytes(await giveBack(original));
    bytes(original).forEach((level, i) => {
      const error = result[i]! - level;
      squares += error ** 2;
      casts[i % 3]! += error;
    });
    if (index < 2 * SHOWN) shown.push([bytes(original), result]);
  }
  const values = count * SIZE;
  const psnr = 10 * Math.log10(255 ** 2 / (squares / (3 * values)));
  const cast = casts.map((sum) => (sum / values).toFixed(2)).join(" ");
  console.log(`${name}: ${psnr.toFixed(2)} dB, cast ${cast}`);
}
if (args.show) await saveSheet(args.show, shown);
