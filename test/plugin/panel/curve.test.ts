import assert from "node:assert/strict";
import fc from "fast-check";
import { frameOf, nearest, pathOf, place, pointsOf, thin, ticks, type Point } from "../../../plugin/panel/curve.ts";

const line = (count: number): Point[] => Array.from({ length: count }, (_, x) => ({ x, y: Math.sin(x / 7) }));
const box = { left: 40, top: 10, width: 300, height: 100 };

describe("panel: loss curve", () => {
  it("pairs steps and losses, and leaves out what is not a number", () => {
    assert.deepEqual(pointsOf([1, 2, 3], [0.5, Number.NaN]), [{ x: 1, y: 0.5 }]);
  });

  it("thinning keeps the first, the last, and every peak that stands alone", () => {
    const points = line(5000).map((point) => (point.x === 3210 ? { ...point, y: 50 } : point));
    const kept = thin(points, 100);
    assert.ok(kept.length <= 100, `${kept.length}`);
    assert.deepEqual(kept[0], points[0]);
    assert.deepEqual(kept.at(-1), points.at(-1));
    assert.ok(kept.some(({ y }) => y === 50));
  });

  it("thinning keeps order, takes only points that are there, and leaves short curves alone", () => {
    const curves = fc.array(fc.double({ noNaN: true, min: -10, max: 10 }), { maxLength: 600 });
    fc.assert(
      fc.property(curves, fc.integer({ min: 4, max: 200 }), (values, pointsMax) => {
        const points = values.map((y, x) => ({ x, y }));
        const kept = thin(points, pointsMax);
        assert.ok(kept.length <= Math.max(4, pointsMax));
        assert.ok(kept.every((point, at) => points.includes(point) && (at === 0 || kept[at - 1]!.x < point.x)));
        if (points.length <= pointsMax) assert.deepEqual(kept, points);
      }),
    );
  });

  it("ticks are round, inside and few", () => {
    assert.deepEqual(ticks(0, 1000, 6), [0, 200, 400, 600, 800, 1000]);
    assert.deepEqual(ticks(0.031, 0.118, 5), [0.04, 0.06, 0.08, 0.1]);
    assert.deepEqual(ticks(2, 2, 5), [2]);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1e-3, max: 9, noNaN: true }),
        (low, span) => {
          const list = ticks(low, low + span, 5);
          assert.ok(list.length >= 1 && list.length <= 6, list.join());
          assert.ok(list.every((tick) => tick >= low - 1e-9 && tick <= low + span + 1e-9));
        },
      ),
    );
  });

  it("the frame spans the settled part: the first steps may leave its top", () => {
    const curve = [{ x: 1, y: 9 }, ...Array.from({ length: 90 }, (_, i) => ({ x: 10 + i, y: 0.1 + (i % 2) * 0.01 }))];
    const frame = frameOf([curve], 100);
    assert.ok(frame.yMax < 0.2, `${frame.yMax}`);
    assert.equal(frame.xMax, 100);
    assert.equal(place(curve[0]!, frame, box).py, box.top);
  });

  it("an empty chart has a frame all the same", () => {
    assert.deepEqual(frameOf([[]], 0), { xMax: 1, yMin: 0, yMax: 1 });
    assert.equal(pathOf([], frameOf([[]], 0), box), "");
  });

  it("the path goes from left to right inside the box", () => {
    const frame = { xMax: 10, yMin: 0, yMax: 1 };
    assert.equal(
      pathOf(
        [
          { x: 0, y: 0 },
          { x: 10, y: 1 },
        ],
        frame,
        box,
      ),
      "M40.0 110.0L340.0 10.0",
    );
  });

  it("reads off the nearest point; beyond the end the last", () => {
    assert.equal(nearest(line(50), 20.4)?.x, 20);
    assert.equal(nearest(line(50), Number.POSITIVE_INFINITY)?.x, 49);
    assert.equal(nearest([], 3), undefined);
  });
});
