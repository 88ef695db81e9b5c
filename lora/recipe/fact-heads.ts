/** What a text or a picture says, read from what a CLIP makes of it: one choice for each attribute that captions tell. */
import { attributeQuestions, subjectQuestion, type Facts } from "../data/index.ts";
import { symbol, type Value } from "../graph/index.ts";
import { clipPooledText, type ClipTextConfig } from "../models/index.ts";
import { linear, type Scope } from "../nn/index.ts";
import { groupedCrossEntropy } from "./grouped-cross-entropy.ts";

const heads = [subjectQuestion, ...attributeQuestions];
/** Of each choice, how many values it has. */
export const FACT_SIZES = heads.map(({ values }) => values.length);
export const FACT_LOGITS = FACT_SIZES.reduce((a, b) => a + b, 0);

/** Writes one-hot rows of all attributes [FACT_LOGITS], zeros for those that are not among the facts. */
export function factTargets(facts: Facts, into: Float32Array): void {
  into.fill(0);
  let offset = 0;
  for (const { name, values } of heads) {
    const at = values.indexOf(facts[name] ?? "");
    if (at >= 0) into[offset + at] = 1;
    offset += values.length;
  }
}

/** Of the facts, the share that the likeliest values agree with. @param logits [FACT_LOGITS] */
export function factsRead(facts: Facts, logits: Float32Array): { right: number; asked: number } {
  let [right, asked, offset] = [0, 0, 0];
  for (const { name, values } of heads) {
    const row = logits.subarray(offset, offset + values.length);
    offset += values.length;
    if (!(name in facts)) continue;
    asked++;
    right += Number(values[row.indexOf(Math.max(...row))] === facts[name]);
  }
  return { right, asked };
}

/** @param features [N, size] @returns logits [N, FACT_LOGITS] and their loss against `factTargets` rows of the same shape */
export function factHeads(scope: Scope, features: Value, size: number): { logits: Value; loss: Value } {
  const targets = scope.graph.input("targets", "float32", [features.shape[0]!, FACT_LOGITS]);
  const logits = linear(scope.at("facts"), features, size, FACT_LOGITS);
  return { logits, loss: groupedCrossEntropy(logits, targets, FACT_SIZES) };
}

/** Logits and loss of a graph with inputs tokens [N, S], ends [N, S] (see `endMarks`) and targets [N, FACT_LOGITS]. */
export function textFacts(scope: Scope, config: ClipTextConfig): { logits: Value; loss: Value } {
  const { graph } = scope;
  const [batch, length] = [symbol("N"), config.maxPositions];
  const tokens = graph.input("tokens", "int64", [batch, length]);
  const ends = graph.input("ends", "float32", [batch, length]);
  return factHeads(scope, clipPooledText(scope, tokens, ends, config), config.hiddenSize);
}
