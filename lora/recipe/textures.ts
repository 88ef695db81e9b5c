import { colorDistance, oklabOf, rgbOf } from "./named-colors.ts";
import { DataRandom } from "./random.ts";
import { textureCaption, textureCaptionZh } from "./texture-caption.ts";
import { heldOutTexturePatterns, type HeldOutTexture } from "./texture-held-out.ts";
import { cloud, ramp, voronoi, type Palette, type Rgb } from "./texture-noise.ts";
import { texturePalettes } from "./texture-palettes.ts";
import { texturePatterns, type TextureKind } from "./texture-patterns.ts";

export type TextureScale = "small" | "medium" | "large";
export type TextureWear = "none" | "worn" | "cracked" | "mossy" | "dirty";
export type TextureLight = "none" | "bright" | "dim" | "warm" | "cold";
export type TextureAttributes = {
  kind: TextureKind | HeldOutTexture;
  color: string;
  scale: TextureScale;
  wear: TextureWear;
  light: TextureLight;
};
/** What a texture shows and how it is told, before it is drawn. */
export type TexturePlan = { attributes: TextureAttributes; caption: string; captionZh: string };
/** `pixels`: RGB, 8 bit, row-major, `textureSide`² × 3 bytes; opposite edges continue each other. */
export type Texture = TexturePlan & { pixels: Uint8Array };

export const textureSide = 128;
export const textureKinds = Object.keys(texturePatterns) as TextureKind[];
/** Kept out of the base's data, for demonstrations and identity experiments: `drawTexture` draws them, `texture` never does. */
export const heldOutTextures = Object.keys(heldOutTexturePatterns) as HeldOutTexture[];
const patterns = { ...texturePatterns, ...heldOutTexturePatterns };

/** Materials that wear as walls and floors do; on the others wear could not be told from the material. */
const wearing: readonly string[] = [
  "bricks",
  "stone wall",
  "wooden planks",
  "tiles",
  "metal",
  "cobblestone",
  "marble",
  "roof tiles",
  "concrete",
  "parquet",
  "checkered floor",
  "leather",
];

/**
 * The palette turned a little in hue, lightness and chroma (OKLab), both colours alike. The main or, where that is the
 * same for all, the dark colour stays nearest to its own name among the kind's colours.
 */
export function jitteredPalette(kind: TextureAttributes["kind"], color: string, random: DataRandom): Palette {
  const table = texturePalettes[kind];
  const palette = table[color];
  if (palette === undefined) throw new RangeError(`texture: no ${color} ${kind}`);
  for (let tries = 0; tries < 32; tries++) {
    const lightness = random.range(-0.05, 0.05);
    const chroma = random.range(0.8, 1.2);
    const turn = random.range(-0.15, 0.15);
    const moved = palette.map((rgb): Rgb => {
      const [l, a, b] = oklabOf(rgb);
      const [c, hue] = [Math.hypot(a, b) * chroma, Math.atan2(b, a) + turn];
      const [red, green, blue] = rgbOf([l + lightness, c * Math.cos(hue), c * Math.sin(hue)]);
      const byte = (x: number): number => Math.min(255, Math.max(0, x));
      return [byte(red), byte(green), byte(blue)];
    }) as unknown as Palette;
    if (nearestPalette(kind, moved) === color) return moved;
  }
  return palette;
}

/** The colour name of the kind whose two colours are together nearest. */
export function nearestPalette(kind: TextureAttributes["kind"], palette: Palette): string {
  const distance = ([main, dark]: Palette): number =>
    colorDistance(oklabOf(main), oklabOf(palette[0])) + colorDistance(oklabOf(dark), oklabOf(palette[1]));
  const entries = Object.entries(texturePalettes[kind]);
  return entries.reduce((best, entry) => (distance(entry[1]) < distance(best[1]) ? entry : best))[0];
}

/** How much of `stain` covers each place, in 0 … 1, and the stain's colour. */
type Overlay = { stain: Rgb; cover: (u: number, v: number) => number };
const overlays: Record<Exclude<TextureWear, "none">, (random: DataRandom) => Overlay> = {
  worn: (random) => {
    const patches = cloud(random, 3);
    const scratches = cloud(random, 24, 6);
    return {
      stain: [206, 200, 188],
      cover: (u, v) => 0.75 * ramp(0.5, 0.68, patches(u, v)) * ramp(0.35, 0.6, scratches(u, v)),
    };
  },
  cracked: (random) => {
    const cells = voronoi(random, 3, 1);
    const [warpX, warpY] = [cloud(random, 8), cloud(random, 8)];
    return {
      stain: [18, 16, 16],
      cover: (u, v) =>
        0.9 * (1 - ramp(0.02, 0.07, cells(u + 0.08 * (warpX(u, v) - 0.5), v + 0.08 * (warpY(u, v) - 0.5)).edge)),
    };
  },
  mossy: (random) => {
    const patches = cloud(random, 3);
    const grain = cloud(random, 24);
    return {
      stain: [84, 122, 46],
      cover: (u, v) => 0.85 * ramp(0.48, 0.6, patches(u, v) + 0.25 * (grain(u, v) - 0.5)) * (0.6 + 0.5 * grain(u, v)),
    };
  },
  dirty: (random) => {
    const patches = cloud(random, 2);
    const grain = cloud(random, 12);
    return { stain: [62, 48, 34], cover: (u, v) => 0.8 * ramp(0.42, 0.75, 0.7 * patches(u, v) + 0.3 * grain(u, v)) };
  },
};

/** Factors on red, green and blue. */
const lights: Record<TextureLight, Rgb> = {
  none: [1, 1, 1],
  bright: [1.2, 1.2, 1.18],
  dim: [0.52, 0.52, 0.56],
  warm: [1.12, 0.98, 0.76],
  cold: [0.8, 0.95, 1.14],
};

function finish(pixels: Uint8Array, overlay: Overlay | undefined, light: Rgb): Uint8Array {
  for (let i = 0; i < textureSide * textureSide; i++) {
    const [u, v] = [((i % textureSide) + 0.5) / textureSide, (Math.floor(i / textureSide) + 0.5) / textureSide];
    const cover = Math.min(1, overlay?.cover(u, v) ?? 0);
    for (let c = 0; c < 3; c++) {
      const value = pixels[i * 3 + c]! * (1 - cover) + (overlay?.stain[c as 0 | 1 | 2] ?? 0) * cover;
      pixels[i * 3 + c] = Math.min(255, Math.round(value * light[c as 0 | 1 | 2]));
    }
  }
  return pixels;
}

/** The kind's picture; `variantKey` moves the noise and the colours. Throws RangeError for a colour the kind lacks. */
export function drawTexture(attributes: TextureAttributes, variantKey: string): Uint8Array {
  const { kind, color, scale, wear, light } = attributes;
  const palette = jitteredPalette(kind, color, new DataRandom(`texture colors ${variantKey}`));
  const period = { small: 3, medium: 2, large: 1 }[scale];
  const pixels = patterns[kind](palette, period, new DataRandom(`texture pixels ${variantKey}`), textureSide);
  const overlay = wear === "none" ? undefined : overlays[wear](new DataRandom(`texture wear ${variantKey}`));
  return overlay === undefined && light === "none" ? pixels : finish(pixels, overlay, lights[light]);
}

const textureKey = (index: number): string => `texture ${index}`;

/** Everything about the texture with this index but the pixels. */
export function texturePlan(index: number): TexturePlan {
  const random = new DataRandom(textureKey(index));
  const kind = random.pick(textureKinds);
  const attributes: TextureAttributes = {
    kind,
    color: random.pick(Object.keys(texturePalettes[kind])),
    scale: random.pick(["small", "medium", "large"]),
    wear: wearing.includes(kind) && random.chance(0.4) ? random.pick(["worn", "cracked", "mossy", "dirty"]) : "none",
    light: random.chance(0.3) ? random.pick(["bright", "dim", "warm", "cold"]) : "none",
  };
  return {
    attributes,
    caption: textureCaption(attributes, random),
    captionZh: textureCaptionZh(attributes, new DataRandom(`caption zh ${textureKey(index)}`)),
  };
}

/** The texture with this index: always the same pixels and captions. */
export function texture(index: number): Texture {
  const plan = texturePlan(index);
  return { ...plan, pixels: drawTexture(plan.attributes, textureKey(index)) };
}

/** Far beyond the textures that any training draws. */
const HELD_OUT_FROM = 10_000_000;

/** As `texture`, of those to measure on. */
export const heldOutTexture = (index: number): Texture => texture(HELD_OUT_FROM + index);
