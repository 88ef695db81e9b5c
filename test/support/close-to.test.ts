import assert from "node:assert/strict";
import fc from "fast-check";
import { closeTo } from "./close-to.ts";

describe("closeTo", () => {
  it("accepts what is within rtol or atol", () => {
    closeTo([1.0009, 1e-9], [1, 0], { rtol: 1e-3, atol: 1e-8 });
    closeTo([Number.NaN, Number.POSITIVE_INFINITY], [Number.NaN, Number.POSITIVE_INFINITY], {});
  });

  it("names the worst index and its relative error", () => {
    assert.throws(
      () => closeTo([1, 2.2, 3.1], [1, 2, 3], { rtol: 1e-3 }, "loss"),
      /loss: 2 of 3 elements.*worst at \[1\]: expected 2, got 2.2, relative error 1.00e-1/,
    );
  });

  it("refuses another length, and NaN or infinity against a number", () => {
    assert.throws(() => closeTo([1], [1, 2], {}), /expected 2 elements, got 1/);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => closeTo([bad], [1], { rtol: 1e9, atol: 1e9 }), /1 of 1 elements/);
      assert.throws(() => closeTo([1], [bad], { rtol: 1, atol: 1 }), /1 of 1 elements/);
    }
  });

  it("follows |actual − expected| ≤ atol + rtol·|expected|", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(value, value, (actual, expected) => {
        const within = Math.abs(actual - expected) / (0.5 + 0.1 * Math.abs(expected)) <= 1;
        const check = () => closeTo([actual], [expected], { rtol: 0.1, atol: 0.5 });
        if (within) check();
        else assert.throws(check);
      }),
    );
  });
});
