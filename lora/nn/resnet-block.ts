import { add, reshape, silu, type Dim, type Value } from "../graph/index.ts";
import { conv2d, groupNorm, linear } from "./layers.ts";
import type { Scope } from "./scope.ts";

export interface ResnetLayer {
  readonly inSize: number;
  readonly outSize: number;
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * diffusers' `ResnetBlock2D`: x + conv2(silu(norm2(conv1(silu(norm1(x))) + time))).
 * @param x [N, in, H, W]
 * @param time silu of the time embedding [N, E], if the model has one
 */
export function resnetBlock(scope: Scope, x: Value, layer: ResnetLayer, time?: Value): Value {
  const { inSize, outSize, groups, epsilon } = layer;
  const same = { kernel: 3, padding: 1 } as const;
  let h = silu(groupNorm(scope.at("norm1"), x, groups, epsilon));
  h = conv2d(scope.at("conv1"), h, inSize, outSize, same);
  if (time) {
    const [n, width] = time.shape as [Dim, number];
    h = add(h, reshape(linear(scope.at("time_emb_proj"), time, width, outSize), [n, outSize, 1, 1]));
  }
  h = silu(groupNorm(scope.at("norm2"), h, groups, epsilon));
  h = conv2d(scope.at("conv2"), h, outSize, outSize, same);
  const skip = inSize === outSize ? x : conv2d(scope.at("conv_shortcut"), x, inSize, outSize, { kernel: 1 });
  return add(skip, h);
}
