import type { Graph, Value } from "../graph/index.ts";
import { labelQuestions, type LabelLanguage } from "../data/index.ts";
import { clipLogits, clipTextEmbeddings, type ClipConfig } from "../models/index.ts";
import type { Scope } from "../nn/index.ts";
import { FACT_LOGITS, factLoss, factTargetsInput } from "./fact-heads.ts";

/** The sentences that labelling compares a picture with, one for each of the `FACT_LOGITS` values in their order. */
export const labelSentences = (language: LabelLanguage): string[] =>
  labelQuestions.flatMap(({ values, sentence }) => values.map((value) => sentence(value, language)));

export interface LabelInputs {
  /** [FACT_LOGITS, length] int64: `labelSentences`. */
  readonly tokens: Value;
  /** [FACT_LOGITS, length]; see `endMarks`. */
  readonly ends: Value;
  /** [N, FACT_LOGITS]; see `factTargets`. */
  readonly targets: Value;
}

export const labelInputs = (graph: Graph, length: number): LabelInputs => ({
  tokens: graph.input("labelTokens", "int64", [FACT_LOGITS, length]),
  ends: graph.input("labelEnds", "float32", [FACT_LOGITS, length]),
  targets: factTargetsInput(graph),
});

/**
 * What zero-shot labelling does, as a loss: for each question a softmax over its sentences' cosines to the picture. Every fact
 * of every picture teaches, where the contrastive loss asks for one text of each. @param images unit vectors
 * [N, projectionDim] @param scale of the cosines @returns a scalar
 */
export function labelLoss(scope: Scope, images: Value, scale: Value, inputs: LabelInputs, config: ClipConfig): Value {
  const labels = clipTextEmbeddings(scope, inputs.tokens, inputs.ends, config);
  return factLoss(clipLogits(images, labels, scale), inputs.targets);
}
