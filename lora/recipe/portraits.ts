import { portraitCaption } from "./portrait-caption.ts";
import { portraitCaptionZh } from "./portrait-caption-zh.ts";
import { colorDistance, drawColor, oklabOf, rgbFromHex, type ColorTable, type Paint } from "./named-colors.ts";
import { backgroundColors, clothesColors, eyewearColors, hairColors, skinColors } from "./portrait-colors.ts";
import {
  portraitStyles,
  type DrawnVariants,
  type Eyewear,
  type Expression,
  type FacialHair,
  type HairShape,
  type Headwear,
  type PaintedPortrait,
  type PortraitAttributes,
  type StyleName,
} from "./portrait-styles.ts";
import { DataRandom } from "./random.ts";

/** "train" and "validation" draw from the same distribution with unrelated indices. */
export type Split = "train" | "validation";
/** What a picture shows and how it is told, before it is drawn: about twenty times as fast as drawing. */
export type PortraitPlan = {
  attributes: PortraitAttributes;
  paints: PaintedPortrait["paints"];
  variants: DrawnVariants;
  /** English. */
  caption: string;
  /** Chinese; says other parts than the English one, in another order. */
  captionZh: string;
};
export type Portrait = PortraitPlan & { svg: string };

/** Styles the base never sees (CC BY 4.0 in DiceBear): they are for demonstrations and identity tests. */
export const heldOutStyles = ["adventurer", "bigSmile", "micah", "personas", "toonHead"] as const;

const keys = <K extends string>(table: Partial<Record<K, unknown>>): K[] => Object.keys(table) as K[];
const styleWeights: Record<StyleName, number> = { peeps: 45, lorelei: 35, pixel: 20 };
const skinWeights = { light: 24, tan: 24, brown: 24, dark: 24, green: 2, blue: 2 } as const;

/** A colour unlike those it touches, so that every named colour can be seen. */
function contrasting<K extends string>(random: DataRandom, colors: readonly K[], ...taken: readonly string[]): K {
  return random.pick(colors.filter((color) => !taken.includes(color)));
}

/** In OKLab: about the distance of black from dark gray. */
const contrastMin = 0.09;

/** Draws a colour of this name that stands out from those it touches, where the name allows it. */
function paint(table: ColorTable, name: string, random: DataRandom, touching: readonly Paint[]): Paint {
  let best: Paint | undefined;
  let bestContrast = -1;
  for (let tries = 0; tries < 8 && bestContrast < contrastMin; tries++) {
    const drawn = drawColor(table, name, random);
    const lab = oklabOf(rgbFromHex(drawn.hex));
    const contrast = Math.min(1, ...touching.map(({ hex }) => colorDistance(lab, oklabOf(rgbFromHex(hex)))));
    if (contrast > bestContrast) [best, bestContrast] = [drawn, contrast];
  }
  return best!;
}

/** Glasses of the colour of the skin or of the hair's shadow cannot be told: the frame stands out from the face. */
export function portraitPaints(a: PortraitAttributes, random: DataRandom): PaintedPortrait["paints"] {
  const background = paint(backgroundColors, a.background, random, []);
  const skin = paint(skinColors, a.skin, random, [background]);
  const hair = paint(hairColors, a.hairColor, random, [background, skin]);
  const clothes = paint(clothesColors, a.clothes, random, [background, skin]);
  const headwear = paint(clothesColors, a.headwearColor, random, [background, hair, skin]);
  const eyewear = paint(eyewearColors, a.eyewearColor, random, [skin]);
  return { background, skin, hair, clothes, headwear, eyewear };
}

const oldChance = 0.08;
const oldHair = ["short", "bun", "long", "balding"] as const;

/** Samples what the picture shows. Rare parts (headwear, beards) are rare, each value of a part is about equally frequent. */
export function portraitAttributes(random: DataRandom, style?: StyleName): PortraitAttributes {
  const name = style ?? random.weighted(styleWeights);
  const table = portraitStyles[name];
  const age = name === "peeps" && random.chance(oldChance) ? "old" : "adult";
  const background = random.pick(keys(backgroundColors));
  const skin = random.weighted(skinWeights);
  const skinLike = skin === "brown" || skin === "dark" ? "brown" : skin;
  const hues = age === "old" ? (["gray", "white"] as const) : keys(hairColors);
  const hairColor = contrasting(random, hues, background, skinLike);
  const clothes = contrasting(random, keys(clothesColors), background, hairColor, skinLike);
  const headwear: Headwear =
    age === "adult" && keys(table.headwear).length > 0 && random.chance(0.2)
      ? random.pick(keys(table.headwear))
      : "none";
  const expression: Expression = age === "old" ? "serious" : random.pick(keys(table.expression));
  // Heart eyes and winks would be hidden behind lenses.
  const eyesShown = expression === "heart eyes" || expression === "winking" || expression === "eyes closed";
  const eyewear: Eyewear = !eyesShown && random.chance(0.35) ? random.pick(keys(table.eyewear)) : "none";
  const skinShade = skin === "dark" ? "" : skin;
  const eyewearColor = eyewear === "glasses" ? contrasting(random, table.eyewearColors, skinShade) : "black";
  const covered = headwear === "headscarf";
  const facialHair: FacialHair =
    !covered && keys(table.facialHair).length > 0 && random.chance(0.2) ? random.pick(keys(table.facialHair)) : "none";
  const shapes = age === "old" ? oldHair : keys(table.hair);
  const hairShape: HairShape = headwear === "none" ? random.pick(shapes) : "short";
  const headwearColor = contrasting(random, keys(clothesColors), background, hairColor, clothes, skinLike);
  // Long hair hides the ears.
  const earsShow = ["short", "bun", "two buns", "ponytail", "mohawk", "balding"].includes(hairShape);
  return {
    style: name,
    age,
    background,
    skin,
    clothes,
    garment: random.chance(0.4) ? "shirt" : random.pick(keys(table.garment)),
    hairShape,
    hairColor,
    headwear,
    headwearColor,
    expression,
    eyewear,
    eyewearColor,
    facialHair,
    earrings: table.hasEarrings && earsShow && random.chance(0.3) ? "earrings" : "none",
    freckles: table.hasFreckles && skin !== "dark" && random.chance(0.15) ? "freckles" : "none",
  };
}

function pickVariants(a: PortraitAttributes, random: DataRandom): DrawnVariants {
  const table = portraitStyles[a.style];
  const variant = <K extends string, T>(part: Partial<Record<K, readonly T[]>>, key: K | "none"): T | undefined => {
    const list = key === "none" ? undefined : part[key];
    return list === undefined ? undefined : random.pick(list);
  };
  const hair = variant(table.hair, a.hairShape);
  const expression = a.age === "old" ? { mouth: "old" } : variant(table.expression, a.expression);
  const garment = variant(table.garment, a.garment);
  if (hair === undefined || expression === undefined || garment === undefined) {
    const lacking = hair === undefined ? a.hairShape : expression === undefined ? a.expression : a.garment;
    throw new RangeError(`portrait: style ${a.style} has no ${lacking} variant`);
  }
  return {
    hair,
    expression,
    garment,
    headwear: variant(table.headwear, a.headwear),
    eyewear: variant(table.eyewear, a.eyewear),
    facialHair: variant(table.facialHair, a.facialHair),
  };
}

/** Draws the given attributes. `variantKey` chooses among drawings and colours of the same name. Throws RangeError if the style lacks one. */
export function drawPortrait(attributes: PortraitAttributes, variantKey: string): string {
  const variants = pickVariants(attributes, new DataRandom(`variants ${variantKey}`));
  const paints = portraitPaints(attributes, new DataRandom(`paints ${variantKey}`));
  return portraitStyles[attributes.style].draw({ ...attributes, paints }, variants);
}

/** Everything about the portrait with this index but the drawing. */
export function portraitPlan(index: number, split: Split = "train"): PortraitPlan {
  const key = `portrait ${split} ${index}`;
  const attributes = portraitAttributes(new DataRandom(key));
  const paints = portraitPaints(attributes, new DataRandom(`paints ${key}`));
  const painted = { ...attributes, paints };
  return {
    attributes,
    paints,
    variants: pickVariants(attributes, new DataRandom(`variants ${key}`)),
    caption: portraitCaption(painted, new DataRandom(`caption ${key}`)),
    captionZh: portraitCaptionZh(painted, new DataRandom(`caption zh ${key}`)),
  };
}

/**
 * The portrait with this index: always the same picture and captions.
 * `svg` is square (512 px nominal) and scales to any size; head and shoulders centred, flat background.
 */
export function portrait(index: number, split: Split = "train"): Portrait {
  const plan = portraitPlan(index, split);
  return {
    ...plan,
    svg: portraitStyles[plan.attributes.style].draw({ ...plan.attributes, paints: plan.paints }, plan.variants),
  };
}
