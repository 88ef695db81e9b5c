import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { drawPicture, drawPlain } from "../data/pictures.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, filesBelow } from "./animula.ts";

/** A PNG whose header claims this size. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const png = await drawPlain(8, 8, "#000000").png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe("animula upscale", () => {
  it("writes a picture four times as large beside it, and keeps what is transparent", async () => {
    const dir = tempDir();
    const file = join(dir, "face.webp");
    await drawPicture(1, 20, 12).composite([{ input: Buffer.from([0, 0, 0, 0]), raw: { width: 1, height: 1, channels: 4 }, tile: true, blend: "dest-in" }]).webp({ lossless: true }).toFile(file); // prettier-ignore
    const run = await animula(["upscale", file, "--scale", "4"], { cwd: dir });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout, `${join(dir, "face-x4.png")}\n`);
    const { data, info } = await sharp(join(dir, "face-x4.png")).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [80, 48, 4]);
    assert.ok(data.every((value, i) => i % 4 !== 3 || value === 0));
  });

  it("takes a texture as repeating with --seamless only", async () => {
    const dir = tempDir();
    const file = join(dir, "wall.png");
    // Left black, right white: where it repeats, black meets white at the border too.
    const halves = Uint8Array.from({ length: 3 * 16 * 16 }, (_, i) => (Math.floor(i / 3) % 16 < 8 ? 0 : 255));
    await sharp(halves, { raw: { width: 16, height: 16, channels: 3 } }).toFile(file);
    const firstPixel = async (args: string[], folder: string): Promise<number> => {
      const run = await animula(["upscale", file, "--output", join(dir, folder), ...args], { cwd: dir });
      assert.equal(run.code, 0, run.stderr);
      return (
        await sharp(join(dir, folder, "wall-x4.png"))
          .raw()
          .toBuffer()
      )[3 * 64 * 32]!;
    };
    assert.ok((await firstPixel([], "plain")) <= 2);
    assert.ok((await firstPixel(["--seamless"], "tiling")) > 20);
  });

  it("does a whole folder, names what it left out, and never writes two pictures into one file", async () => {
    const dir = tempDir();
    const pictures = join(dir, "pictures");
    mkdirSync(join(pictures, "more"), { recursive: true });
    await drawPicture(1, 8, 8).png().toFile(join(pictures, "a.png"));
    await drawPicture(2, 8, 8).jpeg().toFile(join(pictures, "a.jpg"));
    await drawPicture(3, 8, 8).png().toFile(join(pictures, "b.png"));
    await drawPicture(4, 8, 8)
      .png()
      .toFile(join(pictures, "more", "c.png"));
    writeFileSync(join(pictures, "text.png"), "not a picture");
    writeFileSync(join(pictures, "huge.png"), await claiming(5000, 5000));
    writeFileSync(join(pictures, "captions.csv"), "a.png,one\n");
    const frames = await Promise.all(["#ff0000", "#00ff00"].map((c) => drawPlain(8, 8, c).png().toBuffer()));
    await sharp(frames, { join: { animated: true } }).gif().toFile(join(pictures, "moving.gif")); // prettier-ignore
    const run = await animula(["upscale", `${pictures}/`], { cwd: dir });
    assert.equal(run.code, 2);
    for (const line of [
      /IMAGE_NOT_READABLE: .*text\.png/,
      /IMAGE_TOO_LARGE: .*huge\.png/,
      /IMAGE_ANIMATED: .*moving\.gif/,
    ])
      // prettier-ignore
      assert.match(run.stderr, line);
    assert.match(run.stderr, /PICTURES_LEFT_OUT\n.*got 3 of 6 that cannot/);
    const written = filesBelow(join(dir, "pictures-x4"));
    assert.deepEqual(written.toSorted(), ["a.jpg-x4.png", "a.png-x4.png", "b-x4.png"]);
  });

  it("refuses what it cannot enlarge", async () => {
    const dir = tempDir();
    const empty = join(dir, "empty");
    mkdirSync(empty);
    writeFileSync(join(dir, "huge.png"), await claiming(4097, 4096));
    const cases = [
      [["upscale", join(dir, "huge.png")], /IMAGE_TOO_LARGE[^]*expected at most 16\.8 million pixels, got 4097×4096/],
      [["upscale", join(dir, "absent.png")], /IMAGE_NOT_READABLE[^]*nothing there/],
      [["upscale", join(dir, "huge.png"), "--scale", "3"], /ARGUMENT_INVALID[^]*--scale 4/],
      [["upscale", empty], /PICTURES_NONE/],
    ] as const;
    for (const [args, message] of cases) {
      const run = await animula(args, { cwd: dir });
      assert.equal(run.code, 2, run.stderr);
      assert.match(run.stderr, message);
    }
    assert.deepEqual(
      filesBelow(dir).filter((name) => !name.startsWith(".cache")),
      ["huge.png"],
    );
  });
}).timeout(120_000);
