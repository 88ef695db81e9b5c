import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { heightFromRgb, normalMap, occlusionMap, roughnessMap } from "../../lora/image/index.ts";
import { animula } from "../cli/animula.ts";
import { tempDir } from "../support/temp-dir.ts";

const SIDE = 64;

/** Waves that repeat exactly, off centre so that the border is on a slope. Grey, [SIDE, SIDE, 3]. */
function waves(): Uint8Array {
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const turn = (2 * Math.PI) / SIDE;
    rgb.fill(Math.round(128 + 60 * Math.sin(3 * turn * x) + 60 * Math.cos(2 * turn * y + 1)), 3 * i, 3 * i + 3);
  }
  return rgb;
}

/** Largest step between neighbouring columns: across the border, and inside. */
function steps(map: Uint8Array, channels: number): { border: number; inside: number } {
  let [border, inside] = [0, 0];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++)
      for (let c = 0; c < channels; c++) {
        const next = map[(y * SIDE + ((x + 1) % SIDE)) * channels + c]!;
        const step = Math.abs(map[(y * SIDE + x) * channels + c]! - next);
        if (x === SIDE - 1) border = Math.max(border, step);
        else inside = Math.max(inside, step);
      }
  return { border, inside };
}

describe("surface maps", () => {
  const field = heightFromRgb(waves(), SIDE, SIDE);

  it("have no seam where the texture has none", () => {
    const maps = [
      [normalMap(field, 2), 3],
      [roughnessMap(field, 0.5), 1],
      [occlusionMap(field, 1), 1],
    ] as const;
    for (const [map, channels] of maps) {
      const { border, inside } = steps(map, channels);
      assert.ok(inside > 0 && border <= inside, `border ${border}, inside ${inside}`);
    }
  });

  it("give the normals of a known slope: rises right, leans left; rises down, leans up", () => {
    const slope = (along: (x: number, y: number) => number): Uint8Array => {
      const values = Float32Array.from({ length: 64 }, (_, i) => along(i % 8, Math.floor(i / 8)) / 8);
      return normalMap({ values, width: 8, height: 8 }, 2).subarray(3 * 27, 3 * 28);
    };
    // 1/8 a pixel, times 2 x 4 pixels of relief: 45 degrees.
    const [low, high] = [Math.round((255 * (1 - Math.SQRT1_2)) / 2), Math.round((255 * (1 + Math.SQRT1_2)) / 2)];
    assert.deepEqual([...slope((x) => x)], [low, 128, high]);
    assert.deepEqual([...slope((_, y) => y)], [128, high, high]);
  });

  it("are flat, of the chosen level, at strength 0 or without relief", () => {
    const flat = heightFromRgb(new Uint8Array(SIDE * SIDE * 3).fill(90), SIDE, SIDE);
    assert.ok(roughnessMap(flat, 0.2).every((value) => value === 51));
    assert.ok(occlusionMap(field, 0).every((value) => value === 255));
    assert.deepEqual([...normalMap(field, 0).subarray(0, 3)], [128, 128, 255]);
  });

  it("turn inside out when dark is high", () => {
    const [upright, inverted] = [false, true].map((isDarkHigh) =>
      normalMap(heightFromRgb(waves(), SIDE, SIDE, isDarkHigh), 2),
    );
    const red = (map: Uint8Array): number[] => [...map].filter((_, i) => i % 3 === 0);
    const mirrored = red(inverted!);
    const sums = red(upright!).map((value, i) => value + mirrored[i]!);
    assert.ok(sums.every((sum) => Math.abs(sum - 255) <= 1));
  });

  it("are written by the command, and a file that is no picture is named", async () => {
    const dir = tempDir();
    const texture = join(dir, "wall.png");
    await sharp(waves(), { raw: { width: SIDE, height: SIDE, channels: 3 } }).toFile(texture);
    const run = await animula(["maps", texture, "--normal", "2", "--roughness", "0.5"]);
    assert.equal(run.code, 0, run.stderr);
    const written = await sharp(join(dir, "wall-normal.png")).removeAlpha().raw().toBuffer();
    assert.deepEqual(new Uint8Array(written), normalMap(field, 2));
    const wrong = await animula(["maps", "package.json"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /IMAGE_NOT_READABLE[^]*package\.json/);
  }).timeout(20_000);
});
