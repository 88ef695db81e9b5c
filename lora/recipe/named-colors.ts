import type { DataRandom } from "./random.ts";

/** L, a, b of OKLab (Ottosson 2020): equal distances look about equally different. L in 0 … 1. */
export type Oklab = readonly [lightness: number, a: number, b: number];
export type Shade = "light" | "dark" | "plain";
/** A colour as drawn: `hex` without "#", and whether it is a light or dark one of its name. */
export type Paint = { readonly hex: string; readonly shade: Shade };
/** The middle of a name's region; names that come light or dark have a middle for each. */
export type NamedColor = { readonly plain: string; readonly light?: string; readonly dark?: string };
export type ColorTable<K extends string = string> = Readonly<Record<K, NamedColor>>;

const linear = (byte: number): number => {
  const x = byte / 255;
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
};
const companded = (x: number): number => 255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

/** @param rgb three values in 0 … 255, sRGB */
export function oklabOf(rgb: readonly number[]): Oklab {
  const [r, g, b] = [linear(rgb[0]!), linear(rgb[1]!), linear(rgb[2]!)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** sRGB in 0 … 255, not rounded; outside that range where the screen cannot show the colour. */
export function rgbOf([lightness, a, b]: Oklab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    companded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    companded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    companded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

export const rgbFromHex = (hex: string): [number, number, number] => [
  Number.parseInt(hex.slice(0, 2), 16),
  Number.parseInt(hex.slice(2, 4), 16),
  Number.parseInt(hex.slice(4, 6), 16),
];
const hexFromRgb = (rgb: readonly number[]): string =>
  rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");

export const colorDistance = (a: Oklab, b: Oklab): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
export const hexDistance = (a: string, b: string): number =>
  colorDistance(oklabOf(rgbFromHex(a)), oklabOf(rgbFromHex(b)));

type Middle = { name: string; shade: Shade; lab: Oklab };
const middlesOf = new WeakMap<ColorTable, Middle[]>();
function middles(table: ColorTable): Middle[] {
  const known = middlesOf.get(table);
  if (known !== undefined) return known;
  const made = Object.entries(table).flatMap(([name, colors]) =>
    (["plain", "light", "dark"] as const).flatMap((shade) => {
      const hex = colors[shade];
      return hex === undefined ? [] : [{ name, shade, lab: oklabOf(rgbFromHex(hex)) }];
    }),
  );
  middlesOf.set(table, made);
  return made;
}

/** The name (and shade) of the table whose middle is nearest to the colour. */
export function nearestColor(table: ColorTable, hex: string): { name: string; shade: Shade } {
  const lab = oklabOf(rgbFromHex(hex));
  return middles(table).reduce((best, middle) =>
    colorDistance(lab, middle.lab) < colorDistance(lab, best.lab) ? middle : best,
  );
}

/** How far a colour may be from the middle of its name, as a part of its distance to the next name. */
const ambiguityMax = 0.7;
const lightnessSpread = 0.055;
const chromaSpread = 0.2;
const hueSpreadRadians = 0.21;
/** Neutral colours get a breath of any hue. */
const tintMax = 0.01;

function isClear(table: ColorTable, name: string, lab: Oklab): boolean {
  let own = Infinity;
  let other = Infinity;
  for (const middle of middles(table)) {
    const distance = colorDistance(lab, middle.lab);
    if (middle.name === name) own = Math.min(own, distance);
    else other = Math.min(other, distance);
  }
  return own <= ambiguityMax * other;
}

function jittered([lightness, a, b]: Oklab, random: DataRandom): Oklab {
  const [chroma, hue] = [Math.hypot(a, b), Math.atan2(b, a)];
  const newChroma = chroma * random.range(1 - chromaSpread, 1 + chromaSpread);
  const newHue = hue + random.range(-hueSpreadRadians, hueSpreadRadians);
  return [
    lightness + random.range(-lightnessSpread, lightnessSpread),
    newChroma * Math.cos(newHue) + random.range(-tintMax, tintMax),
    newChroma * Math.sin(newHue) + random.range(-tintMax, tintMax),
  ];
}

/**
 * A colour from the region of `name`: "red" is many reds, each nearer to a red of the table than to any other name. A name
 * with light and dark middles is drawn from all three, half of the time the plain one.
 */
export function drawColor(table: ColorTable, name: string, random: DataRandom): Paint {
  const own = middles(table).filter((middle) => middle.name === name);
  const plain = own[0];
  if (plain === undefined) throw new RangeError(`drawColor: no colour ${name} in ${Object.keys(table).join(", ")}`);
  const middle = own.length === 1 || random.chance(0.5) ? plain : random.pick(own.slice(1));
  for (let tries = 0; tries < 64; tries++) {
    const lab = jittered(middle.lab, random);
    const rgb = rgbOf(lab);
    if (!rgb.every((value) => value >= 0 && value <= 255) || !isClear(table, name, lab)) continue;
    const hex = hexFromRgb(rgb);
    return { hex, shade: nearestColor(table, hex).shade };
  }
  return { hex: hexFromRgb(rgbOf(middle.lab).map((value) => Math.min(255, Math.max(0, value)))), shade: middle.shade };
}
