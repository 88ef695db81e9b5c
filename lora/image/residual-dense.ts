/**
 * The residual dense network for super-resolution (Zhang et al. 2018, arXiv:1802.08797), with one convolution in each dense
 * block, as the networks of UpscalerJS have it.
 */
import { add, concat, conv, relu, split, type Value } from "../graph/index.ts";
import { conv2d, type Scope } from "../nn/index.ts";
import { SCALE, sideBySide } from "./fine-pixels.ts";

const COLOURS = 3;
const POINT = { kernel: 1 } as const;
const SAME = { kernel: 3, padding: 1 } as const;
const WIDE = { kernel: 5, padding: 2 } as const;

export interface ResidualDenseConfig {
  readonly blocks: number;
  /** Channels that flow from block to block. */
  readonly width: number;
  /** Channels that a block adds before it fuses them. */
  readonly growth: number;
  /** Channels of the three layers that prepare the enlargement. */
  readonly up: readonly [number, number, number];
}

/** How far a pixel of the result sees, in pixels of the picture: two shallow layers, blocks, fusion, 5×5, 3×3, 3×3, 3×3. */
export const sightPixels = ({ blocks }: ResidualDenseConfig): number => 2 + blocks + 1 + 2 + 1 + 1 + 1;

/**
 * A picture four times as large. Outside the picture everything counts as 0.
 * @param picture [N, 3, H, W] in 0…255
 * @returns [N, 3, 4·H, 4·W] in about 0…255
 */
export function residualDense(scope: Scope, picture: Value, config: ResidualDenseConfig): Value {
  const { blocks, width, growth, up } = config;
  const shallow = conv2d(scope.at("shallow.0"), picture, COLOURS, width, SAME);
  const shares = fusionShares(scope.at("fuse.0"), config);
  let x = conv2d(scope.at("shallow.1"), shallow, width, width, SAME);
  let fused: Value | undefined;
  for (let i = 0; i < blocks; i++) {
    const block = scope.at("blocks").at(i);
    const dense = relu(conv2d(block.at("dense"), x, width, growth, SAME));
    x = add(x, conv2d(block.at("fuse"), concat([x, dense], 1), width + growth, width, POINT));
    fused = fused ? add(fused, shares(x, i)) : shares(x, i);
  }
  x = fused!;
  x = add(shallow, conv2d(scope.at("fuse.1"), x, width, width, SAME));
  x = relu(conv2d(scope.at("up.0"), x, width, up[0], WIDE));
  x = relu(conv2d(scope.at("up.1"), x, up[0], up[1], SAME));
  x = conv2d(scope.at("up.2"), x, up[1], up[2], SAME);
  return sideBySide(conv2d(scope.at("pixels"), x, up[2], COLOURS * SCALE * SCALE, SAME));
}

/**
 * The 1×1 convolution over what all blocks gave, one block's share at a time: none of them has to be kept until the last.
 */
function fusionShares(scope: Scope, { blocks, width }: ResidualDenseConfig): (level: Value, block: number) => Value {
  const whole = scope.parameter("weight", [width, blocks * width, 1, 1]);
  const bias = scope.parameter("bias", [width]);
  const sizes = Array.from({ length: blocks }, () => width);
  const weights = split(whole, sizes, 1);
  return (level, block) => conv(level, weights[block]!, block === 0 ? bias : undefined);
}
