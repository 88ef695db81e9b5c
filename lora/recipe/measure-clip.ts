/**
 * Measures a CLIP on pictures that no training sees: `node lora/recipe/measure-clip.ts --clip FOLDER`. Zero-shot top-1 over
 * the values of each attribute, on the pictures where it can be seen; beside it the mean over the values, which always
 * saying the most frequent one does not raise, and that frequency. Then how true the captions of `auto-label` are.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isSeen, LABEL_THRESHOLD, Labeller, labelVocabulary, type Facts, type LabelSubject } from "../data/index.ts";
import { factsOf, type DescribedSample } from "./mini-clip.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { texture, textureSide } from "./textures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values: args } = parseArgs({
  options: {
    clip: { type: "string", default: join(ROOT, "assets/base/mini-clip") },
    portraits: { type: "string", default: "500" },
    textures: { type: "string", default: "200" },
    threshold: { type: "string", default: String(LABEL_THRESHOLD) },
  },
});
/** Far beyond the textures that training draws. */
const TEXTURES_FROM = 10_000_000;

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
  const { pixels, attributes, caption } = texture(TEXTURES_FROM + index);
  const sample: DescribedSample = { kind: "texture", style: attributes.kind, caption, attributes };
  return { subject: "texture", facts: factsOf(sample), rgb: pixels };
}

/** Right and all, by attribute and value. */
class Tally {
  private readonly rows = new Map<string, Map<string, { right: number; all: number }>>();

  add(attribute: string, value: string, isRight: boolean): void {
    const row = this.rows.get(attribute) ?? new Map<string, { right: number; all: number }>();
    this.rows.set(attribute, row);
    const cell = row.get(value) ?? { right: 0, all: 0 };
    row.set(value, { right: cell.right + Number(isRight), all: cell.all + 1 });
  }

  print(): void {
    console.log("attribute       top-1   mean over values   most frequent   pictures");
    for (const [attribute, row] of this.rows) {
      const cells = [...row.values()];
      const all = cells.reduce((sum, cell) => sum + cell.all, 0);
      const top1 = cells.reduce((sum, cell) => sum + cell.right, 0) / all;
      const mean = cells.reduce((sum, cell) => sum + cell.right / cell.all, 0) / cells.length;
      const most = Math.max(...cells.map((cell) => cell.all)) / all;
      const columns = [percent(top1).padStart(6), percent(mean).padStart(14), percent(most).padStart(18)];
      console.log(`${attribute.padEnd(14)} ${columns.join(" ")} ${String(all).padStart(10)}`);
    }
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const labeller = await Labeller.open(args.clip);
const [portraits, textures, threshold] = [Number(args.portraits), Number(args.textures), Number(args.threshold)];
const tally = new Tally();
const said = { true: 0, all: 0, sayable: 0 };
for (let i = 0; i < portraits + textures; i++) {
  const { subject, facts, rgb } = i < portraits ? await heldPortrait(i) : heldTexture(i - portraits);
  const picture = { rgb, width: textureSide, height: textureSide };
  tally.add("(subject)", subject, (await labeller.guess(picture)).subject.value === subject);
  const { guesses } = await labeller.guess(picture, subject);
  const found = Object.fromEntries(Object.entries(guesses).map(([name, { value }]) => [name, value]));
  for (const [name, value] of Object.entries(facts)) {
    tally.add(name, value, guesses[name]?.value === value);
    if (labelVocabulary[name]!.isUntold) continue;
    said.sayable++;
    if (!isSeen(labelVocabulary[name]!, found) || (guesses[name]?.confidence ?? 0) < threshold) continue;
    said.all++;
    if (guesses[name]?.value === value) said.true++;
  }
}
await labeller.close();
tally.print();
console.log(
  `captions at threshold ${threshold}: ${percent(said.true / said.all)} of what is told is true, ${percent(said.all / said.sayable)} of what can be seen is told`,
);
