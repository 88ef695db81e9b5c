/**
 * Everything that the card of a base tells in numbers, as one Markdown table:
 * `npm run --silent measure:base -- --base FOLDER --pictures 100`. All on data that no training sees, with the settings that
 * the base suggests for drawing. What is needed besides the base lies in `assets/measure`.
 */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DrawingStudio } from "../generate/index.ts";
import { seamScore } from "../image/index.ts";
import { openStableDiffusion, type StableDiffusion } from "../models/index.ts";
import { percent } from "./accuracy.ts";
import { AttributeJudge, type Judgement } from "./attribute-classifier.ts";
import { recipeErrors } from "./errors.ts";
import { decodedNoise, featureDistances } from "./feature-distance.ts";
import { FeatureReader } from "./mobilenet-features.ts";
import { meanAccuracy, promptAccuracies, tellingPrompt } from "./portrait-accuracy.ts";
import { portrait, type Portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { heldOutTexture, type Texture } from "./textures.ts";
import { fidelitySets, measureFidelity, openBaseGiveBack } from "./vae-fidelity.ts";

const SIDE = 128;
const SPEED_STEPS = 20;
const SPEED_PICTURES = 3;
/** Real pictures that others are compared with, for each drawn one: they cost little, and the distance is steadier. */
const REFERENCE_TIMES = 4;
/** Kernel distances are small numbers. */
const DISTANCE_UNIT = 1000;

const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: join(fileURLToPath(new URL("../..", import.meta.url)), "assets/base/mini-sd") },
    pictures: { type: "string", default: "100" },
    threads: { type: "string", default: "0" },
  },
});
const count = Number(args.pictures);
if (!Number.isInteger(count) || count < 2) throw recipeErrors.MEASURE_PICTURES(args.pictures);
const session = { threads: Number(args.threads) };

/** A line of the table; "" where a column says nothing. */
interface Row {
  readonly measure: string;
  readonly base: string;
  readonly real?: string;
  readonly without?: string;
  readonly aim?: string;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const told = (text: string): void => void process.stderr.write(`${text}\n`);
const rgbOf = (pixels: Uint8Array) => ({ rgb: pixels, width: SIDE, height: SIDE });

async function drawAll(
  studio: DrawingStudio,
  name: string,
  prompts: readonly string[],
  tiling = false,
): Promise<Uint8Array[]> {
  const pictures: Uint8Array[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const [picture] = await studio.draw({ width: SIDE, height: SIDE, prompt, seeds: [index + 1], tiling });
    pictures.push(picture!.pixels);
    if (pictures.length % 10 === 0) told(`${name}: ${pictures.length} of ${prompts.length} drawn`);
  }
  return pictures;
}

async function fidelityRows(base: StableDiffusion): Promise<Row[]> {
  const vae = await openBaseGiveBack(base, session);
  const aims: Readonly<Record<string, string>> = {
    "portraits, held out": "≥ 27 dB",
    "textures, held out": "≥ 25 dB",
  };
  const rows: Row[] = [];
  for (const [name, draw] of Object.entries(fidelitySets)) {
    const { psnr, cast } = await measureFidelity(vae.giveBack, draw, count);
    const casts = cast.map((error) => error.toFixed(1)).join(", ");
    const figure = `${psnr.toFixed(1)} dB; ${casts}`;
    rows.push({ measure: `VAE, ${name}: PSNR; cast of red, green, blue of 255`, base: figure, aim: aims[name] ?? "" });
    told(`VAE, ${name}: ${figure}`);
  }
  await vae.close();
  return rows;
}

async function accuracyRows(plans: readonly Portrait[], drawn: readonly Uint8Array[]): Promise<Row[]> {
  const judge = await AttributeJudge.open();
  const [generated, real]: [Judgement[], Judgement[]] = [[], []];
  for (const [index, { svg }] of plans.entries()) {
    generated.push(await judge.judge(drawn[index]!));
    real.push(await judge.judge(await rasterizePortrait(svg)));
  }
  await judge.close();
  const rows = promptAccuracies(plans, generated, real);
  const shares = (share: (name: "generated" | "real" | "another") => number) => ({
    base: percent(share("generated")),
    real: percent(share("real")),
    without: `${percent(share("another"))} (another prompt's picture)`,
  });
  const all = shares((name) => meanAccuracy(rows, name));
  return [
    { measure: "portraits: attributes as told, mean", ...all, aim: "≥ 80 %" },
    ...rows.map((row) => ({ measure: `– ${row.attribute} (${row.count})`, ...shares((name) => row[name]) })),
  ];
}

function seamRow(tiled: readonly Uint8Array[], plain: readonly Uint8Array[], real: readonly Texture[]): Row {
  const score = (pictures: readonly Uint8Array[]) =>
    mean(pictures.map((pixels) => seamScore(rgbOf(pixels)))).toFixed(2);
  return {
    measure: "textures: step across the border over the mean step inside",
    base: score(tiled),
    real: score(real.map(({ pixels }) => pixels)),
    without: `${score(plain)} (drawn without \`tiling\`)`,
    aim: "≤ 1",
  };
}

async function* realPortraits(from: number, size: number): AsyncGenerator<Uint8Array> {
  for (let i = from; i < from + size; i++) yield rasterizePortrait(portrait(i, "validation").svg);
}
function* realTextures(from: number, size: number): Generator<Uint8Array> {
  for (let i = from; i < from + size; i++) yield heldOutTexture(i).pixels;
}

async function distanceRows(
  base: StableDiffusion,
  portraits: readonly Uint8Array[],
  textures: readonly Uint8Array[],
): Promise<Row[]> {
  const reader = await FeatureReader.open();
  const kinds = [
    { name: "portraits", drawn: portraits, real: realPortraits },
    { name: "textures", drawn: textures, real: realTextures },
  ];
  const rows: Row[] = [];
  for (const { name, drawn, real } of kinds) {
    const distances = await featureDistances(reader, real(count, REFERENCE_TIMES * count), {
      drawn,
      real: real(0, count),
      noise: decodedNoise(base, count, session),
    });
    const figure = (value: number): string => (DISTANCE_UNIT * value).toFixed(1);
    rows.push({
      measure: `${name}: kernel distance × ${DISTANCE_UNIT} of MobileNetV2 features from held-out pictures (not FID)`,
      base: figure(distances.drawn),
      real: figure(distances.real),
      without: `${figure(distances.noise)} (noise through the decoder)`,
    });
    told(`${name}: features compared`);
  }
  await reader.close();
  return rows;
}

function sizeRow({ weights }: StableDiffusion): Row {
  const values = Object.values(weights)
    .flatMap((part) => [...part.values()])
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { measure: "weights in float16", base: `${((2 * values) / 1e6).toFixed(1)} MB`, aim: "≤ 80 MB" };
}

async function speedRow(studio: DrawingStudio, prompt: string): Promise<Row> {
  const seconds: number[] = [];
  for (let seed = 1; seed <= SPEED_PICTURES; seed++) {
    const start = performance.now();
    await studio.draw({ width: SIDE, height: SIDE, prompt, seeds: [seed], steps: SPEED_STEPS });
    seconds.push((performance.now() - start) / 1000);
  }
  const median = seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)]!;
  const processor = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
  return { measure: `one portrait, ${SPEED_STEPS} steps (${processor})`, base: `${median.toFixed(1)} s`, aim: "≤ 4 s" };
}

function markdown(name: string, rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["measure", name, "real", "without", "aim"]),
    line(["---", "---", "---", "---", "---"]),
    ...rows.map(({ measure, base, real = "", without = "", aim = "" }) => line([measure, base, real, without, aim])),
  ].join("\n");
}

const base = await openStableDiffusion(args.base);
const studio = await DrawingStudio.open(base, session);
const plans = Array.from({ length: count }, (_, index) => portrait(index, "validation"));
const realTexturesTold = Array.from({ length: count }, (_, index) => heldOutTexture(index));
const texturePrompts = realTexturesTold.map(({ caption }) => caption);
const portraits = await drawAll(studio, "portraits", plans.map(tellingPrompt));
const tiled = await drawAll(studio, "textures", texturePrompts, true);
const plain = await drawAll(studio, "textures without tiling", texturePrompts);
const speed = await speedRow(studio, tellingPrompt(plans[0]!));
await studio.close();
const rows = [
  ...(await fidelityRows(base)),
  ...(await accuracyRows(plans, portraits)),
  seamRow(tiled, plain, realTexturesTold),
  ...(await distanceRows(base, portraits, tiled)),
  sizeRow(base),
  speed,
];
console.log(`${markdown(base.name, rows)}\n\n${count} pictures a line.`);
