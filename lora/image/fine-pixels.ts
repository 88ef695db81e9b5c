import { mulDims, reshape, transpose, type Dim, type Value } from "../graph/index.ts";

/** How many times as wide and as high an enlarged picture is. */
export const SCALE = 4;

/** Fine pixels out of the channels: [N, C·4·4, H, W] → [N, C, 4·H, 4·W]. */
export function sideBySide(x: Value): Value {
  const [n, channels, h, w] = x.shape as [Dim, number, Dim, Dim];
  const c = channels / (SCALE * SCALE);
  const apart = transpose(reshape(x, [n, c, SCALE, SCALE, h, w]), [0, 1, 4, 2, 5, 3]);
  return reshape(apart, [n, c, mulDims(h, SCALE), mulDims(w, SCALE)]);
}
