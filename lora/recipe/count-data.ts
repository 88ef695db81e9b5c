/**
 * Proves that the data are as many as they claim: `node lora/recipe/count-data.ts --portraits 200000 --textures 100000`.
 * Counts distinct (picture, caption) pairs without drawing: a picture by its attributes and the variants of its parts, so
 * that two which differ only in the jitter of a colour count as one; and, for portraits, with the colours as drawn.
 */
import { parseArgs } from "node:util";
import { portraitPlan } from "./portraits.ts";
import { texturePlan } from "./textures.ts";

const { values: args } = parseArgs({
  options: { portraits: { type: "string", default: "200000" }, textures: { type: "string", default: "100000" } },
});
const [named, drawn, both] = [new Set<string>(), new Set<string>(), new Set<string>()];
const started = performance.now();
for (let index = 0; index < Number(args.portraits); index++) {
  const { attributes, variants, paints, caption, captionZh } = portraitPlan(index);
  const picture = JSON.stringify([attributes, variants]);
  named.add(`${picture} ${caption}`);
  both.add(`${picture} ${caption} ${captionZh}`);
  drawn.add(JSON.stringify([picture, paints]));
}
const seconds = (performance.now() - started) / 1000;
console.log(
  `portraits ${args.portraits}: ${named.size} distinct (attributes and variants, caption), ${both.size} with the Chinese caption too, ` +
    `${drawn.size} distinct with their colours; ${Math.round(Number(args.portraits) / seconds)} a second`,
);
const texts = new Set<string>();
for (let index = 0; index < Number(args.textures); index++) {
  const { attributes, caption, captionZh } = texturePlan(index);
  texts.add(JSON.stringify([attributes, caption, captionZh]));
}
console.log(
  `textures ${args.textures}: ${texts.size} distinct (attributes, captions); each index has noise and colours of its own`,
);
