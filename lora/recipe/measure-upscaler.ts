/**
 * How much an upscaler gains over bicubic enlarging: `node lora/recipe/measure-upscaler.ts --show .work/upscaled`.
 * Drawings the network never saw are reduced to a quarter and enlarged again: PSNR against the drawing, in dB, mean over
 * pictures; for textures also the seam score (1: none is seen).
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { Graph, symbol } from "../graph/index.ts";
import { backProjected, openUpscaler, seamScore, Upscaler, type Picture } from "../image/index.ts";
import { Session } from "../runtime/index.ts";
import { heldOutAvatar } from "./held-out-styles.ts";
import { portrait } from "./portraits.ts";
import { texture, textureSide } from "./textures.ts";

const SCALE = 4;
const PORTRAIT_SIDE = 256;
/** Pixels of repetition put around a small texture before its size is changed; its cubic filter reaches two pixels, back-projection two more. */
const MARGIN = 4;

type Enlarge = (small: Picture, isSeamless: boolean) => Promise<Picture>;
interface Case {
  readonly name: string;
  readonly original: Picture;
  readonly isSeamless: boolean;
}

const image = ({ rgb, width, height }: Picture) => sharp(rgb, { raw: { width, height, channels: 3 } });

async function rasterised(svg: string, side: number): Promise<Picture> {
  const drawn = sharp(Buffer.from(svg)).resize(side, side).flatten({ background: "#ffffff" }).removeAlpha();
  return { rgb: await drawn.toColourspace("srgb").raw().toBuffer(), width: side, height: side };
}

/** The picture with `margin` pixels of its repetition on every side. */
async function repeated(picture: Picture, margin: number): Promise<Picture> {
  const around = { top: margin, bottom: margin, left: margin, right: margin, extendWith: "repeat" } as const;
  const rgb = await image(picture).extend(around).raw().toBuffer();
  return { rgb, width: picture.width + 2 * margin, height: picture.height + 2 * margin };
}

async function middle(picture: Picture, margin: number): Promise<Picture> {
  const [width, height] = [picture.width - 2 * margin, picture.height - 2 * margin];
  const rgb = await image(picture).extract({ left: margin, top: margin, width, height }).raw().toBuffer();
  return { rgb, width, height };
}

async function bicubic(picture: Picture, factor: number): Promise<Picture> {
  const [width, height] = [picture.width * factor, picture.height * factor];
  const rgb = await image(picture).resize(width, height, { kernel: "cubic", fit: "fill" }).raw().toBuffer();
  return { rgb, width, height };
}

/** A texture goes on around its borders while its size is changed. */
async function resized(picture: Picture, factor: number, isSeamless: boolean, change = bicubic): Promise<Picture> {
  if (!isSeamless) return change(picture, factor);
  const margin = factor < 1 ? MARGIN / factor : MARGIN;
  return middle(await change(await repeated(picture, margin), factor), margin * factor);
}

function psnr(a: Picture, b: Picture): number {
  let squares = 0;
  for (let i = 0; i < a.rgb.length; i++) squares += (a.rgb[i]! - b.rgb[i]!) ** 2;
  return 10 * Math.log10((255 ** 2 * a.rgb.length) / Math.max(squares, 1));
}

/** Bicubic and then the correction that the network's result gets: what of the gain is not the network's. */
async function openCorrection(): Promise<(small: Picture, factor: number) => Promise<Picture>> {
  const graph = new Graph();
  const picture = graph.input("picture", "float32", [1, 3, symbol("height"), symbol("width")]);
  const enlarged = graph.input("enlarged", "float32", [1, 3, symbol("height", SCALE), symbol("width", SCALE)]);
  const session = await Session.open({ corrected: backProjected(enlarged, picture) });
  const feed = ({ rgb, width, height }: Picture) => {
    const plane = width * height;
    const data = Float32Array.from({ length: 3 * plane }, (_, i) => rgb[3 * (i % plane) + Math.floor(i / plane)]!);
    return { data, dims: [1, 3, height, width] };
  };
  return async (small, factor) => {
    const large = await bicubic(small, factor);
    const { corrected } = await session.run({ picture: feed(small), enlarged: feed(large) });
    const plane = large.width * large.height;
    const values = corrected.data as Float32Array;
    const rgb = Uint8ClampedArray.from({ length: 3 * plane }, (_, i) => values[(i % 3) * plane + Math.floor(i / 3)]!);
    return { ...large, rgb: new Uint8Array(rgb) };
  };
}

async function cases(count: number): Promise<Record<string, Case[]>> {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const portraits = numbers.map(async (i) => ({
    name: `portrait-${i}`,
    original: await rasterised(portrait(i, "validation").svg, PORTRAIT_SIDE),
    isSeamless: false,
  }));
  const strangers = numbers.map(async (i) => {
    const svg = heldOutAvatar(i, `upscale ${i}`, "a0a5aa");
    return { name: `stranger-${i}`, original: await rasterised(svg, PORTRAIT_SIDE), isSeamless: false };
  });
  const textures = numbers.map((i) => ({
    name: `texture-${i}`,
    original: { rgb: texture(1_000_000 + i).pixels, width: textureSide, height: textureSide },
    isSeamless: true,
  }));
  return {
    "portraits, styles of the base": await Promise.all(portraits),
    "portraits, held-out styles": await Promise.all(strangers),
    textures,
  };
}

const mean = (values: readonly number[]): string => (values.reduce((a, b) => a + b, 0) / values.length).toFixed(2);

async function measure(group: readonly Case[], enlarge: Enlarge, show: string | undefined): Promise<string> {
  const [gains, seams]: [number[], number[]] = [[], []];
  for (const { name, original, isSeamless } of group) {
    const result = await enlarge(await resized(original, 1 / SCALE, isSeamless), isSeamless);
    gains.push(psnr(result, original));
    seams.push(seamScore(result));
    if (show !== undefined) await image(result).toFile(join(show, `${name}.png`));
  }
  return `${mean(gains)} dB${group[0]!.isSeamless ? `, seam ${mean(seams)}` : ""}`;
}

const { values: args } = parseArgs({
  options: { weights: { type: "string" }, count: { type: "string", default: "40" }, show: { type: "string" } },
});
const upscaler = args.weights === undefined ? await openUpscaler() : await Upscaler.open(args.weights);
const groups = await cases(Number(args.count));
const originals = groups["textures"]!.map(({ original }) => seamScore(original));
console.log(`seam of the original textures: ${mean(originals)}`);
const corrected = await openCorrection();
const ways: Record<string, Enlarge> = {
  bicubic: (small, isSeamless) => resized(small, SCALE, isSeamless),
  "bicubic, back-projected": (small, isSeamless) => resized(small, SCALE, isSeamless, corrected),
  network: (small, isSeamless) => upscaler.upscale(small, { isSeamless }),
};
for (const [name, group] of Object.entries(groups))
  for (const [way, enlarge] of Object.entries(ways)) {
    const folder = args.show === undefined ? undefined : join(args.show, way);
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    console.log(`${name}: ${way} ${await measure(group, enlarge, folder)}`);
  }
await upscaler.close();
