/** Random numbers and noise that are the same on every machine: the world is built, not drawn by hand. */

export type Random = () => number;

/** mulberry32: uniform in [0, 1). */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const clamp = (x: number, low = 0, high = 1): number => Math.min(high, Math.max(low, x));
export const mix = (a: number, b: number, share: number): number => a + (b - a) * share;
export function smooth(low: number, high: number, x: number): number {
  const t = clamp((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

function lattice(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed, 2147483647);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Value noise in [0, 1) that repeats after `period` cells in both directions. */
export function noise(x: number, y: number, period: number, seed: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const wrap = (i: number): number => ((i % period) + period) % period;
  const at = (i: number, j: number): number => lattice(wrap(x0 + i), wrap(y0 + j), seed);
  const fx = smooth(0, 1, x - x0);
  const fy = smooth(0, 1, y - y0);
  return mix(mix(at(0, 0), at(1, 0), fx), mix(at(0, 1), at(1, 1), fx), fy);
}

/** Noise over octaves, each twice as fine and half as strong. `x`, `y` in periods; repeats at every integer. */
export function fractal(x: number, y: number, cells: number, octaves: number, seed: number): number {
  let sum = 0;
  let weight = 0.5;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    const n = cells * 2 ** octave;
    sum += weight * noise(x * n, y * n, n, seed + octave);
    total += weight;
    weight /= 2;
  }
  return sum / total;
}
