import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { repeated, savePictureGrid } from "../../lora/recipe/picture-grid.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Each pixel its own colour. */
const square = (side: number, blue: number) => ({
  rgb: Uint8Array.from(
    { length: 3 * side * side },
    (_, i) => [Math.floor(i / 3) % side, Math.floor(i / 3 / side), blue][i % 3]!,
  ),
  side,
});

describe("grid of pictures", () => {
  it("lays pictures in rows with white between them", async () => {
    const path = join(tempDir(), "grid.png");
    await savePictureGrid(path, [square(4, 50), square(4, 90), square(4, 130)], { columns: 2, gap: 2 });
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [10, 10, 3]);
    const at = (x: number, y: number) => [...data.subarray(3 * (10 * y + x), 3 * (10 * y + x) + 3)];
    assert.deepEqual(at(1, 2), [1, 2, 50]);
    assert.deepEqual(at(4, 2), [255, 255, 255]);
    assert.deepEqual(at(6 + 3, 2), [3, 2, 90]);
    assert.deepEqual(at(2, 6 + 1), [2, 1, 130]);
    assert.deepEqual(at(8, 8), [255, 255, 255]);
  });

  it("is WebP where the path says so", async () => {
    const path = join(tempDir(), "grid.webp");
    await savePictureGrid(path, [square(8, 0)], { columns: 8, gap: 2 });
    const { format, width, height } = await sharp(path).metadata();
    assert.deepEqual({ format, width, height }, { format: "webp", width: 8, height: 8 });
  });

  it("repeats a picture beside and below itself", () => {
    const { rgb, side } = repeated(square(5, 7), 3);
    assert.equal(side, 15);
    for (const [x, y] of [
      [0, 0],
      [4, 9],
      [14, 14],
      [7, 3],
    ] as const)
      assert.deepEqual([...rgb.subarray(3 * (side * y + x), 3 * (side * y + x) + 3)], [x % 5, y % 5, 7]);
  });
});
