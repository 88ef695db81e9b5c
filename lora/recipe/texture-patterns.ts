import type { DataRandom } from "./random.ts";

export type Rgb = readonly [number, number, number];
/** Main colour and the colour of joints, depths or shadows. */
export type Palette = readonly [main: Rgb, dark: Rgb];
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
  | "fabric";

/** @param density 1 (large features) to 3 (small); @returns RGB bytes, side² × 3, tiling in both directions */
type Pattern = (palette: Palette, density: number, random: DataRandom, side: number) => Uint8Array;

const clamp01 = (x: number): number => Math.min(1, Math.max(0, x));
const smooth = (x: number): number => x * x * (3 - 2 * x);
/** 0 below `low`, 1 above `high`, smooth between. */
const ramp = (low: number, high: number, x: number): number => smooth(clamp01((x - low) / (high - low)));

/** Colour of each pixel from `shade(u, v)`: 0 is dark, 1 is main, above 1 is lighter; u, v in [0, 1). */
function paint(palette: Palette, side: number, shade: (u: number, v: number) => number): Uint8Array {
  const [main, dark] = palette;
  const out = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const s = shade((x + 0.5) / side, (y + 0.5) / side);
      for (let c = 0; c < 3; c++) {
        const low = dark[c as 0 | 1 | 2];
        const high = main[c as 0 | 1 | 2];
        const value = s <= 1 ? low + (high - low) * Math.max(-0.3, s) : high + (255 - high) * Math.min(1, s - 1);
        out[(y * side + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  return out;
}

type Field = (u: number, v: number) => number;

/** Value noise in [0, 1] on a `cellsX` × `cellsY` torus: periodic, hence seamless. */
function valueNoise(random: DataRandom, cellsX: number, cellsY: number): Field {
  const lattice = Float64Array.from({ length: cellsX * cellsY }, () => random.unit());
  const at = (i: number, j: number): number =>
    lattice[(((j % cellsY) + cellsY) % cellsY) * cellsX + (((i % cellsX) + cellsX) % cellsX)] ?? 0;
  return (u, v) => {
    const x = u * cellsX;
    const y = v * cellsY;
    const i = Math.floor(x);
    const j = Math.floor(y);
    const fx = smooth(x - i);
    const fy = smooth(y - j);
    const top = at(i, j) + (at(i + 1, j) - at(i, j)) * fx;
    const bottom = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * fx;
    return top + (bottom - top) * fy;
  };
}

/** Three octaves of value noise, in [0, 1]. */
function cloud(random: DataRandom, cellsX: number, cellsY = cellsX): Field {
  const octaves = [1, 2, 4].map((k) => valueNoise(random, cellsX * k, cellsY * k));
  return (u, v) => octaves.reduce((sum, octave, k) => sum + octave(u, v) * 0.5 ** k, 0) / 1.75;
}

/**
 * Cells of jittered points on a `cells` × `cells` torus.
 * @returns distance to the nearest border between cells in cell widths, and a random number per cell
 */
function voronoi(
  random: DataRandom,
  cells: number,
  jitter: number,
): (u: number, v: number) => { edge: number; id: number } {
  const points = Array.from({ length: cells * cells }, () => ({
    x: 0.5 + jitter * (random.unit() - 0.5),
    y: 0.5 + jitter * (random.unit() - 0.5),
    id: random.unit(),
  }));
  const wrap = (i: number): number => ((i % cells) + cells) % cells;
  return (u, v) => {
    const x = u * cells;
    const y = v * cells;
    let first = Infinity;
    let second = Infinity;
    let id = 0;
    for (let j = Math.floor(y) - 2; j <= Math.floor(y) + 2; j++) {
      for (let i = Math.floor(x) - 2; i <= Math.floor(x) + 2; i++) {
        const point = points[wrap(j) * cells + wrap(i)];
        if (point === undefined) continue;
        const distance = Math.hypot(i + point.x - x, j + point.y - y);
        if (distance < first) {
          second = first;
          first = distance;
          id = point.id;
        } else if (distance < second) second = distance;
      }
    }
    return { edge: second - first, id };
  };
}

/** Rows of blocks; `shift` moves every second row by that part of a block. Rows must be even where shift is not 0. */
function blocks(
  random: DataRandom,
  columns: number,
  rows: number,
  shift: number,
): (u: number, v: number) => { edge: number; id: number } {
  const ids = Float64Array.from({ length: columns * rows }, () => random.unit());
  return (u, v) => {
    const row = Math.floor(v * rows);
    const x = u * columns + (row % 2) * shift;
    const column = Math.floor(x) % columns;
    const dx = Math.min(x - Math.floor(x), 1 - (x - Math.floor(x))) / columns;
    const dy = Math.min(v * rows - row, 1 - (v * rows - row)) / rows;
    return { edge: Math.min(dx, dy), id: ids[row * columns + column] ?? 0 };
  };
}

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
};
