import type { Shade } from "./named-colors.ts";
import type { DataRandom } from "./random.ts";
import type { Expression, HairShape, PaintedPortrait, PortraitAttributes, StyleName } from "./portrait-styles.ts";

/** Whether the picture shows hair: headwear other than the beanie of peeps covers all of it, a bald head has none. */
export function hairShows(a: PortraitAttributes): boolean {
  return a.hairShape !== "bald" && (a.headwear === "none" || (a.headwear === "beanie" && a.style === "peeps"));
}

const articled = (phrase: string): string => `${/^[aeiou]/.test(phrase) ? "an" : "a"} ${phrase}`;

const hairPhrases: Record<HairShape, (color: string) => readonly string[]> = {
  short: (color) => [`short ${color} hair`],
  long: (color) => [`long ${color} hair`],
  bob: (color) => [articled(`${color} bob`), articled(`${color} bob haircut`)],
  curly: (color) => [`curly ${color} hair`],
  afro: (color) => [articled(`${color} afro`)],
  bun: (color) => [`${color} hair in a bun`, articled(`${color} hair bun`)],
  "two buns": (color) => [`${color} hair in two buns`],
  ponytail: (color) => [articled(`${color} ponytail`), `${color} hair in a ponytail`],
  pigtails: (color) => [`${color} pigtails`],
  mohawk: (color) => [articled(`${color} mohawk`)],
  spiky: (color) => [`spiky ${color} hair`],
  "flat top": (color) => [articled(`${color} flat top`)],
  balding: (color) => [`a balding head with ${color} hair`],
  bald: () => ["a bald head", "no hair"],
};
const expressionPhrases: Record<Expression, readonly string[]> = {
  smiling: ["smiling", "a smile"],
  laughing: ["laughing", "a big laugh"],
  serious: ["serious face", "serious"],
  sad: ["sad face", "sad"],
  angry: ["angry face", "angry"],
  surprised: ["surprised face", "surprised"],
  scared: ["scared face", "scared"],
  tired: ["tired face", "tired"],
  winking: ["winking", "a wink"],
  "heart eyes": ["heart eyes"],
  "eyes closed": ["eyes closed", "closed eyes"],
};
const stylePhrases: Record<StyleName, readonly string[]> = {
  peeps: ["peeps style", "peeps style", "hand-drawn peeps style"],
  lorelei: ["lorelei style", "lorelei style", "lorelei style drawing"],
  pixel: ["pixel style", "pixel style", "pixel art"],
};

/** "dark blue" or, less exactly and as truly, "blue"; "gray" also as "grey", "blond" as "blonde". */
function colorWords(name: string, shade: Shade, random: DataRandom): string {
  const spelled = random.chance(0.8) ? name : name.replace("gray", "grey").replace(/^blond$/, "blonde");
  return shade === "plain" || random.chance(0.4) ? spelled : `${shade} ${spelled}`;
}

/** Under headwear the cut can not be told, only the colour; half a time anyway only the colour is. */
function hairPhrase(a: PaintedPortrait, random: DataRandom): string | undefined {
  if (a.hairShape === "bald" && a.headwear === "none") return random.pick(hairPhrases.bald(""));
  if (!hairShows(a)) return undefined;
  const color = colorWords(a.hairColor, a.paints.hair.shade, random);
  return a.headwear === "none" && random.chance(0.85) ? random.pick(hairPhrases[a.hairShape](color)) : `${color} hair`;
}

/** What is worn on the head or face, and cannot be left out as easily as a colour. */
function wornPhrases(a: PaintedPortrait, random: DataRandom): string[] {
  const worn: string[] = [];
  if (a.headwear !== "none") {
    worn.push(articled(`${colorWords(a.headwearColor, a.paints.headwear.shade, random)} ${a.headwear}`));
  }
  if (a.eyewear === "eyepatch") worn.push("an eyepatch");
  else if (a.eyewear === "sunglasses") worn.push("sunglasses");
  else if (a.eyewear === "glasses") worn.push(random.chance(0.6) ? `${a.eyewearColor} glasses` : "glasses");
  if (a.facialHair !== "none") worn.push(`a ${a.facialHair}`);
  if (a.earrings !== "none" && random.chance(0.8)) worn.push("earrings");
  if (a.freckles !== "none" && random.chance(0.8)) worn.push("freckles");
  return worn;
}

function clothesPhrase(a: PaintedPortrait, random: DataRandom): string {
  return `${colorWords(a.clothes, a.paints.clothes.shade, random)} ${a.garment}`;
}

type Parts = {
  who: string;
  head: string[];
  expression: string | undefined;
  skin: string | undefined;
  clothes: string | undefined;
  background: string | undefined;
  style: string | undefined;
};

function parts(a: PaintedPortrait, random: DataRandom): Parts {
  const hair = random.chance(0.93) ? hairPhrase(a, random) : undefined;
  const worn = wornPhrases(a, random);
  return {
    who: a.age === "old" ? random.pick(["old person", "elderly person"]) : "person",
    head: random.shuffle(hair === undefined ? worn : [hair, ...worn]),
    expression: random.chance(0.8) ? random.pick(expressionPhrases[a.expression]) : undefined,
    skin: random.chance(0.5) ? `${a.skin} skin` : undefined,
    clothes: random.chance(0.75) ? clothesPhrase(a, random) : undefined,
    background: random.chance(0.88)
      ? `${colorWords(a.background, a.paints.background.shade, random)} background`
      : undefined,
    style: random.chance(0.8) ? random.pick(stylePhrases[a.style]) : undefined,
  };
}

const present = (values: readonly (string | undefined)[]): string[] => values.filter((value) => value !== undefined);

/** "portrait of a person with short black hair, glasses, smiling, blue background, lorelei style" */
function listed(p: Parts, random: DataRandom): string {
  const [first, ...others] = p.head;
  const opening = `${random.pick(["portrait of ", "portrait of ", ""])}${articled(p.who)}`;
  const rest = random.shuffle(present([p.expression, p.skin, p.clothes, p.background]));
  return present([first === undefined ? opening : `${opening} with ${first}`, ...others, ...rest, p.style]).join(", ");
}

/** "1person, red hair, glasses, blue background": the tags of picture boards, no articles. */
function tagged(p: Parts, random: DataRandom): string {
  const facts = [...p.head, ...present([p.expression, p.skin, p.clothes, p.background])];
  const tags = random.shuffle(facts.map((fact) => fact.replace(/^an? /, "")));
  const who = random.pick([p.who === "person" ? "1person" : p.who, "portrait"]);
  return present([random.chance(0.75) || p.who !== "person" ? who : undefined, ...tags, p.style]).join(", ");
}

const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** "an old person with a beard and glasses, wearing a red shirt, on a blue background" */
function spoken(p: Parts, random: DataRandom): string {
  const head = p.head.length > 0 ? ` with ${joined(p.head)}` : "";
  const clothes = p.clothes === undefined ? undefined : `wearing ${articled(p.clothes)}`;
  const background =
    p.background === undefined ? undefined : `${random.pick(["on", "in front of"])} ${articled(p.background)}`;
  return present([`${articled(p.who)}${head}`, p.expression, clothes, p.skin, background, p.style]).join(", ");
}

/**
 * An English caption of 1 to about 30 words. Says only what `attributes` shows; parts are dropped, reordered and worded in
 * several ways, as users do, and so that the text tower learns each part alone.
 */
export function portraitCaption(a: PaintedPortrait, random: DataRandom): string {
  const form = random.weighted({ listed: 5, tagged: 3, spoken: 2 });
  return { listed, tagged, spoken }[form](parts(a, random), random);
}
