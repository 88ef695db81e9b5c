import assert from "node:assert/strict";
import { Random } from "../../lora/diffusion/index.ts";
import { PictureBatch } from "../../lora/recipe/picture-batch.ts";
import { drawShift, shifted } from "../../lora/recipe/shifted.ts";

const SIDE = 128;
const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 256);

describe("pictures for the mini CLIP and the judge", () => {
  it("are planes of −1 … 1, one after the other", () => {
    const batch = new PictureBatch(2);
    batch.add(new Uint8Array(rgb.length));
    batch.add(rgb);
    assert.deepEqual(batch.tensor.dims, [2, 3, SIDE, SIDE]);
    const { data } = batch.tensor;
    assert.ok(data.subarray(0, rgb.length).every((value) => value === -1));
    for (const [x, y, c] of [
      [10, 20, 1],
      [127, 0, 0],
      [0, 127, 2],
    ] as const) {
      const expected = rgb[(y * SIDE + x) * 3 + c]! / 127.5 - 1;
      assert.ok(Math.abs(data[rgb.length + (c * SIDE + y) * SIDE + x]! - expected) < 1e-6);
    }
  });

  it("are moved and mirrored for training", () => {
    const [batch, expected] = [new PictureBatch(1), new PictureBatch(1)];
    batch.addShifted(rgb, new Random(5));
    expected.add(shifted(rgb, drawShift(new Random(5), 8)));
    assert.deepEqual(batch.tensor, expected.tensor);
    const [moved, still] = [shifted(rgb, { dx: 3, dy: -5, isMirrored: true }), rgb];
    const byte = (of: Uint8Array, x: number, y: number) => of[(y * SIDE + x) * 3]!;
    assert.equal(byte(moved, 10, 20), byte(still, SIDE - 1 - 13, 15));
    // Beyond the border it is repeated.
    assert.equal(byte(moved, 127, 0), byte(still, 0, 0));
  });
});
