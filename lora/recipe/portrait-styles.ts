import { createAvatar, type Style } from "@dicebear/core";
import { lorelei, openPeeps, pixelArt } from "@dicebear/collection";

import { hexDistance, type Paint } from "./named-colors.ts";
import type { BackgroundColor, ClothesColor, EyewearColor, HairColor, SkinTone } from "./portrait-colors.ts";

export type StyleName = "peeps" | "lorelei" | "pixel";
export type HairShape =
  | "short"
  | "long"
  | "bob"
  | "curly"
  | "afro"
  | "bun"
  | "two buns"
  | "ponytail"
  | "pigtails"
  | "mohawk"
  | "spiky"
  | "flat top"
  | "balding"
  | "bald";
export type Headwear = "none" | "hat" | "beanie" | "cap" | "turban" | "headscarf";
export type Expression =
  | "smiling"
  | "laughing"
  | "serious"
  | "sad"
  | "angry"
  | "surprised"
  | "winking"
  | "heart eyes"
  | "eyes closed"
  | "scared"
  | "tired";
export type Eyewear = "none" | "glasses" | "sunglasses" | "eyepatch";
export type FacialHair = "none" | "beard" | "moustache" | "goatee";

export type Garment = "shirt" | "striped shirt" | "checkered shirt" | "turtleneck" | "tank top";
/** "old": gray or white hair and a wrinkled face, which only peeps draws. */
export type Age = "adult" | "old";
/** The parts that have a colour of their own. */
export type PaintedPart = "background" | "skin" | "hair" | "clothes" | "headwear" | "eyewear";

/** Everything that is drawn and can be named; the caption says a part of it and nothing else. */
export type PortraitAttributes = {
  style: StyleName;
  background: BackgroundColor;
  skin: SkinTone;
  age: Age;
  clothes: ClothesColor;
  garment: Garment;
  hairShape: HairShape;
  /** Meaningless when nothing of the hair shows: bald, or headwear that covers it (see `hairShows`). */
  hairColor: HairColor;
  headwear: Headwear;
  headwearColor: ClothesColor;
  expression: Expression;
  eyewear: Eyewear;
  eyewearColor: EyewearColor;
  facialHair: FacialHair;
  earrings: "none" | "earrings";
  freckles: "none" | "freckles";
};
/** With the colours as drawn, each in the region of its name. */
export type PaintedPortrait = PortraitAttributes & { paints: Readonly<Record<PaintedPart, Paint>> };

/** Which variants of the drawing style carry which name; a name without variants does not occur in the style. */
type StyleTable = {
  hair: Partial<Record<HairShape, readonly string[]>>;
  headwear: Partial<Record<Exclude<Headwear, "none">, readonly string[]>>;
  expression: Partial<Record<Expression, readonly ExpressionVariant[]>>;
  eyewear: Partial<Record<Exclude<Eyewear, "none">, readonly string[]>>;
  facialHair: Partial<Record<Exclude<FacialHair, "none">, readonly string[]>>;
  garment: Partial<Record<Garment, readonly string[]>>;
  /** Colours that its frames come in; those of peeps are ink. */
  eyewearColors: readonly EyewearColor[];
  hasEarrings: boolean;
  hasFreckles: boolean;
};
type ExpressionVariant = { mouth: string; eyes?: string; eyebrows?: string };

export type StyleDefinition = StyleTable & {
  /** Name of the style in @dicebear/collection; its metadata must say CC0 (tested). */
  source: Style<object>;
  draw: (portrait: PaintedPortrait, variants: DrawnVariants) => string;
};
/** One concrete variant per drawn part; `undefined` where the part is absent. */
export type DrawnVariants = {
  hair: string;
  headwear: string | undefined;
  expression: ExpressionVariant;
  eyewear: string | undefined;
  facialHair: string | undefined;
  garment: string;
};

const v = (...numbers: number[]): string[] => numbers.map((n) => `variant${String(n).padStart(2, "0")}`);

/** The drawing inside DiceBear's frame, without its metadata, clip mask and background. */
function avatarBody(style: Style<object>, options: object): string {
  const svg = createAvatar(style, { seed: "animula", ...options }).toString();
  const open = '<g mask="url(#viewboxMask)">';
  const start = svg.indexOf(open);
  if (start < 0 || !svg.endsWith("</g></svg>"))
    throw new Error("avatarBody: unexpected SVG frame; was DiceBear updated?");
  return svg.slice(start + open.length, -"</g></svg>".length);
}

/** @param view side of the square view box in the style's own units */
function frame(view: number, background: Paint, content: string, crisp = false): string {
  const rendering = crisp ? ' shape-rendering="crispEdges"' : "";
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${view} ${view}" width="512" height="512" fill="none"${rendering}>` +
    `<rect width="${view}" height="${view}" fill="#${background.hex}"/>${content}</svg>`
  );
}

const pathTag = /<path\b[^>]*\bd="[^"]*"[^>]*?\/>/g;
const isInk = (tag: string): boolean => !/fill="(?!#000")/.test(tag);

/**
 * Open Peeps draws hair and outline as one black path. Filling that path with the hair colour and stroking it in black
 * *inside itself* keeps thin lines black (they are narrower than two strokes) and colours only the wide areas: the hair.
 */
function colourInk(group: string, color: string, id: string): string {
  const inks = [...group.matchAll(pathTag)].map((match) => match[0]).filter(isInk);
  const longest = inks.reduce((a, b) => (b.length > a.length ? b : a), "");
  if (longest === "") return group;
  const d = /\bd="([^"]*)"/.exec(longest)?.[1] ?? "";
  const rule = /fill-rule="evenodd"/.test(group) ? ' fill-rule="evenodd" clip-rule="evenodd"' : "";
  const coloured =
    `<clipPath id="${id}"><path d="${d}"${rule}/></clipPath><path d="${d}"${rule} fill="#${color}"/>` +
    `<path d="${d}" clip-path="url(#${id})" fill="none" stroke="#000" stroke-width="17"/>`;
  return group.replace(longest, coloured);
}

const peepsGroups = {
  head: '<g transform="matrix(.99789 0 0 1 156 62)">',
  face: '<g transform="translate(315 248)">',
  facialHair: '<g transform="translate(279 400)">',
  mask: '<g transform="translate(179 343)">',
} as const;

/** Replaces the text between two of the layer groups, which appear in a fixed order. */
function mapLayer(body: string, from: string, to: string, map: (layer: string) => string): string {
  const start = body.indexOf(from) + from.length;
  const end = body.indexOf(to);
  if (start < from.length || end < start) throw new Error("mapLayer: layer not found; was DiceBear updated?");
  return body.slice(0, start) + map(body.slice(start, end)) + body.slice(end);
}

/** Heads whose hair already has its own coloured area: there the black path is outline only. */
const peepsOwnColour = new Set([
  "bangs",
  "grayBun",
  "grayMedium",
  "grayShort",
  "mohawk",
  "short4",
  "noHair1",
  "noHair3",
  "cornrows",
]);

function drawPeeps(a: PaintedPortrait, variants: DrawnVariants): string {
  const head = variants.headwear ?? variants.hair;
  const hair = a.paints.hair.hex;
  let body = avatarBody(openPeeps, {
    head: [head],
    face: [variants.expression.mouth],
    skinColor: [a.paints.skin.hex],
    headContrastColor: [hair],
    clothingColor: [a.paints.clothes.hex],
    facialHair: [variants.facialHair ?? "full"],
    facialHairProbability: variants.facialHair === undefined ? 0 : 100,
    accessories: [variants.eyewear ?? "glasses"],
    accessoriesProbability: variants.eyewear === undefined ? 0 : 100,
    maskProbability: 0,
  });
  const wear = a.paints.headwear.hex;
  // The beanie and the turban carry the clothes' colour in their own area; hat and headscarf are the ink.
  body = mapLayer(body, peepsGroups.head, peepsGroups.face, (layer) => {
    if (variants.headwear !== undefined) {
      const own = layer.replaceAll(`#${a.paints.clothes.hex}`, `#${wear}`);
      if (head === "turban") return own;
      return colourInk(own, head === "hatBeanie" ? hair : wear, "ink-head");
    }
    return peepsOwnColour.has(head) ? layer : colourInk(layer, hair, "ink-head");
  });
  if (variants.facialHair !== undefined && !/full4|moustache9/.test(variants.facialHair)) {
    body = mapLayer(body, peepsGroups.facialHair, peepsGroups.mask, (layer) => colourInk(layer, hair, "ink-beard"));
  }
  return frame(704, a.paints.background, `<g transform="translate(42 92) scale(.86)">${body}</g>`);
}

const peeps: StyleDefinition = {
  source: openPeeps as Style<object>,
  draw: drawPeeps,
  hair: {
    short: ["short1", "short2", "short3", "short5", "grayShort", "short4", "pomp", "shaved1", "shaved2"],
    long: ["long", "longBangs", "medium2", "medium3", "mediumBangs", "mediumStraight"],
    bob: ["bangs", "bangs2", "medium1"],
    curly: ["dreads1", "dreads2", "longCurly"],
    afro: ["afro", "longAfro"],
    bun: ["grayBun", "bun2"],
    ponytail: ["cornrows"],
    mohawk: ["mohawk"],
    spiky: ["shaved3"],
    "flat top": ["flatTop", "flatTopLong"],
    balding: ["noHair3"],
    bald: ["noHair1"],
  },
  headwear: { hat: ["hatHip"], beanie: ["hatBeanie"], turban: ["turban"], headscarf: ["hijab"] },
  expression: {
    smiling: [{ mouth: "smile" }],
    laughing: [{ mouth: "smileBig" }, { mouth: "smileLOL" }],
    serious: [{ mouth: "serious" }],
    sad: [{ mouth: "solemn" }],
    scared: [{ mouth: "fear" }, { mouth: "hectic" }],
    tired: [{ mouth: "tired" }],
    angry: [{ mouth: "veryAngry" }, { mouth: "rage" }, { mouth: "angryWithFang" }],
    surprised: [{ mouth: "explaining" }],
    "heart eyes": [{ mouth: "lovingGrin1" }, { mouth: "lovingGrin2" }],
    "eyes closed": [{ mouth: "calm" }, { mouth: "eyesClosed" }],
  },
  eyewear: {
    glasses: ["glasses", "glasses2", "glasses3", "glasses5"],
    sunglasses: ["sunglasses", "sunglasses2"],
    eyepatch: ["eyepatch"],
  },
  facialHair: {
    beard: ["full", "full2", "full3", "full4"],
    moustache: ["moustache2", "moustache3", "moustache5", "moustache6", "moustache7", "moustache9"],
    goatee: ["goatee2"],
  },
  garment: { shirt: ["shirt"] },
  eyewearColors: ["black"],
  hasEarrings: false,
  hasFreckles: false,
};

const loreleiShirt = "M120 1120C130 900 300 815 490 815C680 815 850 900 860 1120Z";
const loreleiStripes = [860, 940, 1020].map((y) => `M100 ${y}H880`).join("");
type Garb = { below: string; above: string };
const loreleiOutline = (hex: string): string =>
  `<path d="${loreleiShirt}" fill="#${hex}" stroke="#000" stroke-width="12"/>`;
/** What hangs behind the neck and what lies over it. */
const loreleiGarments: Partial<Record<Garment, (hex: string) => Garb>> = {
  shirt: (hex) => ({ below: loreleiOutline(hex), above: "" }),
  "striped shirt": (hex) => ({
    below:
      `${loreleiOutline(hex)}<clipPath id="shirt"><path d="${loreleiShirt}"/></clipPath>` +
      `<path d="${loreleiStripes}" clip-path="url(#shirt)" stroke="${hexDistance(hex, "ffffff") < 0.2 ? "#777" : "#fff"}" stroke-width="30"/>` +
      `<path d="${loreleiShirt}" stroke="#000" stroke-width="12"/>`,
    above: "",
  }),
  turtleneck: (hex) => ({
    below: loreleiOutline(hex),
    above: `<path d="M372 742C430 790 545 790 604 742L622 900C560 940 420 940 356 900Z" fill="#${hex}" stroke="#000" stroke-width="12"/>`,
  }),
};

/** Lorelei ends at the neck: a plain shirt is drawn behind it, so that clothes are an attribute here too. */
function drawLorelei(a: PaintedPortrait, variants: DrawnVariants): string {
  const body = avatarBody(lorelei, {
    hair: [variants.hair],
    hairColor: [a.paints.hair.hex],
    skinColor: [a.paints.skin.hex],
    head: ["variant01"],
    nose: ["variant01"],
    mouth: [variants.expression.mouth],
    eyes: [variants.expression.eyes ?? "variant21"],
    eyebrows: [variants.expression.eyebrows ?? "variant10"],
    glasses: [variants.eyewear ?? "variant01"],
    glassesColor: [a.paints.eyewear.hex],
    glassesProbability: variants.eyewear === undefined ? 0 : 100,
    beard: [variants.facialHair ?? "variant01"],
    beardProbability: variants.facialHair === undefined ? 0 : 100,
    earrings: ["variant01"],
    earringsColor: ["d9a425"],
    earringsProbability: a.earrings === "earrings" ? 100 : 0,
    frecklesColor: ["8a4a2a"],
    frecklesProbability: a.freckles === "freckles" ? 100 : 0,
    hairAccessoriesProbability: 0,
  });
  const { below, above } = loreleiGarments[a.garment]?.(a.paints.clothes.hex) ?? { below: "", above: "" };
  return frame(980, a.paints.background, `<g transform="translate(58 90) scale(.9)">${below}${body}${above}</g>`);
}

const loreleiDefinition: StyleDefinition = {
  source: lorelei as Style<object>,
  draw: drawLorelei,
  hair: {
    short: v(47, 12, 8, 3, 2, 1, 7, 9, 22, 43),
    long: v(16, 15, 23, 21, 40),
    bob: v(13, 19),
    curly: v(24, 5, 39, 18, 35),
    bun: v(38, 14, 45),
    "two buns": v(26),
    pigtails: v(30),
    ponytail: v(31, 42, 33),
    mohawk: v(27),
    balding: v(25, 28),
    spiky: v(4, 20),
  },
  headwear: {},
  expression: {
    smiling: [{ mouth: "happy02" }, { mouth: "happy01" }],
    laughing: [{ mouth: "happy07" }, { mouth: "happy16" }],
    serious: [{ mouth: "sad09", eyes: "variant08" }],
    sad: [{ mouth: "sad04" }, { mouth: "sad05" }],
    surprised: [{ mouth: "sad01", eyes: "variant16" }],
    winking: [{ mouth: "happy01", eyes: "variant18" }],
    "eyes closed": [{ mouth: "happy01", eyes: "variant19" }],
  },
  eyewear: { glasses: v(1, 3, 4), sunglasses: v(2) },
  facialHair: { beard: v(1, 2) },
  garment: { shirt: ["shirt"], "striped shirt": ["stripes"], turtleneck: ["turtleneck"] },
  eyewearColors: ["black", "red", "blue", "gold", "green", "purple", "white"],
  hasEarrings: true,
  hasFreckles: true,
};

function drawPixel(a: PaintedPortrait, variants: DrawnVariants): string {
  const body = avatarBody(pixelArt, {
    hair: [variants.hair],
    hairColor: [a.paints.hair.hex],
    skinColor: [a.paints.skin.hex],
    clothing: [variants.garment],
    clothingColor: [a.paints.clothes.hex],
    eyes: [variants.expression.eyes ?? "variant01"],
    eyesColor: ["3a4a5a"],
    mouth: [variants.expression.mouth],
    mouthColor: [a.skin === "dark" ? "e0776a" : "a8332c"],
    glasses: [variants.eyewear ?? "light06"],
    glassesColor: [a.paints.eyewear.hex],
    glassesProbability: variants.eyewear === undefined ? 0 : 100,
    hat: [variants.headwear ?? "variant07"],
    hatColor: [a.paints.headwear.hex],
    hatProbability: variants.headwear === undefined ? 0 : 100,
    beardProbability: 0,
    accessoriesProbability: 0,
  });
  // The style's lenses let the eyes show through: dark enough here that sunglasses look like sunglasses.
  const darkened = body.replaceAll('fill="#000" fill-opacity=".3"', 'fill="#000" fill-opacity=".85"');
  return frame(16, a.paints.background, a.eyewear === "sunglasses" ? darkened : body, true);
}

const pixel: StyleDefinition = {
  source: pixelArt as Style<object>,
  draw: drawPixel,
  hair: {
    short: ["short22", "short17", "short16", "short10", "short03", "short02", "short04", "short15", "short19"],
    long: ["long13", "long09", "long07", "long21"],
    bob: ["long17", "long16", "long04"],
    spiky: ["short12"],
    "two buns": ["long14"],
    curly: ["short11", "short13"],
    mohawk: ["short21", "short05"],
    balding: ["short18"],
  },
  headwear: { cap: ["variant06", "variant07"], beanie: ["variant03", "variant04"] },
  expression: {
    smiling: [{ mouth: "happy09" }, { mouth: "happy06" }],
    laughing: [{ mouth: "happy12" }],
    serious: [{ mouth: "sad06" }, { mouth: "sad04" }],
    sad: [{ mouth: "sad01" }],
    surprised: [{ mouth: "happy01" }],
  },
  eyewear: { glasses: ["light06", "light05", "light07"], sunglasses: ["dark06", "dark05"] },
  facialHair: {},
  garment: {
    shirt: v(3, 4, 11, 14),
    "checkered shirt": v(6),
    "striped shirt": v(13),
    turtleneck: v(12),
    "tank top": v(19, 17),
  },
  eyewearColors: ["black", "red", "blue", "gold", "green", "purple", "white"],
  hasEarrings: false,
  hasFreckles: false,
};

export const portraitStyles: Readonly<Record<StyleName, StyleDefinition>> = {
  peeps,
  lorelei: loreleiDefinition,
  pixel,
};
