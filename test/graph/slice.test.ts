import assert from "node:assert/strict";
import { allAxes, constant, Graph, gradients, mul, reduceSum, slice, symbol } from "../../lora/graph/index.ts";
import { Session } from "../../lora/runtime/index.ts";

describe("a slice counted from the end", () => {
  for (const [start, end, shown, gradient] of [
    [-2, 0, [3, 4], [0, 0, 10, 20]],
    [-3, -1, [2, 3], [0, 10, 20, 0]],
  ] as const)
    it(`[${start}, ${end}) shows the last ones, and its gradient goes back to them`, async () => {
      const graph = new Graph();
      const x = graph.input("x", "float32", [1, 4]);
      const y = slice(x, 1, start, end);
      assert.deepEqual(y.shape, [1, 2]);
      const weighted = mul(y, constant(y, [10, 20], [1, 2]));
      const [dx] = gradients(reduceSum(weighted, allAxes(weighted), false), [x]);
      const session = await Session.open({ y, dx: dx! });
      const result = await session.run({ x: { data: Float32Array.of(1, 2, 3, 4), dims: [1, 4] } });
      assert.deepEqual([...(result.y.data as Float32Array)], shown);
      assert.deepEqual([...(result.dx.data as Float32Array)], gradient);
      await session.close();
    });

  it("has a known length on an axis of any length, but no gradient", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, symbol("n")]);
    const y = slice(x, 1, -2, 0);
    assert.deepEqual(y.shape, [1, 2]);
    assert.throws(() => gradients(reduceSum(y, allAxes(y), false), [x]), /Slice gradient/);
  });
});
