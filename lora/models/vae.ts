/** AutoencoderKL of Stable Diffusion 1.x and 2.x (diffusers' names), sized by its config. */
import {
  add,
  pad,
  productOf,
  reshape,
  silu,
  split,
  transpose,
  upsampleNearest2x,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { attention, conv2d, groupNorm, resnetBlock, type Scope } from "../nn/index.ts";

export interface VaeConfig {
  readonly inChannels: number;
  readonly latentChannels: number;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly normNumGroups: number;
  readonly scalingFactor: number;
}

const EPSILON = 1e-6;
const SAME = { kernel: 3, padding: 1 } as const;

/** Residual self-attention over positions: one head as wide as the layer. */
function midAttention(scope: Scope, x: Value, width: number, groups: number): Value {
  const [n, , h, w] = x.shape as [Dim, number, Dim, Dim];
  const positions = productOf([h, w]);
  const normalised = reshape(groupNorm(scope.at("group_norm"), x, groups, EPSILON), [n, width, positions]);
  const rows = transpose(normalised, [0, 2, 1]);
  const layer = { width, innerWidth: width, contextWidth: width, heads: 1, qkvBias: true };
  const mixed = attention(scope, rows, rows, layer);
  return add(x, reshape(transpose(mixed, [0, 2, 1]), x.shape));
}

function midBlock(scope: Scope, x: Value, width: number, groups: number): Value {
  const layer = { inSize: width, outSize: width, groups, epsilon: EPSILON };
  let h = resnetBlock(scope.at("resnets.0"), x, layer);
  h = midAttention(scope.at("attentions.0"), h, width, groups);
  return resnetBlock(scope.at("resnets.1"), h, layer);
}

/**
 * Image → mean and log-variance of the latents before scaling.
 * @param image [N, 3, H, W] in −1 … 1, H and W multiples of the down-sampling factor
 * @returns each [N, latentChannels, H/f, W/f]
 */
export function vaeEncode(scope: Scope, image: Value, config: VaeConfig): { mean: Value; logVariance: Value } {
  const { blockOutChannels: widths, normNumGroups: groups, latentChannels } = config;
  const encoder = scope.at("encoder");
  let width = widths[0]!;
  let h = conv2d(encoder.at("conv_in"), image, config.inChannels, width, SAME);
  widths.forEach((outSize, level) => {
    const block = encoder.at("down_blocks").at(level);
    for (let i = 0; i < config.layersPerBlock; i++) {
      h = resnetBlock(block.at("resnets").at(i), h, { inSize: width, outSize, groups, epsilon: EPSILON });
      width = outSize;
    }
    if (level === widths.length - 1) return;
    h = conv2d(block.at("downsamplers.0.conv"), padOneAfter(h), width, width, { kernel: 3, stride: 2 });
  });
  h = midBlock(encoder.at("mid_block"), h, width, groups);
  h = silu(groupNorm(encoder.at("conv_norm_out"), h, groups, EPSILON));
  h = conv2d(encoder.at("conv_out"), h, width, 2 * latentChannels, SAME);
  h = conv2d(scope.at("quant_conv"), h, 2 * latentChannels, 2 * latentChannels, { kernel: 1 });
  const [mean, logVariance] = split(h, [latentChannels, latentChannels], 1) as [Value, Value];
  return { mean, logVariance };
}

/** One row and column of zeros after the end, as the encoder's strided convolutions expect. */
function padOneAfter(x: Value): Value {
  return pad(x, [
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 1],
  ]);
}

/**
 * Latents (already divided by the scaling factor) → image.
 * @param latents [N, latentChannels, h, w]
 * @returns [N, 3, f·h, f·w] in about −1 … 1
 */
export function vaeDecode(scope: Scope, latents: Value, config: VaeConfig): Value {
  const { normNumGroups: groups, latentChannels } = config;
  const widths = config.blockOutChannels.toReversed();
  const decoder = scope.at("decoder");
  let width = widths[0]!;
  let h = conv2d(scope.at("post_quant_conv"), latents, latentChannels, latentChannels, { kernel: 1 });
  h = conv2d(decoder.at("conv_in"), h, latentChannels, width, SAME);
  h = midBlock(decoder.at("mid_block"), h, width, groups);
  widths.forEach((outSize, level) => {
    const block = decoder.at("up_blocks").at(level);
    for (let i = 0; i <= config.layersPerBlock; i++) {
      h = resnetBlock(block.at("resnets").at(i), h, { inSize: width, outSize, groups, epsilon: EPSILON });
      width = outSize;
    }
    if (level === widths.length - 1) return;
    h = conv2d(block.at("upsamplers.0.conv"), upsampleNearest2x(h), width, width, SAME);
  });
  h = silu(groupNorm(decoder.at("conv_norm_out"), h, groups, EPSILON));
  return conv2d(decoder.at("conv_out"), h, width, config.inChannels, SAME);
}
