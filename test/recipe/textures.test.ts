import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TextureKind } from "../../lora/recipe/texture-patterns.ts";
import { drawTexture, heldOutTextureKinds, texture, textureKinds, textureSide } from "../../lora/recipe/textures.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const side = textureSide;

/** Mean absolute difference between pixel line `i` and the next one around the torus, along `axis`. */
function stepAcross(pixels: Uint8Array, i: number, axis: "columns" | "rows"): number {
  let sum = 0;
  const next = (i + 1) % side;
  for (let j = 0; j < side; j++) {
    for (let c = 0; c < 3; c++) {
      const [a, b] = axis === "columns" ? [j * side + i, j * side + next] : [i * side + j, next * side + j];
      sum += Math.abs((pixels[a * 3 + c] ?? 0) - (pixels[b * 3 + c] ?? 0));
    }
  }
  return sum / (side * 3);
}

/** The step across the border over the largest step inside. */
function seamScore(pixels: Uint8Array): number {
  const scores = (["columns", "rows"] as const).map((axis) => {
    const inside = Array.from({ length: side - 1 }, (_, i) => stepAcross(pixels, i, axis));
    return stepAcross(pixels, side - 1, axis) / Math.max(1, ...inside);
  });
  return Math.max(...scores);
}

/** Where a picture tiles, the border is a line like the 127 others and may by chance be the strongest, a little. */
const seamScoreMax = 1.25;
const someColor: Record<TextureKind, string> = {
  bricks: "red",
  "stone wall": "gray",
  "wooden planks": "brown",
  tiles: "blue",
  grass: "green",
  sand: "yellow",
  water: "blue",
  lava: "orange",
  metal: "gray",
  fabric: "red",
};

describe("textures", () => {
  it("are the same for the same index on every machine", () => {
    assert.deepEqual(
      [0, 1, 2, 17, 4711].map((index) => `${sha(texture(index).pixels)} ${texture(index).caption}`),
      [
        "6cf5a2265a08f901 seamless texture of blue tiles, small scale",
        "d27bbf6c309dd23a seamless texture of white tiles, medium scale",
        "581ec4273380ca41 texture of gray bricks, small scale",
        "3809fac37b0146cb texture of blue water, small scale",
        "7dd0bc790f0e28fc texture of blue water, small scale",
      ],
    );
  });

  for (const kind of textureKinds) {
    it(`tile: ${kind}`, () => {
      for (const scale of ["small", "medium", "large"] as const) {
        const color = someColor[kind];
        for (let i = 0; i < 3; i++) {
          const pixels = drawTexture({ kind, color, scale }, `seam ${i}`);
          assert.equal(pixels.length, side * side * 3);
          assert.ok(seamScore(pixels) <= seamScoreMax, `${scale} ${i}: ${seamScore(pixels)}`);
        }
      }
    });
  }

  it("have a seam score that a picture with a seam fails", () => {
    const gradient = Uint8Array.from({ length: side * side * 3 }, (_, i) => 2 * (Math.floor(i / 3) % side));
    assert.ok(seamScore(gradient) > 10);
  });

  it("say kind, colour and scale as drawn", () => {
    for (let index = 0; index < 60; index++) {
      const { caption, attributes: a } = texture(index);
      assert.match(caption, new RegExp(`^(seamless )?texture of ${a.color} ${a.kind}(, ${a.scale} scale)?$`));
    }
  });

  it("leave the held-out kinds to the demonstrations", () => {
    for (const kind of heldOutTextureKinds) assert.ok(!(textureKinds as string[]).includes(kind), kind);
  });

  it("refuse a colour the kind lacks", () => {
    assert.throws(() => drawTexture({ kind: "grass", color: "plaid", scale: "small" }, "0"), /no plaid grass/);
  });
});
