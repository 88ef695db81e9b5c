/**
 * Ten people that the base never saw, two in each of DiceBear's CC BY 4.0 styles that are held out: adventurer (Lisa
 * Wischofsky), big-smile (Ashley Seo), micah (Micah Lanier), personas (Draftbit) and toon-head (Johan Melin). Hair, skin,
 * face and glasses never change; expression, background and, where the style has any, clothes do, and captions name those.
 */
import { createAvatar, type Style } from "@dicebear/core";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import { HELD_PER_SUBJECT, PICTURES_PER_SUBJECT, type Subject, type SubjectPicture } from "./identity-subject.ts";
import { backgroundColors, clothesColors, type BackgroundColor, type ClothesColor } from "./portrait-colors.ts";
import type { heldOutStyles } from "./portraits.ts";
import { DataRandom } from "./random.ts";
import { rasterizePortrait } from "./render-data.ts";

type HeldOutStyle = (typeof heldOutStyles)[number];
type Options = Readonly<Record<string, readonly string[] | number>>;
/** What is said of a face, as the base's captions say it. */
type Mood = "smiling" | "laughing" | "serious" | "sad" | "angry" | "surprised" | "winking" | "eyes closed";

interface CharacterStyle {
  readonly source: Style<object>;
  /** Name of the option for the colour of clothes; heads alone have none. */
  readonly clothes?: string;
  readonly moods: Partial<Readonly<Record<Mood, Options>>>;
  /** Parts that the seed would else choose. */
  readonly always: Options;
}

const asStyle = (style: unknown): Style<object> => style as Style<object>;
const variant = (part: string, number: number): Options => ({ [part]: [`variant${String(number).padStart(2, "0")}`] });

const styles: Readonly<Record<HeldOutStyle, CharacterStyle>> = {
  adventurer: {
    source: asStyle(adventurer),
    moods: {
      smiling: { ...variant("mouth", 1), ...variant("eyes", 26), ...variant("eyebrows", 9) },
      laughing: { ...variant("mouth", 26), ...variant("eyes", 19), ...variant("eyebrows", 9) },
      sad: { ...variant("mouth", 4), ...variant("eyes", 15), ...variant("eyebrows", 10) },
      surprised: { ...variant("mouth", 3), ...variant("eyes", 25), ...variant("eyebrows", 15) },
      angry: { ...variant("mouth", 11), ...variant("eyes", 26), ...variant("eyebrows", 1) },
      winking: { ...variant("mouth", 1), ...variant("eyes", 21), ...variant("eyebrows", 9) },
      "eyes closed": { ...variant("mouth", 2), ...variant("eyes", 20), ...variant("eyebrows", 9) },
    },
    always: { earringsProbability: 0, featuresProbability: 0 },
  },
  bigSmile: {
    source: asStyle(bigSmile),
    moods: {
      smiling: { mouth: ["teethSmile"], eyes: ["normal"] },
      laughing: { mouth: ["openedSmile"], eyes: ["cheery"] },
      sad: { mouth: ["openSad"], eyes: ["sad"] },
      angry: { mouth: ["unimpressed"], eyes: ["angry"] },
      winking: { mouth: ["teethSmile"], eyes: ["winking"] },
    },
    always: { accessoriesProbability: 0 },
  },
  micah: {
    source: asStyle(micah),
    clothes: "shirtColor",
    moods: {
      smiling: { mouth: ["smile"], eyes: ["eyes"], eyebrows: ["up"] },
      laughing: { mouth: ["laughing"], eyes: ["smiling"], eyebrows: ["up"] },
      sad: { mouth: ["sad"], eyes: ["eyes"], eyebrows: ["down"] },
      surprised: { mouth: ["surprised"], eyes: ["round"], eyebrows: ["up"] },
    },
    always: { earringsProbability: 0, facialHairProbability: 0, shirt: ["crew"] },
  },
  personas: {
    source: asStyle(personas),
    clothes: "clothingColor",
    moods: {
      smiling: { mouth: ["smile"], eyes: ["open"] },
      laughing: { mouth: ["bigSmile"], eyes: ["happy"] },
      sad: { mouth: ["frown"], eyes: ["open"] },
      surprised: { mouth: ["surprise"], eyes: ["open"] },
      winking: { mouth: ["smirk"], eyes: ["wink"] },
      "eyes closed": { mouth: ["smile"], eyes: ["sleep"] },
    },
    always: { facialHairProbability: 0, body: ["squared"] },
  },
  toonHead: {
    source: asStyle(toonHead),
    clothes: "clothesColor",
    moods: {
      smiling: { mouth: ["smile"], eyes: ["wide"], eyebrows: ["neutral"] },
      laughing: { mouth: ["laugh"], eyes: ["happy"], eyebrows: ["happy"] },
      sad: { mouth: ["sad"], eyes: ["wide"], eyebrows: ["sad"] },
      surprised: { mouth: ["agape"], eyes: ["wide"], eyebrows: ["raised"] },
      angry: { mouth: ["angry"], eyes: ["wide"], eyebrows: ["angry"] },
      winking: { mouth: ["smile"], eyes: ["wink"], eyebrows: ["neutral"] },
    },
    always: { beardProbability: 0, rearHairProbability: 0 },
  },
};

interface Character {
  readonly name: string;
  readonly style: HeldOutStyle;
  /** What makes the person. */
  readonly identity: Options;
}

const glasses = (part: string): Options => ({ glasses: [part], glassesProbability: 100 });
const noGlasses: Options = { glassesProbability: 0 };

/** One of each style, then the other of each, so that the first few are already unlike. */
export const characters: readonly Character[] = [
  {
    name: "zmira",
    style: "adventurer",
    identity: { hair: ["long16"], hairColor: ["ab2a18"], skinColor: ["f2d3b1"], ...noGlasses },
  },
  { name: "zbodo", style: "bigSmile", identity: { hair: ["mohawk"], hairColor: ["238d80"], skinColor: ["c99c62"] } },
  {
    name: "zkarl",
    style: "micah",
    identity: {
      hair: ["fonze"],
      hairColor: ["6b4a2b"],
      baseColor: ["f9c9b6"],
      nose: ["curve"],
      ears: ["attached"],
      ...noGlasses,
    },
  },
  {
    name: "zlena",
    style: "personas",
    identity: { hair: ["bobCut"], hairColor: ["e15c66"], skinColor: ["eeb4a4"], nose: ["smallRound"] },
  },
  { name: "zrosa", style: "toonHead", identity: { hair: ["bun"], hairColor: ["2c1b18"], skinColor: ["b98e6a"] } },
  {
    name: "zodin",
    style: "adventurer",
    identity: { hair: ["short04"], hairColor: ["0e0e0e"], skinColor: ["9e5622"], ...glasses("variant02") },
  },
  { name: "zpipa", style: "bigSmile", identity: { hair: ["braids"], hairColor: ["e9b729"], skinColor: ["ffe4c0"] } },
  {
    name: "zjuno",
    style: "micah",
    identity: {
      hair: ["full"],
      hairColor: ["9287ff"],
      baseColor: ["ac6651"],
      nose: ["pointed"],
      ears: ["detached"],
      ...glasses("round"),
    },
  },
  {
    name: "zhugo",
    style: "personas",
    identity: {
      hair: ["curlyHighTop"],
      hairColor: ["362c47"],
      skinColor: ["92594b"],
      nose: ["mediumRound"],
      facialHair: ["goatee"],
      facialHairProbability: 100,
    },
  },
  {
    name: "zivan",
    style: "toonHead",
    identity: {
      hair: ["spiky"],
      hairColor: ["d6b370"],
      skinColor: ["f1c3a5"],
      beard: ["chinMoustache"],
      beardProbability: 100,
    },
  },
];

/** Styles without clothes have so many different looks left. */
export const CHARACTER_PROMPTS_MAX = 36;

interface Look {
  readonly expression: Mood;
  readonly background: BackgroundColor;
  readonly clothes?: ClothesColor;
}

const keysOf = <K extends string>(table: Partial<Record<K, unknown>>): K[] => Object.keys(table) as K[];

/** As SVG, always the same for the same look. */
export function drawCharacter({ name, style, identity }: Character, look: Look): string {
  const { source, clothes, moods, always } = styles[style];
  const options: Record<string, unknown> = {
    seed: name,
    ...always,
    ...moods[look.expression],
    ...identity,
    backgroundColor: [backgroundColors[look.background].plain],
  };
  if (clothes && look.clothes) options[clothes] = [clothesColors[look.clothes].plain];
  return createAvatar(source, options).toString();
}

const moodWords = (mood: Mood): string =>
  mood === "sad" || mood === "angry" || mood === "surprised" || mood === "serious" ? `${mood} face` : mood;

/** "portrait of zmira, smiling, blue shirt, red background": what varies and nothing else. */
export function captionOf({ name }: Pick<Character, "name">, { expression, clothes, background }: Look): string {
  const worn = clothes === undefined ? [] : [`${clothes} shirt`];
  return [`portrait of ${name}`, moodWords(expression), ...worn, `${background} background`].join(", ");
}

/**
 * Looks of which no two are alike: each expression, background and colour of clothes in turn, in an order of the
 * character's own, so that each comes about equally often and all meet all.
 */
function looksOf({ name, style }: Character, count: number): Look[] {
  const random = new DataRandom(`looks ${name}`);
  const shuffled = <T>(values: readonly T[]): T[] => random.shuffle([...values]);
  const moods = shuffled(keysOf<Mood>(styles[style].moods));
  const backgrounds = shuffled(keysOf(backgroundColors));
  const shirts = shuffled(keysOf(clothesColors));
  const looks = new Map<string, Look>();
  for (let i = 0; looks.size < count; i++) {
    const background = backgrounds[i % backgrounds.length]!;
    const round = Math.floor(i / backgrounds.length);
    const look: Look = {
      expression: moods[(i + round) % moods.length]!,
      background,
      // Never a shirt that could not be told from what is behind it.
      ...(styles[style].clothes === undefined ? {} : { clothes: shirtBefore(shirts, i + 5 * round, background) }),
    };
    looks.set(JSON.stringify(look), look);
  }
  return [...looks.values()];
}

function shirtBefore(shirts: readonly ClothesColor[], index: number, background: BackgroundColor): ClothesColor {
  const shirt = shirts[index % shirts.length]!;
  return shirt === background ? shirts[(index + 1) % shirts.length]! : shirt;
}

/** What the pictures and prompts of a character say, before anything is drawn. */
export interface CharacterPlan {
  readonly learned: readonly Look[];
  readonly held: readonly Look[];
  readonly prompts: readonly Look[];
}

export function characterPlan(character: Character, prompts: number): CharacterPlan {
  const heldUntil = PICTURES_PER_SUBJECT + HELD_PER_SUBJECT;
  const looks = looksOf(character, heldUntil + prompts);
  return {
    learned: looks.slice(0, PICTURES_PER_SUBJECT),
    held: looks.slice(PICTURES_PER_SUBJECT, heldUntil),
    prompts: looks.slice(heldUntil),
  };
}

/** The character with this index, its pictures drawn. @param prompts how many combinations to ask for */
export async function characterSubject(index: number, prompts: number): Promise<Subject> {
  const character = characters[index]!;
  const plan = characterPlan(character, prompts);
  const pictureOf = async (look: Look): Promise<SubjectPicture> => ({
    facts: { ...look },
    caption: captionOf(character, look),
    pixels: await rasterizePortrait(drawCharacter(character, look)),
  });
  return {
    kind: "character",
    name: character.name,
    style: character.style,
    pictures: await Promise.all(plan.learned.map(pictureOf)),
    held: await Promise.all(plan.held.map(pictureOf)),
    prompts: plan.prompts.map((look) => ({ prompt: captionOf(character, look), facts: { ...look } })),
  };
}
