import type { DataRandom } from "./random.ts";
import type { Expression, HairShape, PortraitAttributes } from "./portrait-styles.ts";

/** Whether the picture shows hair: headwear other than the beanie of peeps covers all of it, a bald head has none. */
export function hairShows(a: PortraitAttributes): boolean {
  return a.hairShape !== "bald" && (a.headwear === "none" || (a.headwear === "beanie" && a.style === "peeps"));
}

const hairPhrases: Record<HairShape, (color: string) => string> = {
  short: (color) => `short ${color} hair`,
  long: (color) => `long ${color} hair`,
  bob: (color) => `a ${color} bob`,
  curly: (color) => `curly ${color} hair`,
  afro: (color) => `a ${color} afro`,
  bun: (color) => `${color} hair in a bun`,
  "two buns": (color) => `${color} hair in two buns`,
  ponytail: (color) => `a ${color} ponytail`,
  mohawk: (color) => `a ${color} mohawk`,
  spiky: (color) => `spiky ${color} hair`,
  "flat top": (color) => `a ${color} flat top`,
  bald: () => "a bald head",
};

const expressionPhrases: Record<Expression, string> = {
  smiling: "smiling",
  laughing: "laughing",
  serious: "serious face",
  sad: "sad face",
  angry: "angry face",
  surprised: "surprised face",
  winking: "winking",
  "heart eyes": "heart eyes",
  "eyes closed": "eyes closed",
};

const article = (word: string): string => (/^[aeiou]/.test(word) ? "an" : "a");

/** Under headwear the cut can not be told, only the colour. */
function hairPhrase(a: PortraitAttributes): string | undefined {
  if (a.hairShape === "bald" && a.headwear === "none") return hairPhrases.bald("");
  if (!hairShows(a)) return undefined;
  return a.headwear === "none" ? hairPhrases[a.hairShape](a.hairColor) : `${a.hairColor} hair`;
}

/**
 * An English caption of 6 to about 25 words: "portrait of a person with short black hair, glasses, smiling, blue
 * background, lorelei style". Says only what `attributes` shows; parts are dropped and reordered at random so that the
 * text tower learns each part alone.
 */
export function portraitCaption(a: PortraitAttributes, random: DataRandom): string {
  const head: string[] = [];
  const hair = hairPhrase(a);
  if (hair !== undefined && random.chance(0.95)) head.push(hair);
  if (a.headwear !== "none") head.push(`${article(a.headwearColor)} ${a.headwearColor} ${a.headwear}`);
  if (a.eyewear !== "none") head.push(a.eyewear);
  if (a.facialHair !== "none") head.push(`a ${a.facialHair}`);
  const rest: string[] = [];
  if (random.chance(0.85)) rest.push(expressionPhrases[a.expression]);
  if (random.chance(0.6)) rest.push(`${a.skin} skin`);
  if (random.chance(0.75)) rest.push(`${a.clothes} shirt`);
  if (random.chance(0.92)) rest.push(`${a.background} background`);
  const [first, ...others] = random.shuffle(head);
  const opening = random.pick(["portrait of a person", "portrait of a person", "a person"]);
  const parts = [first === undefined ? opening : `${opening} with ${first}`, ...others, ...random.shuffle(rest)];
  if (random.chance(0.9)) parts.push(`${a.style} style`);
  return parts.join(", ");
}
