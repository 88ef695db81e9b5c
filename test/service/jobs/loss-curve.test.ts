import assert from "node:assert/strict";
import { addPoint, cutAfter, type Curve } from "../../../service/jobs/loss-curve.ts";

const curveOf = (steps: number, pointsMax: number): Curve => {
  const curve: Curve = { steps: [], values: [] };
  for (let step = 1; step <= steps; step++) addPoint(curve, step, step / 10, pointsMax);
  return curve;
};

describe("a loss curve", () => {
  it("keeps every step of a short run", () => {
    assert.deepEqual(curveOf(5, 10), { steps: [1, 2, 3, 4, 5], values: [0.1, 0.2, 0.3, 0.4, 0.5] });
  });

  it("never has more points than allowed, at equal distances, from the first step to nearly the last", () => {
    for (const steps of [10, 11, 12, 100, 999, 12_345]) {
      const { steps: kept, values } = curveOf(steps, 10);
      assert.ok(kept.length <= 10 && kept.length >= Math.min(5, steps), `${steps}: ${kept.length} points`);
      assert.equal(kept[0], 1);
      const distances = new Set(kept.slice(1).map((step, i) => step - kept[i]!));
      assert.ok(distances.size <= 1, `${steps}: ${kept.join(" ")}`);
      assert.ok(steps - kept.at(-1)! < [...distances][0]!);
      assert.deepEqual(
        values,
        kept.map((step) => step / 10),
      );
    }
  });

  it("begins the rest anew where a run goes on from a checkpoint", () => {
    const curve = curveOf(6, 10);
    addPoint(curve, 3, 9, 10);
    addPoint(curve, 4, 8, 10);
    assert.deepEqual(curve, { steps: [1, 2, 3, 4], values: [0.1, 0.2, 9, 8] });
    cutAfter(curve, 2);
    assert.deepEqual(curve, { steps: [1, 2], values: [0.1, 0.2] });
    cutAfter(curve, 0);
    assert.deepEqual(curve, { steps: [], values: [] });
  });
});
