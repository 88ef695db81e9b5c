import {
  add,
  cast,
  concat,
  decodeWeight,
  expand,
  matmul,
  reshape,
  slice,
  transpose,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { layerNorm, type Scope } from "../nn/index.ts";
import { clipLayer, type ClipTower } from "./clip-layer.ts";
import { convolutionalSize, convolutionalVision, type ConvolutionalVisionConfig } from "./convolutional-vision.ts";

export interface ClipTransformerConfig extends ClipTower {
  /** Side of the square picture, pixels; a multiple of `patchSize`. */
  readonly imageSize: number;
  readonly patchSize: number;
}

/** OpenAI's towers are transformers; the paper has convolutions too, which few pictures suffice for. */
export type ClipVisionConfig = ClipTransformerConfig | ConvolutionalVisionConfig;

export const isConvolutional = (config: ClipVisionConfig): config is ConvolutionalVisionConfig => "widths" in config;

/** Entries of what `clipVision` makes of a picture. */
export const clipVisionSize = (config: ClipVisionConfig): number =>
  isConvolutional(config) ? convolutionalSize(config) : config.hiddenSize;

/** What a picture shows, before it is projected. @param pixels [N, 3, imageSize, imageSize] @returns [N, clipVisionSize] */
export const clipVision = (scope: Scope, pixels: Value, config: ClipVisionConfig): Value =>
  isConvolutional(config)
    ? convolutionalVision(scope.at("vision_model"), pixels, config)
    : transformerVision(scope, pixels, config);

/**
 * transformers' `CLIPVisionModel`: patches → transformer → the class token after the last norm.
 * @param pixels [N, 3, imageSize, imageSize], normalised as `clipPixels` does
 * @returns [N, hiddenSize]
 */
function transformerVision(scope: Scope, pixels: Value, config: ClipTransformerConfig): Value {
  const root = scope.at("vision_model");
  const { hiddenSize: width, imageSize, patchSize } = config;
  const count = (imageSize / patchSize) ** 2;
  const batch = pixels.shape[0]!;
  const patches = patchEmbeddings(root.at("embeddings.patch_embedding"), pixels, config);
  const classToken = asFloat(root.parameter("embeddings.class_embedding", [width]));
  const first = expand(reshape(classToken, [1, 1, width]), [batch, 1, width]);
  const positions = asFloat(root.parameter("embeddings.position_embedding.weight", [count + 1, width]));
  const embedded = add(concat([first, patches], 1), reshape(positions, [1, count + 1, width]));
  // "layrnorm" is how the checkpoints spell it.
  let h = layerNorm(root.at("pre_layrnorm"), embedded, width);
  for (let i = 0; i < config.layers; i++) h = clipLayer(root.at("encoder.layers").at(i), h, config);
  const pooled = reshape(slice(h, 1, 0, 1), [batch, width]);
  return layerNorm(root.at("post_layernorm"), pooled, width);
}

/** The convolution whose stride is its kernel, as one product: [N, 3, S, S] → [N, (S / patch)², hiddenSize]. */
function patchEmbeddings(scope: Scope, pixels: Value, config: ClipTransformerConfig): Value {
  const { hiddenSize: width, imageSize, patchSize: side } = config;
  const across = imageSize / side;
  const batch: Dim = pixels.shape[0]!;
  const tiles = transpose(reshape(pixels, [batch, 3, across, side, across, side]), [0, 2, 4, 1, 3, 5]);
  const rows = reshape(tiles, [batch, across * across, 3 * side * side]);
  const weight = decodeWeight(scope.parameter("weight", [width, 3, side, side]), pixels);
  return matmul(rows, transpose(reshape(weight, [width, 3 * side * side]), [1, 0]));
}

const asFloat = (x: Value): Value => cast(x, "float32");
