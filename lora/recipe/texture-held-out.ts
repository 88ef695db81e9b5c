import { blocks, cloud, paint, ramp, valueNoise, voronoi, type Palette, type Pattern } from "./texture-noise.ts";

export type HeldOutTexture = "scales" | "cobweb" | "honeycomb" | "wicker" | "crystals";

const fraction = (x: number): number => x - Math.floor(x);

/** Overlapping round scales with a light rim. */
const scales: Pattern = (palette, density, random, side) => {
  const count = 4 * density;
  const tone = cloud(random, 3);
  return paint(palette, side, (u, v) => {
    const row = Math.floor(v * count);
    // The two rows whose discs, of radius 0.72, may cover the point; the lower row lies on top.
    for (const k of [row + 1, row]) {
      const x = fraction(u * count + (((k % 2) + 2) % 2) * 0.5) - 0.5;
      const distance = Math.hypot(x, v * count - k) / 0.72;
      if (distance <= 1) return (0.35 + 0.75 * distance) * (1 - ramp(0.9, 1, distance)) + 0.25 * (tone(u, v) - 0.5);
    }
    return 0;
  });
};

/** Threads between irregular knots, finer ones within. */
const cobweb: Pattern = (palette, density, random, side) => {
  const wide = voronoi(random, 1 + density, 1);
  const fine = voronoi(random, 3 + 3 * density, 1);
  const dust = cloud(random, 4);
  return paint(palette, side, (u, v) => {
    const thread = 1 - ramp(0.01, 0.06, wide(u, v).edge);
    const hair = 1 - ramp(0.01, 0.09, fine(u, v).edge);
    return Math.max(thread, 0.6 * hair) + 0.15 * dust(u, v);
  });
};

/** Hexagonal wax cells; rows are as high as whole hexagons allow, so that they repeat. */
const honeycomb: Pattern = (palette, density, random, side) => {
  const columns = 4 * density;
  const rows = 4 * density;
  const filled = Array.from({ length: columns * rows }, () => random.unit());
  const wax = cloud(random, 8);
  return paint(palette, side, (u, v) => {
    let [first, second, id] = [Infinity, Infinity, 0];
    const row = Math.floor(v * rows);
    for (let k = row - 1; k <= row + 1; k++) {
      const wrapped = ((k % rows) + rows) % rows;
      const shift = (wrapped % 2) * 0.5;
      const column = Math.floor(u * columns - shift);
      for (let i = column - 1; i <= column + 1; i++) {
        const d = Math.hypot(u * columns - (i + shift + 0.5), v * rows - (k + 0.5));
        if (d < first)
          [first, second, id] = [d, first, filled[wrapped * columns + (((i % columns) + columns) % columns)]!];
        else if (d < second) second = d;
      }
    }
    const wall = 1 - ramp(0.08, 0.22, second - first);
    return Math.max(wall, 0.15 + 0.4 * id) + 0.2 * (wax(u, v) - 0.5);
  });
};

/** Wide rods woven over and under thin stakes. */
const wicker: Pattern = (palette, density, random, side) => {
  const stakes = 4 * density;
  const rods = 8 * density;
  const grid = blocks(random, stakes, rods, 0);
  const fibre = valueNoise(random, 10, side / 2);
  return paint(palette, side, (u, v) => {
    const phase = u * stakes + (Math.floor(v * rods) % 2);
    const over = 0.5 + 0.5 * Math.sin(Math.PI * phase);
    const round = Math.sin(Math.PI * fraction(v * rods));
    return round * (0.25 + 0.75 * over) * (0.85 + 0.2 * grid(u, v).id) + 0.2 * (fibre(u, v) - 0.5);
  });
};

/** Facets: each cell is a flat face of its own brightness, split along a line, with bright edges. */
const crystals: Pattern = (palette, density, random, side) => {
  const facets = voronoi(random, 2 + 2 * density, 1);
  const inner = voronoi(random, 3 + 3 * density, 1);
  return paint(palette, side, (u, v) => {
    const { edge, id } = facets(u, v);
    return 0.1 + 0.6 * id + 0.4 * inner(u, v).id + 0.7 * (1 - ramp(0, 0.07, edge));
  });
};

export const heldOutTexturePatterns: Readonly<Record<HeldOutTexture, Pattern>> = {
  scales,
  cobweb,
  honeycomb,
  wicker,
  crystals,
};

export const heldOutPalettes: Record<HeldOutTexture, Readonly<Record<string, Palette>>> = {
  scales: {
    green: [
      [92, 170, 84],
      [22, 60, 34],
    ],
    red: [
      [196, 60, 48],
      [74, 16, 18],
    ],
    blue: [
      [74, 130, 206],
      [20, 38, 84],
    ],
    black: [
      [84, 86, 94],
      [18, 18, 22],
    ],
  },
  cobweb: {
    white: [
      [226, 226, 226],
      [46, 44, 52],
    ],
    gray: [
      [166, 168, 172],
      [26, 26, 30],
    ],
  },
  honeycomb: {
    yellow: [
      [240, 186, 60],
      [124, 76, 16],
    ],
    brown: [
      [178, 116, 50],
      [72, 40, 14],
    ],
  },
  wicker: {
    brown: [
      [176, 126, 74],
      [66, 40, 20],
    ],
    yellow: [
      [222, 188, 120],
      [116, 86, 42],
    ],
    white: [
      [232, 226, 212],
      [142, 132, 114],
    ],
  },
  crystals: {
    purple: [
      [196, 148, 240],
      [66, 28, 118],
    ],
    blue: [
      [144, 206, 248],
      [22, 58, 130],
    ],
    green: [
      [146, 232, 180],
      [16, 90, 66],
    ],
    red: [
      [248, 140, 150],
      [120, 18, 42],
    ],
  },
};
