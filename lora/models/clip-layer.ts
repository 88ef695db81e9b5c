import { add, gelu, quickGelu, type Value } from "../graph/index.ts";
import { layerNorm, linear, scaledDotProduct, type Scope } from "../nn/index.ts";

/** What both towers of CLIP are made of. */
export interface ClipTower {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: ClipActivation;
}
export type ClipActivation = "quick_gelu" | "gelu";

/** transformers' `CLIPEncoderLayer`, x [N, T, hiddenSize]; `mask` is added to the attention's scores. */
export function clipLayer(scope: Scope, x: Value, config: ClipTower, mask?: Value): Value {
  const { hiddenSize: width, intermediateSize, heads } = config;
  const own = layerNorm(scope.at("layer_norm1"), x, width);
  const project = (name: string) => linear(scope.at("self_attn").at(name), own, width, width);
  const options = mask ? { mask } : {};
  const mixed = scaledDotProduct(project("q_proj"), project("k_proj"), project("v_proj"), heads, options);
  const h = add(x, linear(scope.at("self_attn.out_proj"), mixed, width, width));
  const up = linear(scope.at("mlp.fc1"), layerNorm(scope.at("layer_norm2"), h, width), width, intermediateSize);
  const active = config.activation === "quick_gelu" ? quickGelu(up) : gelu(up);
  return add(h, linear(scope.at("mlp.fc2"), active, intermediateSize, width));
}
