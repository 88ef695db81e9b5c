/** MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) up to its penultimate layer, as Keras builds it. */
import { add, conv, minimum, reduceMean, relu, scalar, type Graph, type Value } from "../graph/index.ts";

/** A convolution with the normalisation after it folded in. */
export interface FoldedConv {
  /** [out, in, k, k]; of a depthwise one [channels, 1, k, k]. */
  readonly weight: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** [out] */
  readonly bias: Float32Array;
}

export const FEATURE_COUNT = 1280;
/** Of each block's depthwise convolution, table 2 of the paper. */
const BLOCK_STRIDES = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1] as const;

type Layer = (name: string, x: Value, options?: { stride?: 1 | 2; group?: number }) => Value;

/** Keras pads 3×3 of stride 2 below and to the right only. */
const padsOf = (kernel: number, stride: 1 | 2) => {
  if (kernel === 1) return [0, 0, 0, 0] as const;
  return stride === 1 ? ([1, 1, 1, 1] as const) : ([0, 0, 1, 1] as const);
};

const layerOf =
  (graph: Graph, convOf: (name: string) => FoldedConv): Layer =>
  (name, x, { stride = 1, group = 1 } = {}) => {
    const { weight, bias } = convOf(name);
    const kernel = graph.constant(weight.data, weight.shape, "float32");
    const offset = graph.constant(bias, [bias.length], "float32");
    return conv(x, kernel, offset, { strides: [stride, stride], pads: padsOf(weight.shape[2]!, stride), group });
  };

const relu6 = (x: Value): Value => minimum(relu(x), scalar(x, 6));

/** Widened, seen channel by channel, narrowed; added to what came in where the sizes allow it. */
function block(layer: Layer, index: number, x: Value): Value {
  const name = `blocks.${index}`;
  const stride = BLOCK_STRIDES[index]!;
  const wide = index === 0 ? x : relu6(layer(`${name}.expand`, x));
  const seen = relu6(layer(`${name}.depthwise`, wide, { stride, group: wide.shape[1] as number }));
  const narrow = layer(`${name}.project`, seen);
  return stride === 1 && narrow.shape[1] === x.shape[1] ? add(x, narrow) : narrow;
}

/**
 * @param convOf "stem", "blocks.3.expand", "blocks.3.depthwise", "blocks.3.project", "head"
 * @param pixels [N, 3, H, W] in 0 … 1
 * @returns [N, 1280], the mean over the places of the last map
 */
export function mobileNetV2(convOf: (name: string) => FoldedConv, pixels: Value): Value {
  const layer = layerOf(pixels.graph, convOf);
  let x = relu6(layer("stem", pixels, { stride: 2 }));
  for (const index of BLOCK_STRIDES.keys()) x = block(layer, index, x);
  return reduceMean(relu6(layer("head", x)), [2, 3], false);
}
