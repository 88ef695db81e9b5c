import assert from "node:assert/strict";
import fc from "fast-check";
import {
  areaUnderCurve,
  cosine,
  gapClosed,
  meanSimilarities,
  meanSimilarity,
  nearestGroup,
  pairSimilarities,
  standardising,
} from "../../lora/recipe/identity-score.ts";

const row = (...values: number[]): Float32Array => Float32Array.from(values);
const near = (got: number, expected: number): void =>
  assert.ok(Math.abs(got - expected) < 1e-6, `${got}, not ${expected}`);

describe("scores of identity", () => {
  it("have a cosine that ignores length", () => {
    near(cosine(row(1, 0), row(3, 3)), Math.SQRT1_2);
    near(cosine(row(1, 2), row(-2, -4)), -1);
  });

  it("have the area that counting all pairs gives", () => {
    assert.equal(areaUnderCurve([2, 3], [0, 1]), 1);
    assert.equal(areaUnderCurve([0], [1]), 0);
    assert.equal(areaUnderCurve([1, 1], [1]), 0.5);
    const score = fc.integer({ min: 0, max: 6 });
    const some = fc.array(score, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(some, some, (same, different) => {
        const wins = same.flatMap((a) => different.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        near(areaUnderCurve(same, different), wins.reduce<number>((sum, win) => sum + win, 0) / wins.length);
      }),
    );
  });

  it("pair pictures of one subject and of two", () => {
    const { same, different } = pairSimilarities([[row(1, 0), row(1, 0)], [row(0, 1)]]);
    assert.deepEqual([same, different], [[1], [0, 0]]);
  });

  it("close all of the gap at the real pictures, none at the base, less than none below it", () => {
    near(gapClosed({ base: 0.2, trained: 0.5, real: 0.6 }), 0.75);
    near(gapClosed({ base: 0.2, trained: 0.6, real: 0.6 }), 1);
    near(gapClosed({ base: 0.2, trained: 0.2, real: 0.6 }), 0);
    assert.ok(gapClosed({ base: 0.2, trained: 0.1, real: 0.6 }) < 0);
    assert.ok(Number.isNaN(gapClosed({ base: 0.6, trained: 0.6, real: 0.6 })));
  });

  it("close a mean gap of the mean similarities", () => {
    const rows = [
      { base: 0, trained: 0.5, real: 1 },
      { base: 0.5, trained: 0.6, real: 0.6 },
    ];
    // The mean of the two gaps would be 0.75.
    near(gapClosed(meanSimilarities(rows)), (0.55 - 0.25) / (0.8 - 0.25));
  });

  it("find the group a picture is most like, once what all share is taken away", () => {
    const groups = [[row(10, 1), row(10, 1.1)], [row(10, -1)]];
    const standardised = standardising(groups.flat());
    const moved = groups.map((group) => group.map(standardised));
    assert.equal(nearestGroup(standardised(row(10, -0.5)), moved), 1);
    assert.deepEqual([...standardising([row(1, 7), row(3, 7)])(row(4, 9))], [2, 0]);
    assert.ok(meanSimilarity(groups[0]!, groups[1]!) > 0.9);
    assert.ok(meanSimilarity(moved[0]!, moved[1]!) < -0.9);
  });
});
