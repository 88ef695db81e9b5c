/** The loss of the mini LLaMA over all of its weights, and what a batch feeds to it. */
import {
  allAxes,
  cast,
  gather,
  gatherOnce,
  Graph,
  mul,
  mulDims,
  reduceLogSumExp,
  reduceMean,
  reduceSum,
  reshape,
  sub,
  symbol,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { causalFeeds, llama, llamaInputs, llamaLogits, type LlamaConfig } from "../models/index.ts";
import { Scope, type ParameterSource } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";
import type { TokenizedDialogue } from "../data/index.ts";

/**
 * Mean of log Σ e^logits − logit of the next token over the positions of tokens [N, T] that a loss is asked for.
 * @param sourceOf says where the weights come from
 */
export function buildVoiceLoss<Source extends ParameterSource>(
  config: LlamaConfig,
  sourceOf: (graph: Graph) => Source,
): { loss: Value; source: Source } {
  const graph = new Graph();
  const source = sourceOf(graph);
  const scope = new Scope(source);
  const { hidden } = llama(scope, llamaInputs(graph, config), config);
  const [n, t] = hidden.shape as [Dim, Dim];
  const asked = graph.input("asked", "int64", [symbol("asked")]);
  const count = asked.shape[0]!;
  const next = graph.input("next", "int64", [count]);
  const inverse = graph.input("inverse", "int64", [mulDims(n, t)]);
  const rows = gatherOnce(reshape(hidden, [mulDims(n, t), config.hiddenSize]), asked, inverse);
  const table = scope.at("model").parameter("embed_tokens.weight", [config.vocabSize, config.hiddenSize]);
  const target = reduceSum(mul(rows, cast(gather(table, next), "float32")), [-1]);
  const perToken = sub(reduceLogSumExp(llamaLogits(scope, rows, config), [-1]), target);
  return { loss: reduceMean(perToken, allAxes(perToken), false), source };
}

/**
 * Mean over the replies' tokens and one in `promptEvery` of the others (0: none): guessing what players and authors write
 * teaches words and repetition early, but is not the aim.
 */
export function voiceFeeds(config: LlamaConfig, rows: readonly TokenizedDialogue[], promptEvery = 0): Feeds {
  const length = rows.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const tokens = new BigInt64Array(rows.length * length);
  const asked: number[] = [];
  const next: number[] = [];
  rows.forEach(({ ids, isReply }, row) => {
    for (let i = 0; i < ids.length; i++) {
      const at = row * length + i;
      tokens[at] = BigInt(ids[i]!);
      if (i + 1 === ids.length || !(isReply[i + 1] || (promptEvery > 0 && at % promptEvery === 0))) continue;
      asked.push(at);
      next.push(ids[i + 1]!);
    }
  });
  const inverse = new BigInt64Array(tokens.length).fill(BigInt(asked.length));
  asked.forEach((at, i) => (inverse[at] = BigInt(i)));
  const integers = (data: BigInt64Array) => ({ data, dims: [data.length] });
  return {
    ...causalFeeds(config, length),
    tokens: { data: tokens, dims: [rows.length, length] },
    asked: integers(BigInt64Array.from(asked, BigInt)),
    next: integers(BigInt64Array.from(next, BigInt)),
    inverse: integers(inverse),
  };
}
