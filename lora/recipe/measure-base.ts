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
import { drawEach } from "./draw-each.ts";
import { recipeErrors } from "./errors.ts";
import { decodedNoise, featureDistances } from "./feature-distance.ts";
import { FeatureReader } from "./mobilenet-features.ts";
import { meanAccuracy, promptAccuracies, tellingPrompt, type PromptAccuracy } from "./portrait-accuracy.ts";
import { portrait, type Portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { heldOutTexture, type Texture } from "./textures.ts";
import { fidelitySets, measureFidelity, openBaseGiveBack } from "./vae-fidelity.ts";

const SIDE = 128;
const SPEED_STEPS = 20;
const SPEED_PICTURES = 3;
/** Real pictures that others are compared with, for each drawn one: they cost little, and the distance is steadier. */
const REFERENCE_TIMES = 4;

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
  const size = { width: SIDE, height: SIDE };
  const requests = prompts.map((prompt, index) => ({ ...size, prompt, seeds: [index + 1], tiling }));
  const pictures = await drawEach(studio, requests, (drawn) => {
    if (drawn % 10 === 0) told(`${name}: ${drawn} of ${prompts.length} drawn`);
  });
  return pictures.map(({ pixels }) => pixels);
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

/** Portraits drawn by prompts in English and in Chinese, in the order of `plans`. */
interface DrawnPortraits {
  readonly en: readonly Uint8Array[];
  readonly zh: readonly Uint8Array[];
}

async function judgeAll(judge: AttributeJudge, pictures: readonly Uint8Array[]): Promise<Judgement[]> {
  const judged: Judgement[] = [];
  for (const picture of pictures) judged.push(await judge.judge(picture));
  return judged;
}

async function accuracyRows(plans: readonly Portrait[], drawn: DrawnPortraits): Promise<Row[]> {
  const judge = await AttributeJudge.open();
  const real = await judgeAll(judge, await Promise.all(plans.map(({ svg }) => rasterizePortrait(svg))));
  const english = promptAccuracies(plans, await judgeAll(judge, drawn.en), real);
  const chinese = promptAccuracies(plans, await judgeAll(judge, drawn.zh), real);
  await judge.close();
  const meanRow = (language: string, rows: readonly PromptAccuracy[]): Row => ({
    measure: `portraits told in ${language}: attributes as told, mean`,
    base: percent(meanAccuracy(rows, "generated")),
    real: percent(meanAccuracy(rows, "real")),
    without: `${percent(meanAccuracy(rows, "another"))} (another prompt's picture)`,
    aim: "≥ 80 %",
  });
  return [
    meanRow("English", english),
    ...english.map((row) => ({
      measure: `– ${row.attribute}`,
      base: percent(row.generated),
      real: percent(row.real),
      without: percent(row.another),
    })),
    meanRow("Chinese", chinese),
  ];
}

/** The mean, with its standard error. */
function meanAndError(values: readonly number[]): string {
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return `${middle.toFixed(2)} ± ${Math.sqrt(variance / values.length).toFixed(2)}`;
}

function seamRow(tiled: readonly Uint8Array[], plain: readonly Uint8Array[], real: readonly Texture[]): Row {
  const score = (pictures: readonly Uint8Array[]): string =>
    meanAndError(pictures.map((pixels) => seamScore(rgbOf(pixels))));
  return {
    measure: "textures: step across the border over the mean step inside",
    base: score(tiled),
    real: score(real.map(({ pixels }) => pixels)),
    without: `${score(plain)} (drawn without \`tiling\`)`,
    aim: "≤ 1, but for chance",
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
    const figure = (value: number): string => value.toFixed(2);
    rows.push({
      measure: `${name}: kernel distance of the directions of MobileNetV2 features, from held-out pictures (not FID)`,
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
const portraits = {
  en: await drawAll(
    studio,
    "portraits",
    plans.map((plan) => tellingPrompt(plan)),
  ),
  zh: await drawAll(
    studio,
    "portraits told in Chinese",
    plans.map((plan) => tellingPrompt(plan, "zh")),
  ),
};
const tiled = await drawAll(studio, "textures", texturePrompts, true);
const plain = await drawAll(studio, "textures without tiling", texturePrompts);
const speed = await speedRow(studio, tellingPrompt(plans[0]!));
await studio.close();
const rows = [
  ...(await fidelityRows(base)),
  ...(await accuracyRows(plans, portraits)),
  seamRow(tiled, plain, realTexturesTold),
  ...(await distanceRows(base, portraits.en, tiled)),
  sizeRow(base),
  speed,
];
console.log(`${markdown(base.name, rows)}

${count} pictures a line; the reference of the kernel distance is ${REFERENCE_TIMES * count} others. It is unbiased: equal
sets lie around 0, on either side. "Attributes as told" is by a judge trained on drawn pictures alone.`);
