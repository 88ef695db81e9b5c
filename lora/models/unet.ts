/** UNet2DConditionModel of Stable Diffusion 1.x and 2.x (diffusers' names), sized by its config. */
import {
  add,
  cast,
  concat,
  constant,
  cos,
  mul,
  productOf,
  reshape,
  silu,
  sin,
  transpose,
  upsampleNearest2x,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { conv2d, groupNorm, linear, resnetBlock, transformerBlock, type Scope } from "../nn/index.ts";

export interface UnetConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly blockOutChannels: readonly number[];
  /** Which levels carry transformers, from the finest: `CrossAttnDownBlock2D` or not. */
  readonly attentionLevels: readonly boolean[];
  readonly layersPerBlock: number;
  readonly crossAttentionDim: number;
  /** Attention heads per level. (diffusers' `attention_head_dim` is this number, by a historical slip.) */
  readonly heads: readonly number[];
  readonly normNumGroups: number;
  readonly useLinearProjection: boolean;
}

const RESNET_EPSILON = 1e-5;
const TRANSFORMER_EPSILON = 1e-6;
const MAX_PERIOD = 10000;
const SAME = { kernel: 3, padding: 1 } as const;

/**
 * [cos(t·f), sin(t·f)] with f_i = 10000^(−i/half), i = 0 … half−1 (diffusers: flip_sin_to_cos, freq_shift 0).
 * @param timestep [N]
 * @returns [N, width]
 */
function timestepEmbedding(timestep: Value, width: number): Value {
  const half = width / 2;
  const frequencies = Array.from({ length: half }, (_, i) => Math.exp((-Math.log(MAX_PERIOD) * i) / half));
  const angles = mul(reshape(timestep, [timestep.shape[0]!, 1]), constant(timestep, frequencies, [1, half]));
  return concat([cos(angles), sin(angles)], 1);
}

/** diffusers' `Transformer2DModel` around one block, residual over [N, C, H, W]. */
function spatialTransformer(
  scope: Scope,
  x: Value,
  context: Value,
  { heads, slices }: { heads: number; slices: number },
  config: UnetConfig,
): Value {
  const [n, width, h, w] = x.shape as [Dim, number, Dim, Dim];
  const toRows = (v: Value) => transpose(reshape(v, [n, width, productOf([h, w])]), [0, 2, 1]);
  const toPlane = (v: Value) => reshape(transpose(v, [0, 2, 1]), [n, width, h, w]);
  const layer = { width, contextWidth: config.crossAttentionDim, heads, slices };
  const block = (rows: Value) => transformerBlock(scope.at("transformer_blocks.0"), rows, context, layer);
  const normalised = groupNorm(scope.at("norm"), x, config.normNumGroups, TRANSFORMER_EPSILON);
  if (config.useLinearProjection) {
    const rows = block(linear(scope.at("proj_in"), toRows(normalised), width, width));
    return add(x, toPlane(linear(scope.at("proj_out"), rows, width, width)));
  }
  const rows = block(toRows(conv2d(scope.at("proj_in"), normalised, width, width, { kernel: 1 })));
  return add(x, conv2d(scope.at("proj_out"), toPlane(rows), width, width, { kernel: 1 }));
}

export interface UnetInputs {
  /** [N, inChannels, h, w] */
  readonly sample: Value;
  /** [N], float32 */
  readonly timestep: Value;
  /** [N, S, crossAttentionDim] */
  readonly textEmbeddings: Value;
}

export interface UnetOptions {
  /** Recompute each block in the backward pass instead of keeping what is inside it. */
  readonly gradientCheckpointing?: boolean;
  /** Positions of the latents, h · w, that the graph is meant for; large ones attend in slices. Any other size works too. */
  readonly latentArea?: number;
}

/** Self-attention scores beyond this are computed in slices: below it, keeping them is faster than recomputing. */
const SCORES_BYTES_MAX = 64 * 2 ** 20;

/** Slices of the self-attention at a level: as few as keep a slice's scores for one picture within the limit. */
export function attentionSlices(heads: number, latentArea: number, level: number): number {
  const bytesPerHead = 4 * (latentArea / 4 ** level) ** 2;
  for (let slices = 1; slices < heads; slices++)
    if (heads % slices === 0 && (heads / slices) * bytesPerHead <= SCORES_BYTES_MAX) return slices;
  return heads;
}

/** Noise (or velocity) prediction, [N, outChannels, h, w]. */
export function unet(scope: Scope, inputs: UnetInputs, config: UnetConfig, options: UnetOptions = {}): Value {
  const widths = config.blockOutChannels;
  const timeWidth = 4 * widths[0]!;
  const groups = config.normNumGroups;
  const context = inputs.textEmbeddings;
  const segment = <T>(build: () => T): T => (options.gradientCheckpointing ? scope.graph.checkpoint(build) : build());

  const sinusoid = timestepEmbedding(cast(inputs.timestep, "float32"), widths[0]!);
  const hidden = silu(linear(scope.at("time_embedding.linear_1"), sinusoid, widths[0]!, timeWidth));
  const time = silu(linear(scope.at("time_embedding.linear_2"), hidden, timeWidth, timeWidth));

  const attentionAt = (level: number) => {
    const heads = config.heads[level]!;
    return { heads, slices: attentionSlices(heads, options.latentArea ?? 0, level) };
  };

  let width = widths[0]!;
  let h = conv2d(scope.at("conv_in"), inputs.sample, config.inChannels, width, SAME);
  /** A resnet and, where the level has one, its transformer. */
  const layer = (block: Scope, i: number, outSize: number, level: number, extra?: Value) =>
    segment(() => {
      const input = extra ? concat([h, extra], 1) : h;
      const inSize = input.shape[1] as number;
      const resnet = { inSize, outSize, groups, epsilon: RESNET_EPSILON };
      const y = resnetBlock(block.at("resnets").at(i), input, resnet, time);
      if (!config.attentionLevels[level]) return y;
      return spatialTransformer(block.at("attentions").at(i), y, context, attentionAt(level), config);
    });

  const skips = [h];
  widths.forEach((outSize, level) => {
    const block = scope.at("down_blocks").at(level);
    for (let i = 0; i < config.layersPerBlock; i++) skips.push((h = layer(block, i, outSize, level)));
    width = outSize;
    if (level === widths.length - 1) return;
    h = conv2d(block.at("downsamplers.0.conv"), h, width, width, { ...SAME, stride: 2 });
    skips.push(h);
  });

  h = segment(() => {
    const middle = scope.at("mid_block");
    const resnet = { inSize: width, outSize: width, groups, epsilon: RESNET_EPSILON };
    let y = resnetBlock(middle.at("resnets.0"), h, resnet, time);
    y = spatialTransformer(middle.at("attentions.0"), y, context, attentionAt(widths.length - 1), config);
    return resnetBlock(middle.at("resnets.1"), y, resnet, time);
  });

  widths.toReversed().forEach((outSize, upLevel) => {
    const level = widths.length - 1 - upLevel;
    const block = scope.at("up_blocks").at(upLevel);
    for (let i = 0; i <= config.layersPerBlock; i++) h = layer(block, i, outSize, level, skips.pop()!);
    if (level === 0) return;
    h = conv2d(block.at("upsamplers.0.conv"), upsampleNearest2x(h), outSize, outSize, SAME);
  });

  h = silu(groupNorm(scope.at("conv_norm_out"), h, groups, RESNET_EPSILON));
  return conv2d(scope.at("conv_out"), h, widths[0]!, config.outChannels, SAME);
}
