import { AssertionError } from "node:assert/strict";

export type Tolerance = {
  /** Allowed difference as a fraction of |expected|. */
  rtol?: number;
  /** Allowed difference on top of it, in the values' own unit: what decides near zero. */
  atol?: number;
};

/**
 * Asserts |actual − expected| ≤ atol + rtol·|expected| for every element. NaN equals NaN, and an infinity itself.
 * The message names the worst element, its relative error, and how many elements are out of tolerance.
 */
export function closeTo(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 0, atol = 0 }: Tolerance,
  label = "values",
): void {
  if (actual.length !== expected.length) {
    fail(`${label}: expected ${expected.length} elements, got ${actual.length}`, actual.length, expected.length);
  }
  let outside = 0;
  let worstIndex = 0;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    const excess = excessOf(actual[i]!, expected[i]!, rtol, atol);
    if (excess > 1) outside++;
    if (excess > worstExcess) {
      worstExcess = excess;
      worstIndex = i;
    }
  }
  if (outside === 0) return;
  const [got, want] = [actual[worstIndex]!, expected[worstIndex]!];
  const relative = Math.abs(got - want) / Math.abs(want);
  fail(
    `${label}: ${outside} of ${expected.length} elements outside rtol ${rtol}, atol ${atol}; worst at [${worstIndex}]: ` +
      `expected ${want}, got ${got}, relative error ${relative.toExponential(2)}`,
    got,
    want,
  );
}

/** The difference in units of what is allowed: more than 1 is out of tolerance. */
function excessOf(got: number, want: number, rtol: number, atol: number): number {
  if (Object.is(got, want) || got === want) return 0;
  const excess = Math.abs(got - want) / (atol + rtol * Math.abs(want));
  return Number.isFinite(want) && !Number.isNaN(excess) ? excess : Number.POSITIVE_INFINITY;
}

function fail(message: string, actual: number, expected: number): never {
  throw new AssertionError({ message, actual, expected, operator: "closeTo", stackStartFn: closeTo });
}
