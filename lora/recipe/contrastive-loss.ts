import {
  add,
  exp,
  minimum,
  mul,
  mulScalar,
  reduceLogSumExp,
  reduceMean,
  reduceSum,
  scalar,
  sub,
  symbol,
  type Graph,
  type Value,
} from "../graph/index.ts";
import { clipImageEmbeddings, clipLogits, clipTextEmbeddings, type ClipConfig } from "../models/index.ts";
import type { Scope } from "../nn/index.ts";

/** The paper's limit of the logits' scale, 100. */
const LOG_SCALE_MAX = Math.log(100);

export interface ContrastiveInputs {
  /** [N, 3, imageSize, imageSize] */
  readonly pixels: Value;
  /** [N, maxPositions] int64: text i belongs to picture i. */
  readonly tokens: Value;
  /** [N, maxPositions]; see `endMarks`. */
  readonly ends: Value;
  /** [N, N], added to the logits of picture i and text j: −10⁴ where j is true of i too, without being its own. */
  readonly rivals: Value;
}

export function contrastiveInputs(graph: Graph, { text, vision }: ClipConfig): ContrastiveInputs {
  const batch = symbol("N");
  return {
    pixels: graph.input("pixels", "float32", [batch, 3, vision.imageSize, vision.imageSize]),
    tokens: graph.input("tokens", "int64", [batch, text.maxPositions]),
    ends: graph.input("ends", "float32", [batch, text.maxPositions]),
    rivals: graph.input("rivals", "float32", [batch, batch]),
  };
}

/**
 * Symmetric InfoNCE (Radford et al. 2021): ½ · mean over i of (log Σⱼ e^lᵢⱼ − lᵢᵢ) + (log Σⱼ e^lⱼᵢ − lᵢᵢ), with l the scaled
 * cosines plus `rivals`. A scalar. Beside it the pictures' unit vectors [N, projectionDim] and the scale.
 */
export function contrastiveLoss(
  scope: Scope,
  inputs: ContrastiveInputs,
  config: ClipConfig,
): { loss: Value; images: Value; scale: Value } {
  const images = clipImageEmbeddings(scope, inputs.pixels, config);
  const texts = clipTextEmbeddings(scope, inputs.tokens, inputs.ends, config);
  const logScale = scope.parameter("logit_scale", []);
  const scale = exp(minimum(logScale, scalar(logScale, LOG_SCALE_MAX)));
  const logits = add(clipLogits(images, texts, scale), inputs.rivals);
  const own = mul(reduceSum(mul(images, texts), [1], false), scale);
  const over = (axis: number) => reduceMean(sub(reduceLogSumExp(logits, [axis], false), own), [0], false);
  return { loss: mulScalar(add(over(0), over(1)), 0.5), images, scale };
}
