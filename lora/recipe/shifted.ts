import type { Random } from "../diffusion/index.ts";

const SIDE = 128;

/** By whole pixels of 128, the border repeated, and mirrored or not: nothing that a caption says changes by it. */
export interface Shift {
  readonly dx: number;
  readonly dy: number;
  readonly isMirrored: boolean;
}

/** Any shift of up to `most` pixels, mirrored half of the time. */
export function drawShift(random: Random, most: number): Shift {
  const draw = () => Math.round((2 * random.uniform() - 1) * most);
  return { dx: draw(), dy: draw(), isMirrored: random.uniform() < 0.5 };
}

/** @param rgb bytes [128, 128, 3] */
export function shifted(rgb: Uint8Array, { dx, dy, isMirrored }: Shift): Uint8Array {
  const clamp = (at: number) => Math.min(SIDE - 1, Math.max(0, at));
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const column = clamp(x + dx);
      const from = (clamp(y + dy) * SIDE + (isMirrored ? SIDE - 1 - column : column)) * 3;
      const to = (y * SIDE + x) * 3;
      for (let channel = 0; channel < 3; channel++) out[to + channel] = rgb[from + channel]!;
    }
  }
  return out;
}
