import assert from "node:assert/strict";
import { seamScore } from "../../lora/image/index.ts";
import { texture, textureSide } from "../../lora/recipe/textures.ts";

const side = 32;
/** Grey [side, side] of a function of the place. */
const grey = (value: (x: number, y: number) => number) => ({
  rgb: Uint8Array.from({ length: 3 * side * side }, (_, i) =>
    value(Math.floor(i / 3) % side, Math.floor(i / 3 / side)),
  ),
  width: side,
  height: side,
});

describe("seam score", () => {
  it("is 1 where the border is a line like any other, and 0 where nothing changes", () => {
    assert.equal(seamScore(grey((x, y) => ((x + y) % 2) * 200)), 1);
    assert.equal(seamScore(grey(() => 90)), 0);
  });

  it("is the jump at the border over the step inside", () => {
    // Right: 31 steps of 4, then back by 124. Down: none at all.
    assert.equal(seamScore(grey((x) => 4 * x)), 31);
    assert.equal(seamScore(grey((_, y) => 4 * y)), 31);
    // One line stands out, on either side of the border: as a line inside would.
    assert.equal(seamScore(grey((x) => (x < side - 1 ? 10 : 200))), side - 1);
  });

  it("is about 1 for a seamless texture, and more for a piece of it", () => {
    const whole = { rgb: texture(8).pixels, width: textureSide, height: textureSide };
    const half = textureSide / 2;
    const piece = new Uint8Array(3 * half * half);
    for (let y = 0; y < half; y++)
      piece.set(whole.rgb.subarray(3 * y * textureSide, 3 * (y * textureSide + half)), 3 * y * half);
    const score = seamScore(whole);
    assert.ok(score < 1.3, `seamless: ${score}`);
    assert.ok(seamScore({ rgb: piece, width: half, height: half }) > score);
  });
});
