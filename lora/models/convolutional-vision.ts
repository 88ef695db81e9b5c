import { reshape, silu, type Value } from "../graph/index.ts";
import { conv2d, groupNorm, resnetBlock, type Scope } from "../nn/index.ts";

/**
 * A tower of convolutions, for models of few parameters that learn from few pictures: it knows from the start that neighbours
 * belong together.
 */
export interface ConvolutionalVisionConfig {
  /** Side of the square picture, pixels; a multiple of `sideDivisor`. */
  readonly imageSize: number;
  /** Channels after the first convolution, then of each stage; multiples of 8. Each halves the side. */
  readonly widths: readonly [stem: number, ...stages: number[]];
}

export const CONVOLUTION_GROUPS = 8;
const EPSILON = 1e-5;

/** How many pixels lie along a side of a pixel of the last map. */
export const sideDivisor = (widths: readonly number[]): number => 2 ** widths.length;

/** Entries of the last map, [channels, side, side]. */
export const convolutionalSize = (config: ConvolutionalVisionConfig): number =>
  config.widths.at(-1)! * (config.imageSize / sideDivisor(config.widths)) ** 2;

/**
 * conv → silu → (conv of stride 2 → residual block) for each stage → norm → silu. The last map is not averaged: where a
 * colour lies tells clothes from background.
 * @param pixels [N, 3, imageSize, imageSize]
 * @returns [N, convolutionalSize]
 */
export function convolutionalVision(scope: Scope, pixels: Value, config: ConvolutionalVisionConfig): Value {
  const [stemWidth, ...stages] = config.widths;
  let h = silu(conv2d(scope.at("stem"), pixels, 3, stemWidth, { kernel: 4, stride: 2, padding: 1 }));
  let inSize = stemWidth;
  for (const [i, width] of stages.entries()) {
    h = conv2d(scope.at(`downs.${i}`), h, inSize, width, { kernel: 3, stride: 2, padding: 1 });
    const block = { inSize: width, outSize: width, groups: CONVOLUTION_GROUPS, epsilon: EPSILON };
    h = resnetBlock(scope.at(`resnets.${i}`), h, block);
    inSize = width;
  }
  h = silu(groupNorm(scope.at("norm"), h, CONVOLUTION_GROUPS, EPSILON));
  return reshape(h, [pixels.shape[0]!, convolutionalSize(config)]);
}
