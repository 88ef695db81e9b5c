/** The loss of the mini LLaMA over all of its weights, and what a batch feeds to it. */
import {
  allAxes,
  cast,
  gather,
  Graph,
  mul,
  mulDims,
  reduceLogSumExp,
  reduceSum,
  reshape,
  sub,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { causalFeeds, llama, llamaInputs, llamaLogits, type LlamaConfig } from "../models/index.ts";
import { Scope, type ParameterSource } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";
import type { TokenizedDialogue } from "../data/index.ts";

/** Σ weight · (log Σ e^logits − logit of the next token) over tokens [N, T]; `sourceOf` says where the weights come from. */
export function buildVoiceLoss<Source extends ParameterSource>(
  config: LlamaConfig,
  sourceOf: (graph: Graph) => Source,
): { loss: Value; source: Source } {
  const graph = new Graph();
  const source = sourceOf(graph);
  const scope = new Scope(source);
  const { hidden } = llama(scope, llamaInputs(graph, config), config);
  const [n, t] = hidden.shape as [Dim, Dim];
  const next = graph.input("next", "int64", [mulDims(n, t)]);
  const weight = graph.input("weight", "float32", [mulDims(n, t), 1]);
  const rows = reshape(hidden, [mulDims(n, t), config.hiddenSize]);
  const table = scope.at("model").parameter("embed_tokens.weight", [config.vocabSize, config.hiddenSize]);
  const target = reduceSum(mul(rows, cast(gather(table, next), "float32")), [-1]);
  const perToken = sub(reduceLogSumExp(llamaLogits(scope, rows, config), [-1]), target);
  const weighed = mul(perToken, weight);
  return { loss: reduceSum(weighed, allAxes(weighed), false), source };
}

/**
 * Mean over what is asked, replies in full and the rest by `promptWeight`: guessing what players and authors write teaches
 * words and repetition early, but is not the aim.
 */
export function voiceFeeds(config: LlamaConfig, rows: readonly TokenizedDialogue[], promptWeight: number): Feeds {
  const length = rows.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const tokens = new BigInt64Array(rows.length * length);
  const next = new BigInt64Array(tokens.length);
  const weight = new Float32Array(tokens.length);
  let sum = 0;
  rows.forEach(({ ids, isReply }, row) => {
    for (let i = 0; i < ids.length; i++) {
      const at = row * length + i;
      tokens[at] = BigInt(ids[i]!);
      if (i + 1 === ids.length) continue;
      next[at] = BigInt(ids[i + 1]!);
      weight[at] = isReply[i + 1] ? 1 : promptWeight;
      sum += weight[at]!;
    }
  });
  for (let i = 0; i < weight.length; i++) weight[i]! /= sum;
  return {
    ...causalFeeds(config, length),
    tokens: { data: tokens, dims: [rows.length, length] },
    next: { data: next, dims: [tokens.length] },
    weight: { data: weight, dims: [tokens.length, 1] },
  };
}
