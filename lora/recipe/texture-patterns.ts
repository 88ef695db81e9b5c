import { moreTexturePatterns, type MoreTextureKind } from "./texture-patterns-more.ts";
import { blocks, cloud, paint, ramp, valueNoise, voronoi, type Pattern } from "./texture-noise.ts";

export type TextureKind =
  | "bricks"
  | "stone wall"
  | "wooden planks"
  | "tiles"
  | "grass"
  | "sand"
  | "water"
  | "lava"
  | "metal"
  | "fabric"
  | MoreTextureKind;

const bricks: Pattern = (palette, density, random, side) => {
  const wall = blocks(random, 2 * density, 4 * density, 0.5);
  const grain = cloud(random, 16);
  const joint = 0.016 / Math.sqrt(density);
  return paint(palette, side, (u, v) => {
    const { edge, id } = wall(u, v);
    return ramp(joint * 0.6, joint * 1.4, edge) * (0.82 + 0.22 * id + 0.24 * (grain(u, v) - 0.5));
  });
};

const stoneWall: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 2 + 2 * density, 0.85);
  const grain = cloud(random, 10);
  return paint(palette, side, (u, v) => {
    const { edge, id } = cells(u, v);
    return ramp(0.04, 0.28, edge) * (0.72 + 0.4 * id + 0.4 * (grain(u, v) - 0.5));
  });
};

const woodenPlanks: Pattern = (palette, density, random, side) => {
  const rows = 2 * density;
  const planks = blocks(random, 1, rows, 0.5);
  const warp = cloud(random, 2, 6 * density);
  const fine = valueNoise(random, 4, 40);
  return paint(palette, side, (u, v) => {
    const { edge, id } = planks(u, v);
    const rings = 0.5 + 0.5 * Math.sin(2 * Math.PI * (v * rows * 4 + 2.2 * warp(u, v)));
    return ramp(0.004, 0.014, edge) * (0.62 + 0.26 * id + 0.2 * rings + 0.16 * (fine(u, v) - 0.5));
  });
};

const tiles: Pattern = (palette, density, random, side) => {
  const count = 2 * density;
  const grid = blocks(random, count, count, 0);
  const joint = 0.02 / Math.sqrt(density);
  return paint(palette, side, (u, v) => {
    const { edge, id } = grid(u, v);
    // A bevel: light falls from the upper left.
    const gloss =
      0.12 * (0.5 - (u * count - Math.floor(u * count))) + 0.12 * (0.5 - (v * count - Math.floor(v * count)));
    return ramp(joint * 0.6, joint * 1.3, edge) * (0.9 + 0.08 * id + gloss);
  });
};

const grass: Pattern = (palette, density, random, side) => {
  const shade = new Float64Array(side * side);
  const base = cloud(random, 4);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) shade[y * side + x] = 0.2 + 0.3 * base((x + 0.5) / side, (y + 0.5) / side);
  const length = [0, 34, 22, 13][density] ?? 22;
  const width = [0, 3, 2, 1][density] ?? 2;
  const blades = Math.round((side * side * 2.2) / (length * width));
  const wrap = (i: number): number => ((i % side) + side) % side;
  for (let blade = 0; blade < blades; blade++) {
    const x0 = random.range(0, side);
    const y0 = random.range(0, side);
    const lean = random.range(-0.55, 0.55);
    const tone = random.range(0.35, 1.15);
    for (let step = 0; step < length; step++) {
      const t = step / length;
      const half = (width * (1 - t)) / 2;
      const x = x0 + lean * step * (0.5 + t);
      for (let k = Math.floor(x - half); k <= Math.floor(x + half); k++) {
        shade[wrap(Math.round(y0 - step)) * side + wrap(k)] = tone * (0.55 + 0.45 * t);
      }
    }
  }
  return paint(palette, side, (u, v) => shade[Math.floor(v * side) * side + Math.floor(u * side)] ?? 0);
};

const sand: Pattern = (palette, density, random, side) => {
  const waves = 4 * density;
  const warp = cloud(random, 3);
  const grain = valueNoise(random, side / 2, side / 2);
  return paint(palette, side, (u, v) => {
    const ripple = Math.sin(2 * Math.PI * (waves * v + 1.3 * warp(u, v)));
    return 0.55 + 0.4 * ripple + 0.3 * (grain(u, v) - 0.5);
  });
};

const water: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 2 + 2 * density, 1);
  const warpX = cloud(random, 4);
  const warpY = cloud(random, 4);
  const depth = cloud(random, 3);
  return paint(palette, side, (u, v) => {
    const { edge } = cells(u + 0.07 * (warpX(u, v) - 0.5), v + 0.07 * (warpY(u, v) - 0.5));
    return 0.22 * depth(u, v) + 0.95 * (1 - ramp(0, 0.2, edge));
  });
};

const lava: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 1 + 2 * density, 0.95);
  const warpX = cloud(random, 6);
  const warpY = cloud(random, 6);
  const crust = cloud(random, 10);
  return paint(palette, side, (u, v) => {
    const { edge } = cells(u + 0.1 * (warpX(u, v) - 0.5), v + 0.1 * (warpY(u, v) - 0.5));
    const glow = 1 - ramp(0, 0.34, edge);
    return 0.24 * (crust(u, v) - 0.35) + 1.25 * glow;
  });
};

const metal: Pattern = (palette, density, random, side) => {
  const plates = density;
  const brushed = valueNoise(random, 4, side / 2);
  const broad = valueNoise(random, 3, 3);
  const rivet = 0.13;
  return paint(palette, side, (u, v) => {
    const x = u * plates - Math.floor(u * plates);
    const y = v * plates - Math.floor(v * plates);
    const seam = Math.min(x, 1 - x, y, 1 - y);
    const cornerX = Math.min(x, 1 - x) - rivet;
    const cornerY = Math.min(y, 1 - y) - rivet;
    const head = 1 - ramp(0.045, 0.06, Math.hypot(cornerX, cornerY));
    const light = head * (0.35 - 6 * (x < 0.5 ? cornerX : -cornerX) * 0.5 - 6 * (y < 0.5 ? cornerY : -cornerY) * 0.5);
    return ramp(0.008, 0.028, seam) * (0.6 + 0.3 * brushed(u, v) + 0.25 * (broad(u, v) - 0.5) + light);
  });
};

const fabric: Pattern = (palette, density, random, side) => {
  const threads = 8 * density;
  const thickness = cloud(random, 4);
  const fibre = valueNoise(random, side / 2, side / 2);
  return paint(palette, side, (u, v) => {
    const x = u * threads;
    const y = v * threads;
    const over = (Math.floor(x) + Math.floor(y)) % 2 === 0;
    const across = over ? x - Math.floor(x) : y - Math.floor(y);
    const along = over ? y - Math.floor(y) : x - Math.floor(x);
    const round = Math.sin(Math.PI * across) * (0.65 + 0.35 * Math.sin(Math.PI * along));
    return 0.12 + 0.85 * round + 0.25 * (thickness(u, v) - 0.5) + 0.2 * (fibre(u, v) - 0.5);
  });
};

export const texturePatterns: Readonly<Record<TextureKind, Pattern>> = {
  bricks,
  "stone wall": stoneWall,
  "wooden planks": woodenPlanks,
  tiles,
  grass,
  sand,
  water,
  lava,
  metal,
  fabric,
  ...moreTexturePatterns,
};
