import assert from "node:assert/strict";
import { kernelDistance } from "../../lora/recipe/kernel-distance.ts";
import { closeTo } from "../support/close-to.ts";
import { goldens } from "../support/goldens.ts";

const golden = goldens("measure/kernel-distance.safetensors");
const rows = (name: string): Float32Array[] => {
  const { data, shape } = golden(name);
  const [count, width] = shape as [number, number];
  return Array.from({ length: count }, (_, i) => data.subarray(i * width, (i + 1) * width));
};

describe("kernel distance", () => {
  const [a, b, c] = [rows("a"), rows("b"), rows("c")];

  it("is what numpy computes in float64", () => {
    const actual = [kernelDistance(a, b), kernelDistance(a, c), kernelDistance(b, c)];
    // The golden's results are read as float32.
    closeTo(actual, golden("ab_ac_bc").data, { rtol: 1e-6, atol: 1e-6 });
  });

  it("does not depend on the order of the sets or of their members", () => {
    closeTo([kernelDistance(b, a), kernelDistance(a.toReversed(), b)], [kernelDistance(a, b), kernelDistance(a, b)], {
      rtol: 1e-12,
    });
  });

  it("is by hand, for two and two of one feature", () => {
    const set = (...values: number[]): Float32Array[] => values.map((value) => Float32Array.of(value));
    // k(x, y) = (x·y + 1)³: within (1·2 + 1)³ = 27 and (0·3 + 1)³ = 1; between 1, 4³ = 64, 1, 7³ = 343.
    assert.equal(kernelDistance(set(1, 2), set(0, 3)), 27 + 1 - (2 * (1 + 64 + 1 + 343)) / 4);
  });

  it("needs two pictures a side", () => {
    assert.throws(() => kernelDistance(a.slice(0, 1), b), /at least two pictures a side, got 1 and 5/);
    assert.throws(() => kernelDistance(a, []), RangeError);
  });
});
