import assert from "node:assert/strict";
import { nearbyOf } from "../../../plugin/runtime/nearby.ts";

const places = [
  { id: "smith", x: 0, z: 0 },
  { id: "sage", x: 4, z: 0 },
];

describe("runtime: whom one stands before", () => {
  it("is the nearest within reach, or nobody", () => {
    assert.equal(nearbyOf(places, { x: 1, z: 0 }), "smith");
    assert.equal(nearbyOf(places, { x: 3, z: 0 }), "sage");
    assert.equal(nearbyOf(places, { x: 0, z: 3.6 }), undefined);
    assert.equal(nearbyOf([], { x: 0, z: 0 }), undefined);
  });

  it("stays the one talked to until one is well away, or clearly nearer to another", () => {
    assert.equal(nearbyOf(places, { x: 2.4, z: 0 }, "smith"), "smith");
    assert.equal(nearbyOf(places, { x: 2.6, z: 0 }, "smith"), "sage");
    assert.equal(nearbyOf(places, { x: 0, z: 4.5 }, "smith"), "smith");
    assert.equal(nearbyOf(places, { x: 0, z: 5.1 }, "smith"), undefined);
    assert.equal(nearbyOf(places, { x: 5.5, z: 0 }, "smith"), "sage");
    assert.equal(nearbyOf(places, { x: 1, z: 0 }, "gone"), "smith");
  });
});
