/** What a text or a picture says, read from what a CLIP makes of it: one choice for each attribute that captions tell. */
import { labelQuestions, type Facts } from "../data/index.ts";
import { symbol, type Graph, type Value } from "../graph/index.ts";
import { clipPooledText, type ClipTextConfig } from "../models/index.ts";
import { linear, type Scope } from "../nn/index.ts";
import { groupedCrossEntropy } from "./grouped-cross-entropy.ts";

/** Of each choice, how many values it has. */
const FACT_SIZES = labelQuestions.map(({ values }) => values.length);
export const FACT_LOGITS = FACT_SIZES.reduce((a, b) => a + b, 0);

/** Writes one-hot rows of all attributes [FACT_LOGITS], zeros for those that are not among the facts. */
export function factTargets(facts: Facts, into: Float32Array): void {
  into.fill(0);
  let offset = 0;
  for (const { name, values } of labelQuestions) {
    const at = values.indexOf(facts[name] ?? "");
    if (at >= 0) into[offset + at] = 1;
    offset += values.length;
  }
}

/** Of the facts, the share that the likeliest values agree with. @param logits [FACT_LOGITS] */
export function factsRead(facts: Facts, logits: Float32Array): { right: number; asked: number } {
  let [right, asked, offset] = [0, 0, 0];
  for (const { name, values } of labelQuestions) {
    const row = logits.subarray(offset, offset + values.length);
    offset += values.length;
    if (!(name in facts)) continue;
    asked++;
    right += Number(values[row.indexOf(Math.max(...row))] === facts[name]);
  }
  return { right, asked };
}

/** One row for each picture or text, see `factTargets`. */
export const factTargetsInput = (graph: Graph): Value => graph.input("targets", "float32", [symbol("N"), FACT_LOGITS]);

/** Cross-entropy of all choices. @param logits [N, FACT_LOGITS] @param targets of the same shape @returns a scalar */
export const factLoss = (logits: Value, targets: Value): Value => groupedCrossEntropy(logits, targets, FACT_SIZES);

/** @param features [N, size] @returns logits [N, FACT_LOGITS] and their loss against `factTargets` rows of the same shape */
export function factHeads(scope: Scope, features: Value, size: number): { logits: Value; loss: Value } {
  const logits = linear(scope.at("facts"), features, size, FACT_LOGITS);
  return { logits, loss: factLoss(logits, factTargetsInput(scope.graph)) };
}

/** Logits and loss of a graph with inputs tokens [N, S], ends [N, S] (see `endMarks`) and targets [N, FACT_LOGITS]. */
export function textFacts(scope: Scope, config: ClipTextConfig): { logits: Value; loss: Value } {
  const { graph } = scope;
  const [batch, length] = [symbol("N"), config.maxPositions];
  const tokens = graph.input("tokens", "int64", [batch, length]);
  const ends = graph.input("ends", "float32", [batch, length]);
  return factHeads(scope, clipPooledText(scope, tokens, ends, config), config.hiddenSize);
}
