/** Farther than this, hidden colours hardly reach into what the network draws. Pixels. */
const SPREAD = 6;

/**
 * The colours with those under fully transparent pixels replaced by the nearest visible ones. Programs leave black or white
 * there, and an enlarged cut-out would get a rim of it.
 * @param picture rgb [height, width, 3], alpha [height, width]
 * @param at which pixel of a line of `size` stands at `i`, which may lie outside
 */
export function spreadColours(
  picture: { readonly rgb: Uint8Array; readonly alpha: Uint8Array; readonly width: number; readonly height: number },
  at: (i: number, size: number) => number,
): Uint8Array {
  const rgb = Uint8Array.from(picture.rgb);
  let isKnown: Uint8Array = picture.alpha.map((value) => (value > 0 ? 1 : 0));
  for (let step = 0; step < SPREAD; step++) isKnown = spreadOnce(rgb, isKnown, picture, at);
  return rgb;
}

/** Gives unknown pixels beside known ones the mean of those; returns what is known then. */
function spreadOnce(
  rgb: Uint8Array,
  isKnown: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  at: (i: number, size: number) => number,
): Uint8Array {
  const grown = isKnown.slice();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (isKnown[i]) continue;
      let [red, green, blue, count] = [0, 0, 0, 0];
      for (let neighbour = 0; neighbour < 9; neighbour++) {
        const row = at(y + Math.floor(neighbour / 3) - 1, height) * width;
        const from = row + at(x + (neighbour % 3) - 1, width);
        if (!isKnown[from]) continue;
        red += rgb[3 * from]!;
        green += rgb[3 * from + 1]!;
        blue += rgb[3 * from + 2]!;
        count++;
      }
      if (count === 0) continue;
      rgb.set([red / count, green / count, blue / count], 3 * i);
      grown[i] = 1;
    }
  return grown;
}
