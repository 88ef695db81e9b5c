import { add, matmul, mulScalar, reshape, softmax, swapLast, transpose, type Dim, type Value } from "../graph/index.ts";
import { linear } from "./layers.ts";
import type { Scope } from "./scope.ts";

/** softmax(q·kᵀ/√d + mask)·v, with q [N, T, h·d], k and v [N, S, h·d]. */
export function scaledDotProduct(q: Value, k: Value, v: Value, heads: number, mask?: Value): Value {
  const [n, t, width] = q.shape as [Dim, Dim, number];
  const s = k.shape[1]!;
  const headSize = width / heads;
  const perHead = (x: Value, length: Dim) => transpose(reshape(x, [n, length, heads, headSize]), [0, 2, 1, 3]);
  const scores = matmul(mulScalar(perHead(q, t), headSize ** -0.5), swapLast(perHead(k, s)));
  const weights = softmax(mask ? add(scores, mask) : scores);
  return reshape(transpose(matmul(weights, perHead(v, s)), [0, 2, 1, 3]), [n, t, width]);
}

export interface AttentionLayer {
  readonly width: number;
  readonly innerWidth: number;
  readonly contextWidth: number;
  readonly heads: number;
  readonly qkvBias: boolean;
}

/** diffusers' `Attention` with its names (`to_q`, `to_k`, `to_v`, `to_out.0`): x [N, T, width], context [N, S, contextWidth]. */
export function attention(scope: Scope, x: Value, context: Value, layer: AttentionLayer): Value {
  const { width, innerWidth, contextWidth, heads, qkvBias } = layer;
  const q = linear(scope.at("to_q"), x, width, innerWidth, qkvBias);
  const k = linear(scope.at("to_k"), context, contextWidth, innerWidth, qkvBias);
  const v = linear(scope.at("to_v"), context, contextWidth, innerWidth, qkvBias);
  return linear(scope.at("to_out.0"), scaledDotProduct(q, k, v, heads), innerWidth, width);
}
