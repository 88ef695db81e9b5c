/**
 * How much of a prompt a base draws: `node lora/recipe/measure-portraits.ts --base FOLDER --prompts 100`. Prompts tell all
 * attributes of portraits that no training sees; the judge of `train-classifier.ts`, which knows drawn pictures only, says
 * what each picture shows. Beside it what it says of the real pictures, the most that can be reached, and of another
 * prompt's real picture, which is what a base that does not listen would reach.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DrawingStudio } from "../generate/index.ts";
import { openStableDiffusion } from "../models/index.ts";
import { percent } from "./accuracy.ts";
import { AttributeJudge, JUDGE, type Judgement } from "./attribute-classifier.ts";
import { meanAccuracy, promptAccuracies, tellingPrompt } from "./portrait-accuracy.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: join(ROOT, "assets/base/mini-sd") },
    judge: { type: "string", default: JUDGE },
    prompts: { type: "string", default: "100" },
    steps: { type: "string" },
    guidance: { type: "string" },
    "guidance-stop": { type: "string" },
    "guidance-rescale": { type: "string" },
    sampler: { type: "string" },
  },
});
const SIDE = 128;

const studio = await DrawingStudio.open(await openStableDiffusion(args.base));
const judge = await AttributeJudge.open(args.judge);
/** Options of drawing that are numbers, by the name that `draw` has for them. */
const numbers = {
  steps: args.steps,
  guidanceScale: args.guidance,
  guidanceStop: args["guidance-stop"],
  guidanceRescale: args["guidance-rescale"],
};
const given = Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]]));
const options = {
  width: SIDE,
  height: SIDE,
  ...Object.fromEntries(given),
  ...(args.sampler === undefined ? {} : { sampler: args.sampler }),
};
const told = Array.from({ length: Number(args.prompts) }, (_, index) => portrait(index, "validation"));
const generated: Judgement[] = [];
const real: Judgement[] = [];
for (const [index, held] of told.entries()) {
  const [picture] = await studio.draw({ ...options, prompt: tellingPrompt(held), seeds: [index + 1] });
  generated.push(await judge.judge(picture!.pixels));
  real.push(await judge.judge(await rasterizePortrait(held.svg)));
  if ((index + 1) % 10 === 0) console.log(`${index + 1} of ${told.length} drawn`);
}
await judge.close();
await studio.close();

const rows = promptAccuracies(told, generated, real);
const columns = ["generated", "real", "another"] as const;
const line = (name: string, shares: readonly number[]): string =>
  `${name.padEnd(12)} ${shares.map((share) => percent(share).padStart(9)).join(" ")}`;
console.log(`attribute     ${columns.join("   ")}   pictures`);
for (const row of rows) {
  const shares = columns.map((column) => row[column]);
  console.log(`${line(row.attribute, shares)} ${String(row.count).padStart(9)}`);
}
const means = columns.map((column) => meanAccuracy(rows, column));
console.log(line("mean", means));
console.log(`generated, each value of an attribute counted alike: ${percent(meanAccuracy(rows, "balanced"))}`);
