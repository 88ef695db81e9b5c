/** RGB bytes [height, width, 3]. */
interface Pixels {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * How much a texture's border shows when it is laid side by side: the mean step to the next pixel, right and down, across
 * the border, over the same inside. 1: no more than any other line; a picture of one colour has 0.
 */
export function seamScore({ rgb, width, height }: Pixels): number {
  const sums = { border: 0, inside: 0, borders: 0, insides: 0 };
  const step = (isBorder: boolean, a: number, b: number): void => {
    for (let c = 0; c < 3; c++) sums[isBorder ? "border" : "inside"] += Math.abs(rgb[3 * a + c]! - rgb[3 * b + c]!);
    sums[isBorder ? "borders" : "insides"]++;
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      step(x === width - 1, y * width + x, y * width + ((x + 1) % width));
      step(y === height - 1, y * width + x, ((y + 1) % height) * width + x);
    }
  if (sums.border === 0) return 0;
  return sums.border / sums.borders / (sums.inside / sums.insides);
}
