import type { DataRandom } from "./random.ts";

export type Rgb = readonly [number, number, number];
/** Main colour and the colour of joints, depths or shadows. */
export type Palette = readonly [main: Rgb, dark: Rgb];
/** @param density 1 (large features) to 3 (small); @returns RGB bytes, side² × 3, tiling in both directions */
export type Pattern = (palette: Palette, density: number, random: DataRandom, side: number) => Uint8Array;

export const clamp01 = (x: number): number => Math.min(1, Math.max(0, x));
export const smooth = (x: number): number => x * x * (3 - 2 * x);
/** 0 below `low`, 1 above `high`, smooth between. */
export const ramp = (low: number, high: number, x: number): number => smooth(clamp01((x - low) / (high - low)));

/** Colour of each pixel from `shade(u, v)`: 0 is dark, 1 is main, above 1 is lighter; u, v in [0, 1). */
export function paint(palette: Palette, side: number, shade: (u: number, v: number) => number): Uint8Array {
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

export type Field = (u: number, v: number) => number;

/** Value noise in [0, 1] on a `cellsX` × `cellsY` torus: periodic, hence seamless. */
export function valueNoise(random: DataRandom, cellsX: number, cellsY: number): Field {
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
export function cloud(random: DataRandom, cellsX: number, cellsY = cellsX): Field {
  const octaves = [1, 2, 4].map((k) => valueNoise(random, cellsX * k, cellsY * k));
  return (u, v) => octaves.reduce((sum, octave, k) => sum + octave(u, v) * 0.5 ** k, 0) / 1.75;
}

/**
 * Cells of jittered points on a `cells` × `cells` torus.
 * @returns distance to the nearest border between cells in cell widths, and a random number per cell
 */
export function voronoi(
  random: DataRandom,
  cells: number,
  jitter: number,
): (u: number, v: number) => { edge: number; id: number } {
  const points = new Float64Array(cells * cells * 3);
  for (let i = 0; i < points.length; i += 3) {
    points[i] = 0.5 + jitter * (random.unit() - 0.5);
    points[i + 1] = 0.5 + jitter * (random.unit() - 0.5);
    points[i + 2] = random.unit();
  }
  const wrap = (i: number): number => ((i % cells) + cells) % cells;
  return (u, v) => {
    const [x, y] = [u * cells, v * cells];
    const [left, top] = [Math.floor(x) - 2, Math.floor(y) - 2];
    let [first, second, nearest] = [Infinity, Infinity, 0];
    for (let j = top; j < top + 5; j++) {
      const row = wrap(j) * cells;
      for (let i = left; i < left + 5; i++) {
        const point = 3 * (row + wrap(i));
        const dx = i + points[point]! - x;
        const dy = j + points[point + 1]! - y;
        const squared = dx * dx + dy * dy;
        if (squared < first) {
          second = first;
          first = squared;
          nearest = point;
        } else if (squared < second) second = squared;
      }
    }
    return { edge: Math.sqrt(second) - Math.sqrt(first), id: points[nearest + 2]! };
  };
}

/** Rows of blocks; `shift` moves every second row by that part of a block. Rows must be even where shift is not 0. */
export function blocks(
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
