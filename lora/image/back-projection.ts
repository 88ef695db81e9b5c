import { add, averagePool2x2, constant, conv, productOf, reshape, sub, type Dim, type Value } from "../graph/index.ts";
import { SCALE, sideBySide } from "./fine-pixels.ts";

/** How often it is done; each time widens what a pixel depends on by a pixel of the picture on every side. */
export const BACK_PROJECTIONS = 2;

/**
 * Iterative back-projection (Irani & Peleg 1991): reduced again, the enlarged picture must give the picture. What is missing
 * is enlarged bilinearly and added, which takes out the network's colour shifts and sharpens what it left soft.
 * @param enlarged [N, 3, 4·H, 4·W]
 * @param picture [N, 3, H, W]
 */
export function backProjected(enlarged: Value, picture: Value): Value {
  let result = enlarged;
  for (let i = 0; i < BACK_PROJECTIONS; i++) {
    const reduced = averagePool2x2(averagePool2x2(result));
    result = add(result, bilinear(sub(picture, reduced)));
  }
  return result;
}

/** x [N, C, H, W] → [N, C, 4·H, 4·W]; outside of x everything counts as 0. */
function bilinear(x: Value): Value {
  const [n, c, h, w] = x.shape as [Dim, number, Dim, Dim];
  const fine = SCALE * SCALE;
  const each = reshape(x, [productOf([n, c]), 1, h, w]);
  const parts = conv(each, constant(x, bilinearWeights(), [fine, 1, 3, 3]), undefined, { pads: [1, 1, 1, 1] });
  return sideBySide(reshape(parts, [n, c * fine, h, w]));
}

/** For each fine pixel what it takes of the 3×3 pixels around its own: [4·4, 3, 3]. */
function bilinearWeights(): number[] {
  // The centre of fine pixel i lies (i + ½) / 4 − ½ from that of its pixel.
  const line = (i: number): number[] => {
    const offset = (i + 0.5) / SCALE - 0.5;
    return [Math.max(0, -offset), 1 - Math.abs(offset), Math.max(0, offset)];
  };
  const lines = Array.from({ length: SCALE }, (_, i) => line(i));
  return lines.flatMap((down) => lines.flatMap((across) => down.flatMap((a) => across.map((b) => a * b))));
}
