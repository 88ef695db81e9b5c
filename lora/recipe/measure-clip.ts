/**
 * Measures a CLIP on pictures that no training sees: `node lora/recipe/measure-clip.ts --clip FOLDER`. Zero-shot top-1 over
 * the values of each attribute, on the pictures where it can be seen; beside it the mean over the values, which always
 * saying the most frequent one does not raise, and that frequency. Then how true the captions of `auto-label` are.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isSeen, LABEL_THRESHOLD, Labeller, labelVocabulary, type Facts, type LabelSubject } from "../data/index.ts";
import { percent, printAccuracy, Tally } from "./accuracy.ts";
import { factsOf, type DescribedSample } from "./mini-clip.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { heldOutTexture, textureSide } from "./textures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values: args } = parseArgs({
  options: {
    clip: { type: "string", default: join(ROOT, "assets/base/mini-clip") },
    portraits: { type: "string", default: "500" },
    textures: { type: "string", default: "200" },
    threshold: { type: "string", default: String(LABEL_THRESHOLD) },
  },
});

interface Held {
  readonly subject: LabelSubject;
  readonly facts: Facts;
  readonly rgb: Uint8Array;
}

async function heldPortrait(index: number): Promise<Held> {
  const { svg, attributes, caption } = portrait(index, "validation");
  const sample: DescribedSample = { kind: "portrait", style: attributes.style, caption, attributes };
  return { subject: "portrait", facts: factsOf(sample), rgb: await rasterizePortrait(svg, textureSide) };
}

function heldTexture(index: number): Held {
  const { pixels, attributes, caption } = heldOutTexture(index);
  const sample: DescribedSample = { kind: "texture", style: attributes.kind, caption, attributes };
  return { subject: "texture", facts: factsOf(sample), rgb: pixels };
}

const labeller = await Labeller.open(args.clip);
const [portraits, textures, threshold] = [Number(args.portraits), Number(args.textures), Number(args.threshold)];
const tallies = new Map<string, Tally>();
const tallyOf = (attribute: string): Tally => {
  const tally = tallies.get(attribute) ?? new Tally();
  tallies.set(attribute, tally);
  return tally;
};
const said = { true: 0, all: 0, sayable: 0 };
for (let i = 0; i < portraits + textures; i++) {
  const { subject, facts, rgb } = i < portraits ? await heldPortrait(i) : heldTexture(i - portraits);
  const picture = { rgb, width: textureSide, height: textureSide };
  tallyOf("(subject)").add(subject, (await labeller.guess(picture)).subject.value === subject);
  const { guesses } = await labeller.guess(picture, subject);
  const found = Object.fromEntries(Object.entries(guesses).map(([name, { value }]) => [name, value]));
  for (const [name, value] of Object.entries(facts)) {
    tallyOf(name).add(value, guesses[name]?.value === value);
    if (labelVocabulary[name]!.isUntold) continue;
    said.sayable++;
    if (!isSeen(labelVocabulary[name]!, found) || (guesses[name]?.confidence ?? 0) < threshold) continue;
    said.all++;
    if (guesses[name]?.value === value) said.true++;
  }
}
await labeller.close();
printAccuracy([...tallies].map(([name, tally]) => [name, tally.accuracy]));
console.log(
  `captions at threshold ${threshold}: ${percent(said.true / said.all)} of what is told is true, ${percent(said.all / said.sayable)} of what can be seen is told`,
);
