/**
 * How much of a prompt a base draws: `node lora/recipe/measure-portraits.ts --base FOLDER --prompts 100`. Prompts tell all
 * attributes of portraits that no training sees; the judge of `train-classifier.ts`, which knows drawn pictures only, says
 * what each picture shows. Beside it what it says of the real pictures, the most that can be reached, and of another
 * prompt's real picture, which is what a base that does not listen would reach.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { labelSentence } from "../data/index.ts";
import { DrawingStudio } from "../generate/index.ts";
import { openStableDiffusion } from "../models/index.ts";
import { percent } from "./accuracy.ts";
import { accuracyOf, AttributeJudge, judgedAttributes, type Judgement } from "./attribute-classifier.ts";
import { factsOf } from "./mini-clip.ts";
import { portrait, type Portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: join(ROOT, "assets/base/mini-sd") },
    classifier: { type: "string", default: ".work/classifier" },
    prompts: { type: "string", default: "100" },
    steps: { type: "string" },
    guidance: { type: "string" },
    sampler: { type: "string" },
  },
});
const SIDE = 128;

/** "portrait of a person with short black hair, glasses, smiling, …, lorelei style" */
function promptOf({ attributes, caption }: Portrait): string {
  const facts = factsOf({ kind: "portrait", style: attributes.style, caption, attributes });
  return `${labelSentence("portrait", facts, "en")}, ${attributes.style} style`;
}

const studio = await DrawingStudio.open(await openStableDiffusion(args.base));
const judge = await AttributeJudge.open(join(args.classifier, "classifier-state.safetensors"));
const options = {
  width: SIDE,
  height: SIDE,
  ...(args.steps === undefined ? {} : { steps: Number(args.steps) }),
  ...(args.guidance === undefined ? {} : { guidanceScale: Number(args.guidance) }),
  ...(args.sampler === undefined ? {} : { sampler: args.sampler }),
};
const told = Array.from({ length: Number(args.prompts) }, (_, index) => portrait(index, "validation"));
const generated: Judgement[] = [];
const real: Judgement[] = [];
for (const [index, held] of told.entries()) {
  const [picture] = await studio.draw({ ...options, prompt: promptOf(held), seeds: [index + 1] });
  generated.push(await judge.judge(picture!.pixels));
  real.push(await judge.judge(await rasterizePortrait(held.svg)));
  if ((index + 1) % 10 === 0) console.log(`${index + 1} of ${told.length} drawn`);
}
await judge.close();
await studio.close();

const sources: Readonly<Record<string, readonly Judgement[]>> = {
  generated,
  real,
  another: [...real.slice(1), ...real.slice(0, 1)],
};
const attributes = told.map((held) => held.attributes);
console.log(`attribute     ${Object.keys(sources).join("   ")}   pictures`);
const shares = judgedAttributes.map((name) => {
  const rows = Object.values(sources).map((judged) => accuracyOf(name, attributes, judged));
  const columns = rows.map(({ top1 }) => percent(top1).padStart(9)).join(" ");
  console.log(`${name.padEnd(12)} ${columns} ${String(rows[0]!.count).padStart(9)}`);
  return rows;
});
const overall = Object.keys(sources).map((_, source) => {
  const rows = shares.map((row) => row[source]!).filter(({ count }) => count > 0);
  return percent(rows.reduce((sum, { top1 }) => sum + top1, 0) / rows.length).padStart(9);
});
console.log(`${"mean".padEnd(12)} ${overall.join(" ")}`);
const unseen = shares.map(([drawn]) => drawn!).filter(({ count }) => count > 0);
const balanced = unseen.reduce((sum, { meanOverValues }) => sum + meanOverValues, 0) / unseen.length;
console.log(`generated, each value of an attribute counted alike: ${percent(balanced)}`);
