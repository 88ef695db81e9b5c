import { SCALE } from "./fine-pixels.ts";

/**
 * Keeps each value between the least and the most of the 3×3 pixels that it was enlarged from: what is wholly transparent or
 * opaque there stays so, where a sharp edge would make the network ripple.
 * @param enlarged [4·height, 4·width], changed in place
 * @param values [height, width]
 * @param at which pixel of a line of `size` stands at `i`, which may lie outside
 */
export function keepWithinNeighbours(
  enlarged: Uint8Array,
  values: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  at: (i: number, size: number) => number,
): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let [least, most] = [255, 0];
      for (let down = -1; down <= 1; down++)
        for (let across = -1; across <= 1; across++) {
          const value = values[at(y + down, height) * width + at(x + across, width)]!;
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      for (let fine = 0; fine < SCALE * SCALE; fine++) {
        const i = (SCALE * y + Math.floor(fine / SCALE)) * SCALE * width + SCALE * x + (fine % SCALE);
        enlarged[i] = Math.min(most, Math.max(least, enlarged[i]!));
      }
    }
}
