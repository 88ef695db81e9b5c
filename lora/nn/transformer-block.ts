import { add, gelu, mul, split, type Value } from "../graph/index.ts";
import { attention } from "./attention.ts";
import { layerNorm, linear } from "./layers.ts";
import type { Scope } from "./scope.ts";

export interface TransformerLayer {
  readonly width: number;
  readonly contextWidth: number;
  readonly heads: number;
  /** Slices of the self-attention; see `AttentionOptions`. */
  readonly slices?: number;
}

/** diffusers' `BasicTransformerBlock`: self-attention, cross-attention and a GEGLU feed-forward, x [N, T, width]. */
export function transformerBlock(scope: Scope, x: Value, context: Value, layer: TransformerLayer): Value {
  const { width, contextWidth, heads, slices = 1 } = layer;
  const shared = { width, innerWidth: width, heads, qkvBias: false };
  const own = layerNorm(scope.at("norm1"), x, width);
  let h = add(x, attention(scope.at("attn1"), own, own, { ...shared, contextWidth: width, slices }));
  const query = layerNorm(scope.at("norm2"), h, width);
  h = add(h, attention(scope.at("attn2"), query, context, { ...shared, contextWidth }));
  return add(h, feedForward(scope.at("ff.net"), layerNorm(scope.at("norm3"), h, width), width));
}

/** (a · gelu(b))·W with a, b the halves of one projection. */
function feedForward(scope: Scope, x: Value, width: number): Value {
  const inner = 4 * width;
  const [value, gateBy] = split(linear(scope.at("0.proj"), x, width, 2 * inner), [inner, inner], -1) as [Value, Value];
  return linear(scope.at(2), mul(value, gelu(gateBy)), inner, width);
}
