/**
 * Varies the training pictures of the VAE. On its own data alone it learns a palette and a pen: every other colour snaps
 * to the nearest known, and thin coloured strokes (glasses, earrings) smear. What it should learn is any colour and any line.
 */
import type { Random } from "../diffusion/index.ts";

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const MAX_STROKES = 4;

const below = (random: Random, end: number): number => Math.floor(random.uniform() * end);
const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();

/** Swaps the colour channels and squeezes each into a range of its own within −1 … 1. @param pixels [3, side, side], changed */
export function recolour(pixels: Float32Array, random: Random): void {
  const size = pixels.length / 3;
  const before = pixels.slice();
  const order = ORDERS[below(random, ORDERS.length)]!;
  for (let c = 0; c < 3; c++) {
    const gain = between(random, 0.6, 1);
    const offset = between(random, -1, 1) * (1 - gain);
    const from = order[c]! * size;
    for (let i = 0; i < size; i++) pixels[c * size + i] = gain * before[from + i]! + offset;
  }
}

/** Signed distance in pixels from the outline of a stroke's middle. */
type Outline = (x: number, y: number) => number;

function ring(random: Random, side: number): Outline {
  const [cx, cy, radius] = [random.uniform() * side, random.uniform() * side, between(random, 3, side / 5)];
  return (x, y) => Math.abs(Math.hypot(x - cx, y - cy) - radius);
}

function line(random: Random, side: number): Outline {
  const [ax, ay] = [random.uniform() * side, random.uniform() * side];
  const [angle, length] = [random.uniform() * 2 * Math.PI, between(random, 4, side / 2)];
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => {
    const along = Math.max(0, Math.min(length, (x - ax) * dx + (y - ay) * dy));
    return Math.hypot(x - ax - along * dx, y - ay - along * dy);
  };
}

function dot(random: Random, side: number): Outline {
  const [cx, cy] = [random.uniform() * side, random.uniform() * side];
  return (x, y) => Math.hypot(x - cx, y - cy);
}

const OUTLINES = [ring, ring, line, dot] as const;

/** Draws up to four rings, lines and dots of any colour over the picture, their edges one pixel soft. */
export function scribble(pixels: Float32Array, side: number, random: Random): void {
  const strokes = 1 + below(random, MAX_STROKES);
  for (let n = 0; n < strokes; n++) {
    const outline = OUTLINES[below(random, OUTLINES.length)]!(random, side);
    const halfWidth = between(random, 0.4, 2.5);
    const colour = [0, 1, 2].map(() => between(random, -1, 1));
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const cover = Math.max(0, Math.min(1, halfWidth + 0.5 - outline(x, y)));
        if (cover === 0) continue;
        for (let c = 0; c < 3; c++) {
          const at = (c * side + y) * side + x;
          pixels[at]! += cover * (colour[c]! - pixels[at]!);
        }
      }
    }
  }
}

/** Half of the pictures in other colours, half with strokes over them. @param pixels [3, side, side] in −1 … 1, changed */
export function varyPicture(pixels: Float32Array, side: number, random: Random): void {
  if (random.uniform() < 0.5) recolour(pixels, random);
  if (random.uniform() < 0.5) scribble(pixels, side, random);
}
