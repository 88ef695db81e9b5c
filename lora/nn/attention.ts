import {
  add,
  concat,
  gate,
  matmul,
  mulScalar,
  reshape,
  softmax,
  split,
  swapLast,
  transpose,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { linear } from "./layers.ts";
import type { Scope } from "./scope.ts";

export interface AttentionOptions {
  /** Added to the scores before the softmax. */
  readonly mask?: Value;
  /**
   * Groups of heads that run one after the other, each recomputed in the backward pass: only one group's scores
   * [N, heads / slices, T, S] exist at a time, and none are kept. 1 keeps them all, which is faster where they are small.
   */
  readonly slices?: number;
}

/** softmax(q·kᵀ/√d + mask)·v, with q [N, T, h·d], k and v [N, S, h·d]. */
export function scaledDotProduct(
  q: Value,
  k: Value,
  v: Value,
  heads: number,
  { mask, slices = 1 }: AttentionOptions = {},
): Value {
  const [n, t, width] = q.shape as [Dim, Dim, number];
  const s = k.shape[1]!;
  const headSize = width / heads;
  const perHead = (x: Value, length: Dim) => transpose(reshape(x, [n, length, heads, headSize]), [0, 2, 1, 3]);
  const [queries, keys, values] = [perHead(mulScalar(q, headSize ** -0.5), t), perHead(k, s), perHead(v, s)];
  const attend = (query: Value, key: Value, value: Value) => {
    const scores = matmul(query, swapLast(key));
    return matmul(softmax(mask ? add(scores, mask) : scores), value);
  };
  const mixed = slices === 1 ? attend(queries, keys, values) : inSlices(attend, [queries, keys, values], slices);
  return reshape(transpose(mixed, [0, 2, 1, 3]), [n, t, width]);
}

function inSlices(attend: (q: Value, k: Value, v: Value) => Value, qkv: readonly Value[], slices: number): Value {
  const heads = qkv[0]!.shape[1] as number;
  const sizes = Array.from({ length: slices }, () => heads / slices);
  const [queries, keys, values] = qkv.map((x) => split(x, sizes, 1)) as [Value[], Value[], Value[]];
  const parts: Value[] = [];
  for (const [i, query] of queries.entries()) {
    const before = parts.at(-1);
    // Waiting for the slice before keeps the runtime from computing all scores first.
    const next = before ? gate(query, before) : query;
    parts.push(query.graph.checkpoint(() => attend(next, keys[i]!, values[i]!)));
  }
  return concat(parts, 1);
}

export interface AttentionLayer {
  readonly width: number;
  readonly innerWidth: number;
  readonly contextWidth: number;
  readonly heads: number;
  readonly qkvBias: boolean;
  /** See `AttentionOptions`. */
  readonly slices?: number;
}

/** diffusers' `Attention` with its names (`to_q`, `to_k`, `to_v`, `to_out.0`): x [N, T, width], context [N, S, contextWidth]. */
export function attention(scope: Scope, x: Value, context: Value, layer: AttentionLayer): Value {
  const { width, innerWidth, contextWidth, heads, qkvBias, slices = 1 } = layer;
  const q = linear(scope.at("to_q"), x, width, innerWidth, qkvBias);
  const k = linear(scope.at("to_k"), context, contextWidth, innerWidth, qkvBias);
  const v = linear(scope.at("to_v"), context, contextWidth, innerWidth, qkvBias);
  return linear(scope.at("to_out.0"), scaledDotProduct(q, k, v, heads, { slices }), innerWidth, width);
}
