/** The textures of the square, pixel by pixel. All repeat seamlessly but the sky. */
import sharp from "sharp";
import { clamp, fractal, mix, noise, smooth } from "./noise.ts";

export type Rgb = readonly [number, number, number];
export const rgb = (hex: string): Rgb => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
};
export const blend = (a: Rgb, b: Rgb, share: number): Rgb => [mix(a[0], b[0], share), mix(a[1], b[1], share), mix(a[2], b[2], share)];
const times = (a: Rgb, by: number): Rgb => [a[0] * by, a[1] * by, a[2] * by];

/** A picture from a colour for each place, `u` and `v` in [0, 1) from the top left. */
function paint(width: number, height: number, colour: (u: number, v: number) => Rgb): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const channel of colour((x + 0.5) / width, (y + 0.5) / height)) pixels[at++] = Math.round(clamp(channel) * 255);
    }
  }
  return pixels;
}

const encoded = (pixels: Buffer, width: number, height: number, quality: number): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality, chromaSubsampling: "4:2:0", mozjpeg: true }).toBuffer();

/** A normal map (OpenGL's green) of a height field that repeats. */
function normals(size: number, strength: number, height: (u: number, v: number) => number): Buffer {
  const step = 1 / size;
  return paint(size, size, (u, v) => {
    const dx = (height(u + step, v) - height(u - step, v)) * strength;
    const dy = (height(u, v + step) - height(u, v - step)) * strength;
    const length = Math.hypot(dx, dy, 1);
    return [0.5 - dx / length / 2, 0.5 + dy / length / 2, 0.5 + 0.5 / length];
  });
}

const fraction = (x: number): number => x - Math.floor(x);

interface Stone {
  readonly id: number;
  /** 0 in the joint, 1 on top. */
  readonly height: number;
}

/** Setts in staggered rows of uneven widths, rounded and worn. */
function sett(u: number, v: number): Stone {
  const rows = 6;
  const wobble = (fractal(u, v, 6, 2, 3) - 0.5) * 0.16;
  const y = fraction(v) * rows + wobble;
  const row = ((Math.floor(y) % rows) + rows) % rows;
  const columns = 5;
  const shifted = fraction(u + row * 0.37) * columns + (fractal(u, v, 7, 2, 4) - 0.5) * 0.16;
  const column = ((Math.floor(shifted) % columns) + columns) % columns;
  const edge = (noise(column, row, 64, 9) - 0.5) * 0.25;
  const fx = fraction(shifted);
  const fy = fraction(y);
  const inset = Math.min(fx * 1.2 + edge * 0.2, (1 - fx) * 1.2 - edge * 0.2, fy, 1 - fy);
  const corner = Math.min(fx, 1 - fx) * 1.2 + Math.min(fy, 1 - fy);
  return { id: row * columns + column, height: smooth(0.025, 0.16, Math.min(inset, corner - 0.12)) };
}

const settHeight = (u: number, v: number): number => {
  const { height, id } = sett(u, v);
  return height * (0.85 + 0.15 * noise(id, 3, 64, 21)) + fractal(u, v, 24, 3, 8) * 0.16 * height;
};

const settTones = ["#cdae92", "#bf9f88", "#dcbf9f", "#ac9088", "#cfb3a2", "#c0a892", "#a38f8e"].map(rgb);

function settColour(u: number, v: number): Rgb {
  const { height, id } = sett(u, v);
  const tone = settTones[Math.floor(noise(id, 7, 64, 33) * settTones.length)] ?? settTones[0]!;
  const grain = 0.8 + 0.4 * fractal(u, v, 20, 4, 5);
  const joint = blend(rgb("#4e4039"), rgb("#5c5a3a"), smooth(0.5, 0.75, fractal(u, v, 5, 3, 15)));
  return blend(joint, times(tone, grain), height);
}

function plasterColour(u: number, v: number): Rgb {
  const cloud = fractal(u, v, 4, 5, 40);
  const grain = fractal(u, v, 48, 2, 41);
  const stain = smooth(0.56, 0.78, fractal(u, v, 3, 4, 42));
  const base = blend(rgb("#f6ead2"), rgb("#e6d2b0"), cloud);
  return times(blend(base, rgb("#cfae86"), stain * 0.5), 0.93 + grain * 0.12);
}

interface Tile {
  readonly id: number;
  readonly height: number;
}

/** Beaver-tail roof tiles: rounded ends, each row half a tile aside. */
function roofTile(u: number, v: number): Tile {
  const rows = 6;
  const columns = 5;
  const below = fraction(v) * rows;
  const row = Math.floor(below);
  const fy = below - row;
  const across = fraction(u + (row % 2) * (0.5 / columns)) * columns;
  const fx = across - Math.floor(across);
  const round = 0.62 + 0.38 * Math.sqrt(Math.max(0, 1 - ((fx - 0.5) * 2) ** 2));
  const onTile = fy < round;
  const next = (row + 1) % rows;
  const id = onTile ? row * 16 + Math.floor(across) : next * 16 + Math.floor(fraction(u + (next % 2) * (0.5 / columns)) * columns);
  const gap = smooth(0, 0.07, Math.min(fx, 1 - fx) + (onTile ? 0 : 0.1));
  return { id, height: (onTile ? 0.45 + 0.55 * (fy / round) : 0.12) * mix(0.55, 1, gap) };
}

function roofColour(u: number, v: number): Rgb {
  const { id, height } = roofTile(u, v);
  const tone = blend(rgb("#fbf6f2"), rgb("#bfaaa4"), noise(id, 1, 128, 51));
  const moss = smooth(0.62, 0.8, fractal(u, v, 4, 4, 52));
  return times(blend(tone, rgb("#a8a878"), moss * 0.35), (0.5 + 0.5 * height) * (0.9 + 0.2 * fractal(u, v, 32, 2, 53)));
}

/** Cloth: a ground colour, a thread's grain, and what `figure` draws on it. */
function cloth(ground: Rgb, figure: (u: number, v: number, under: Rgb) => Rgb) {
  return (u: number, v: number): Rgb => {
    const thread = 0.93 + 0.07 * Math.sin(u * Math.PI * 2 * 40) * Math.sin(v * Math.PI * 2 * 40);
    const fold = 0.9 + 0.2 * fractal(u, v, 4, 3, 60);
    return times(figure(u, v, ground), thread * fold);
  };
}

const band = (v: number, low: number, high: number): boolean => v > low && v < high;
const diamond = (u: number, v: number, nu: number, nv: number): number =>
  Math.abs(fraction(u * nu) - 0.5) + Math.abs(fraction(v * nv) - 0.5);

function star(u: number, v: number, n: number, seed: number): boolean {
  const cu = Math.floor(u * n);
  const cv = Math.floor(v * n);
  const dx = u * n - cu - mix(0.3, 0.7, noise(cu, cv, n, seed));
  const dy = v * n - cv - mix(0.3, 0.7, noise(cu, cv, n, seed + 1));
  const radius = 0.07 + 0.14 * noise(cu, cv, n, seed + 2);
  const angle = Math.atan2(dy, dx);
  return Math.hypot(dx, dy) < radius * (0.62 + 0.38 * Math.cos(angle * 5));
}

const clothes: Record<string, (u: number, v: number) => Rgb> = {
  "cloth-smith": cloth(rgb("#7a4a2c"), (u, v, under) => {
    if (band(v, 0.9, 0.93) || band(v, 0.1, 0.13)) return rgb("#4a2a18");
    const stitch = (band(v, 0.865, 0.88) || band(v, 0.15, 0.165)) && fraction(u * 26) < 0.55;
    if (stitch) return rgb("#e0b07a");
    return blend(under, rgb("#5a341f"), smooth(0.5, 0.75, fractal(u, v, 5, 4, 61)));
  }),
  "cloth-merchant": cloth(rgb("#1f6f78"), (u, v, under) => {
    if (band(v, 0.86, 0.95)) return diamond(u, v, 18, 18) < 0.3 ? rgb("#fff0c4") : rgb("#d9a036");
    const d = diamond(u, v, 8, 5);
    return d < 0.13 ? rgb("#f4cf6a") : d < 0.2 ? rgb("#134e58") : under;
  }),
  "cloth-guard": cloth(rgb("#a3262c"), (u, v, under) => {
    const half = fraction(u * 4 + 0.5) < 0.5 ? under : rgb("#f0dfb6");
    return band(v, 0.88, 0.93) || Math.abs(fraction(u * 4) - 0.5) < 0.03 ? rgb("#d9a036") : half;
  }),
  "cloth-sage": cloth(rgb("#37306e"), (u, v, under) => {
    if (band(v, 0.9, 0.97)) return fraction(u * 20 + (v > 0.935 ? 0.5 : 0)) < 0.5 ? rgb("#e7c25a") : rgb("#6a4fa0");
    return star(u, v, 7, 71) ? rgb("#ffe59a") : blend(under, rgb("#5a3f96"), smooth(0.35, 0.8, fractal(u, v, 3, 3, 62)));
  }),
  "cloth-florist": cloth(rgb("#e9dcc0"), (u, v, under) => {
    if (band(v, 0.9, 0.96)) return rgb("#6d8f4e");
    if (star(u, v, 9, 81)) return rgb("#d9597a");
    return star(fraction(u + 0.5), v, 9, 91) ? rgb("#7f9e58") : under;
  }),
  "awning-red": cloth(rgb("#b8392f"), (u, _v, under) => (fraction(u * 5) < 0.5 ? under : rgb("#f7ead0"))),
  "awning-blue": cloth(rgb("#2f6f8f"), (u, _v, under) => (fraction(u * 5) < 0.5 ? under : rgb("#f7ead0"))),
};

const zenith = rgb("#3a62c4");
const high = rgb("#7c9be6");
const low = rgb("#ffb37c");
const horizon = rgb("#ffd98c");
const lit = rgb("#fff1d6");
const shade = rgb("#b9859a");

/** The whole sky around: `u` goes once around, the sun stands at `sunU`; `v` from zenith to nadir. */
function skyColour(sunU: number, sunUp: number) {
  return (u: number, v: number): Rgb => {
    const up = 0.5 - v; // in half turns: 0.5 is straight up
    const around = Math.min(Math.abs(u - sunU), 1 - Math.abs(u - sunU));
    const glow = Math.exp(-((around / 0.13) ** 2) - ((up - sunUp) / 0.11) ** 2);
    const wide = Math.exp(-((around / 0.3) ** 2)) * Math.exp(-((Math.max(0, up) / 0.2) ** 2));
    let colour = blend(horizon, low, smooth(0, 0.06, up));
    colour = blend(colour, high, smooth(0.015, 0.11, up));
    colour = blend(colour, zenith, smooth(0.07, 0.3, up));
    colour = blend(colour, rgb("#ffcf86"), wide * 0.55);
    const stretch = clamp(up * 9, 0.35, 1);
    const cloud = fractal(u * 1, v * 2.6, 7, 5, 101) * 0.75 + fractal(u, v * 3, 18, 3, 102) * 0.25;
    const cover = smooth(0.52, 0.68, cloud) * smooth(0.02, 0.06, up) * (1 - smooth(0.26, 0.42, up)) * stretch;
    const above = fractal(u, (v - 0.012) * 2.6, 7, 5, 101) * 0.75 + fractal(u, (v - 0.012) * 3, 18, 3, 102) * 0.25;
    const bright = clamp(0.55 + (cloud - above) * 9 + wide * 0.5);
    colour = blend(colour, blend(shade, lit, bright), cover * 0.85);
    colour = blend(colour, rgb("#fff0c8"), clamp(glow));
    for (const [index, [base, tall, tone]] of hills.entries()) {
      const crest = base + tall * fractal(u, 0.5, 6 + index * 3, 5, 110 + index);
      if (up < crest) colour = blend(tone, rgb("#ffd49a"), 0.25 + wide * 0.5 + smooth(crest, -0.02, up) * 0.15);
    }
    return colour;
  };
}
const hills: readonly (readonly [base: number, tall: number, tone: Rgb])[] = [
  [0.002, 0.05, rgb("#a98fae")],
  [-0.01, 0.045, rgb("#8b7a8c")],
  [-0.022, 0.04, rgb("#6d7358")],
];

export interface Picture {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Draws all of them. @param sunU where around the sky the sun stands, 0–1 */
export async function drawPictures(sunU: number, sunUp: number): Promise<Map<string, Picture>> {
  const jobs: [name: string, width: number, height: number, quality: number, pixels: Buffer][] = [
    ["paving", 512, 512, 80, paint(512, 512, settColour)],
    ["paving-normal", 512, 512, 78, normals(512, 9, settHeight)],
    ["plaster", 256, 256, 76, paint(256, 256, plasterColour)],
    ["roof", 256, 256, 80, paint(256, 256, roofColour)],
    ["roof-normal", 256, 256, 76, normals(256, 5, (u, v) => roofTile(u, v).height)],
    ["sky", 1536, 768, 80, paint(1536, 768, skyColour(sunU, sunUp))],
    ...Object.entries(clothes).map(
      ([name, colour]) => [name, 256, 256, 80, paint(256, 256, colour)] as [string, number, number, number, Buffer],
    ),
  ];
  const pictures = new Map<string, Picture>();
  for (const [name, width, height, quality, pixels] of jobs) {
    pictures.set(name, { name, bytes: await encoded(pixels, width, height, quality) });
  }
  return pictures;
}
