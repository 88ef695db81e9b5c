import { texturePatterns, type Palette, type TextureKind } from "./texture-patterns.ts";
import { DataRandom } from "./random.ts";

export type TextureScale = "small" | "medium" | "large";
export type TextureAttributes = { kind: TextureKind; color: string; scale: TextureScale };
/** `pixels`: RGB, 8 bit, row-major, `textureSide`² × 3 bytes; opposite edges continue each other. */
export type Texture = { pixels: Uint8Array; caption: string; attributes: TextureAttributes };

export const textureSide = 128;

/** The colours each material comes in, as [light or main, dark or joint]. */
const palettes: Record<TextureKind, Readonly<Record<string, Palette>>> = {
  bricks: {
    red: [
      [178, 66, 48],
      [205, 196, 182],
    ],
    brown: [
      [128, 84, 56],
      [196, 186, 170],
    ],
    white: [
      [226, 222, 214],
      [150, 146, 140],
    ],
    gray: [
      [128, 130, 134],
      [196, 196, 194],
    ],
    yellow: [
      [214, 172, 88],
      [150, 128, 100],
    ],
  },
  "stone wall": {
    gray: [
      [138, 140, 142],
      [62, 64, 66],
    ],
    brown: [
      [142, 112, 82],
      [66, 48, 34],
    ],
    blue: [
      [98, 118, 150],
      [40, 50, 70],
    ],
    white: [
      [214, 212, 206],
      [126, 122, 116],
    ],
  },
  "wooden planks": {
    brown: [
      [140, 92, 52],
      [70, 42, 22],
    ],
    red: [
      [146, 62, 40],
      [70, 26, 16],
    ],
    yellow: [
      [214, 168, 96],
      [132, 92, 44],
    ],
    gray: [
      [146, 140, 132],
      [76, 72, 68],
    ],
    white: [
      [224, 216, 202],
      [150, 142, 130],
    ],
  },
  tiles: {
    white: [
      [236, 236, 232],
      [150, 152, 154],
    ],
    blue: [
      [62, 112, 196],
      [222, 226, 230],
    ],
    green: [
      [70, 152, 104],
      [222, 228, 220],
    ],
    red: [
      [190, 62, 52],
      [226, 218, 210],
    ],
    black: [
      [44, 46, 50],
      [150, 150, 150],
    ],
    yellow: [
      [232, 196, 74],
      [140, 120, 80],
    ],
  },
  grass: {
    green: [
      [92, 160, 62],
      [34, 84, 30],
    ],
    yellow: [
      [198, 184, 84],
      [120, 106, 40],
    ],
    blue: [
      [70, 148, 168],
      [24, 74, 96],
    ],
  },
  sand: {
    yellow: [
      [228, 200, 142],
      [186, 152, 96],
    ],
    white: [
      [236, 230, 216],
      [198, 188, 170],
    ],
    red: [
      [206, 124, 78],
      [160, 84, 48],
    ],
    black: [
      [84, 80, 80],
      [44, 42, 44],
    ],
  },
  water: {
    blue: [
      [170, 216, 244],
      [34, 96, 180],
    ],
    green: [
      [172, 232, 206],
      [28, 128, 112],
    ],
    purple: [
      [210, 186, 244],
      [84, 52, 160],
    ],
  },
  lava: {
    orange: [
      [255, 164, 32],
      [46, 24, 22],
    ],
    red: [
      [240, 58, 24],
      [40, 18, 20],
    ],
    green: [
      [150, 240, 60],
      [22, 40, 24],
    ],
    blue: [
      [84, 190, 255],
      [18, 26, 48],
    ],
  },
  metal: {
    gray: [
      [184, 188, 194],
      [96, 100, 108],
    ],
    yellow: [
      [218, 178, 82],
      [126, 94, 32],
    ],
    brown: [
      [168, 108, 70],
      [88, 50, 28],
    ],
    blue: [
      [110, 140, 184],
      [50, 70, 104],
    ],
  },
  fabric: {
    red: [
      [200, 54, 56],
      [124, 24, 32],
    ],
    blue: [
      [66, 106, 196],
      [30, 52, 116],
    ],
    green: [
      [80, 158, 88],
      [34, 88, 46],
    ],
    yellow: [
      [232, 198, 80],
      [160, 126, 36],
    ],
    purple: [
      [142, 88, 190],
      [78, 40, 118],
    ],
    white: [
      [232, 230, 224],
      [172, 168, 160],
    ],
    black: [
      [70, 70, 76],
      [28, 28, 32],
    ],
  },
};

export const textureKinds = Object.keys(palettes) as TextureKind[];
/** Material names kept out of the base's data, for demonstrations of learning a new one. */
export const heldOutTextureKinds = ["circuits", "leather", "ice", "scales", "cobweb"] as const;

/** The kind's pictures of this colour and scale; `variantKey` moves the noise. Throws RangeError for a colour the kind lacks. */
export function drawTexture(attributes: TextureAttributes, variantKey: string): Uint8Array {
  const palette = palettes[attributes.kind][attributes.color];
  if (palette === undefined) throw new RangeError(`texture: no ${attributes.color} ${attributes.kind}`);
  const period = { small: 3, medium: 2, large: 1 }[attributes.scale];
  return texturePatterns[attributes.kind](palette, period, new DataRandom(`texture pixels ${variantKey}`), textureSide);
}

/** "seamless texture of red bricks, large scale": 4 to 8 words. */
export function textureCaption(a: TextureAttributes, random: DataRandom): string {
  const opening = random.pick(["seamless texture of", "seamless texture of", "texture of"]);
  const scale = random.chance(0.85) ? `, ${a.scale} scale` : "";
  return `${opening} ${a.color} ${a.kind}${scale}`;
}

/** The texture with this index: always the same pixels and caption. */
export function texture(index: number): Texture {
  const key = `texture ${index}`;
  const random = new DataRandom(key);
  const kind = random.pick(textureKinds);
  const color = random.pick(Object.keys(palettes[kind]));
  const scale = random.pick<TextureScale>(["small", "medium", "large"]);
  const attributes = { kind, color, scale };
  return { attributes, pixels: drawTexture(attributes, key), caption: textureCaption(attributes, random) };
}
