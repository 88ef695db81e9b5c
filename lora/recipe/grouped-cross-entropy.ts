import { add, mul, reduceLogSumExp, reduceMean, reduceSum, split, sub, type Value } from "../graph/index.ts";

/**
 * Cross-entropy of several choices at once, summed over them, its mean over the rows: Σ over groups of a·log Σ e^l − Σ t·l, where
 * a = Σ t is 0 for a choice that is not asked for. @param logits [N, Σ sizes] @param targets of the same shape, one-hot or
 * zero in each group @returns a scalar
 */
export function groupedCrossEntropy(logits: Value, targets: Value, sizes: readonly number[]): Value {
  const targetsOf = split(targets, sizes, 1);
  const losses = split(logits, sizes, 1).map((l, group) => {
    const t = targetsOf[group]!;
    return sub(mul(reduceLogSumExp(l, [1]), reduceSum(t, [1])), reduceSum(mul(t, l), [1]));
  });
  return reduceMean(losses.reduce(add), [0, 1], false);
}
