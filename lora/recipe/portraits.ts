import { portraitCaption } from "./portrait-caption.ts";
import {
  backgroundColors,
  clothesColors,
  hairColors,
  portraitStyles,
  skinColors,
  type ClothesColor,
  type DrawnVariants,
  type Expression,
  type Eyewear,
  type FacialHair,
  type HairShape,
  type Headwear,
  type PortraitAttributes,
  type StyleName,
} from "./portrait-styles.ts";
import { DataRandom } from "./random.ts";

/** "train" and "validation" draw from the same distribution with unrelated indices. */
export type Split = "train" | "validation";
export type Portrait = { svg: string; caption: string; attributes: PortraitAttributes };

/** Styles the base never sees (CC BY 4.0 in DiceBear): they are for demonstrations and identity tests. */
export const heldOutStyles = ["adventurer", "bigSmile", "micah", "personas", "toonHead"] as const;

const keys = <K extends string>(table: Partial<Record<K, unknown>>): K[] => Object.keys(table) as K[];
const styleWeights: Record<StyleName, number> = { peeps: 45, lorelei: 35, pixel: 20 };

/** A colour unlike those it touches, so that every named colour can be seen. */
function contrasting<K extends string>(random: DataRandom, colors: readonly K[], ...taken: readonly string[]): K {
  return random.pick(colors.filter((color) => !taken.includes(color)));
}

/** Samples what the picture shows. Rare parts (headwear, beards) are rare, each value of a part is about equally frequent. */
export function portraitAttributes(random: DataRandom, style?: StyleName): PortraitAttributes {
  const name = style ?? random.weighted(styleWeights);
  const table = portraitStyles[name];
  const background = random.pick(keys(backgroundColors));
  const skin = random.pick(keys(skinColors));
  const skinLike = skin === "brown" || skin === "dark" ? "brown" : "";
  const hairColor = contrasting(random, keys(hairColors), background, skinLike);
  const clothes = contrasting(random, keys(clothesColors), background, hairColor);
  const headwear: Headwear =
    keys(table.headwear).length > 0 && random.chance(0.2) ? random.pick(keys(table.headwear)) : "none";
  const expression: Expression = random.pick(keys(table.expression));
  // Heart eyes and winks would be hidden behind lenses.
  const eyesShown = expression === "heart eyes" || expression === "winking" || expression === "eyes closed";
  const eyewear: Eyewear = !eyesShown && random.chance(0.35) ? random.pick(keys(table.eyewear)) : "none";
  const covered = headwear === "headscarf";
  const facialHair: FacialHair =
    !covered && keys(table.facialHair).length > 0 && random.chance(0.2) ? random.pick(keys(table.facialHair)) : "none";
  const hairShape: HairShape = headwear === "none" ? random.pick(keys(table.hair)) : "short";
  const headwearColor: ClothesColor = contrasting(random, keys(clothesColors), background, hairColor, clothes);
  return {
    style: name,
    background,
    skin,
    clothes,
    hairShape,
    hairColor,
    headwear,
    headwearColor,
    expression,
    eyewear,
    facialHair,
  };
}

function pickVariants(a: PortraitAttributes, random: DataRandom): DrawnVariants {
  const table = portraitStyles[a.style];
  const variant = <K extends string, T>(part: Partial<Record<K, readonly T[]>>, key: K | "none"): T | undefined => {
    const list = key === "none" ? undefined : part[key];
    return list === undefined ? undefined : random.pick(list);
  };
  const hair = variant(table.hair, a.hairShape);
  const expression = variant(table.expression, a.expression);
  if (hair === undefined || expression === undefined) {
    throw new RangeError(
      `portrait: style ${a.style} has no ${hair === undefined ? a.hairShape : a.expression} variant`,
    );
  }
  return {
    hair,
    expression,
    headwear: variant(table.headwear, a.headwear),
    eyewear: variant(table.eyewear, a.eyewear),
    facialHair: variant(table.facialHair, a.facialHair),
  };
}

/** Draws the given attributes. `variantKey` chooses among drawings of the same name. Throws RangeError if the style lacks one. */
export function drawPortrait(attributes: PortraitAttributes, variantKey: string): string {
  const variants = pickVariants(attributes, new DataRandom(`variants ${variantKey}`));
  return portraitStyles[attributes.style].draw(attributes, variants);
}

/**
 * The portrait with this index: always the same picture and caption.
 * `svg` is square (512 px nominal) and scales to any size; head and shoulders centred, flat background.
 */
export function portrait(index: number, split: Split = "train"): Portrait {
  const key = `portrait ${split} ${index}`;
  const random = new DataRandom(key);
  const attributes = portraitAttributes(random);
  return { attributes, svg: drawPortrait(attributes, key), caption: portraitCaption(attributes, random) };
}
