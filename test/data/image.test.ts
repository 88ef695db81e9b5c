import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { loadRgb, loadImage, probeImage, readPicture } from "../../lora/data/image.ts";
import type { Problem } from "../../lora/data/problem.ts";
import { AnimulaError } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { drawPicture, drawPlain } from "./pictures.ts";

const exact = { crop: "center", flip: false, random: () => assert.fail("no randomness was asked for") } as const;
const load = (file: string, width: number, height: number) => loadImage(file, { ...exact, width, height });

/** Colour 0..255 at a place of a [3, height, width] picture. */
function at(planes: Float32Array, width: number, x: number, y: number): number[] {
  const plane = planes.length / 3;
  return [0, 1, 2].map((channel) => Math.round((planes[channel * plane + y * width + x]! + 1) * 127.5));
}

/** Left half red, right half blue. */
const redBlue = (width: number, height: number) =>
  drawPlain(width, height, "#ff0000").composite([
    { input: { create: { width: width / 2, height, channels: 3, background: "#0000ff" } }, left: width / 2, top: 0 },
  ]);

describe("loadImage", () => {
  it("gives the exact pixels of a PNG of the asked size, as planes in −1..1", async () => {
    const file = join(tempDir(), "a.png");
    const picture = drawPicture(1, 24, 16);
    const { data } = await picture.clone().raw().toBuffer({ resolveWithObject: true });
    await picture.png().toFile(file);
    const planes = await load(file, 24, 16);
    assert.equal(planes.length, 3 * 24 * 16);
    for (let i = 0; i < 24 * 16; i++) {
      for (let c = 0; c < 3; c++) assert.equal(Math.round((planes[c * 24 * 16 + i]! + 1) * 127.5), data[3 * i + c]);
    }
    assert.ok(planes.every((value) => value >= -1 && value <= 1));
  });

  for (const format of ["png", "jpeg", "webp", "avif", "gif", "tiff"] as const) {
    it(`reads ${format}`, async () => {
      const file = join(tempDir(), `a.${format}`);
      await drawPlain(64, 64, "#4080c0").toFormat(format).toFile(file);
      const colour = at(await load(file, 32, 32), 32, 16, 16);
      for (const [c, want] of [0x40, 0x80, 0xc0].entries()) assert.ok(Math.abs(colour[c]! - want) <= 4, `${colour}`);
      assert.deepEqual(await probeImage(file), { width: 64, height: 64 });
    });
  }

  it("covers the size and crops the centre", async () => {
    const file = join(tempDir(), "a.png");
    await redBlue(200, 50).png().toFile(file);
    const planes = await load(file, 50, 50);
    assert.deepEqual(at(planes, 50, 5, 25), [255, 0, 0]);
    assert.deepEqual(at(planes, 50, 45, 25), [0, 0, 255]);
  });

  it("crops at random places by the generator alone", async () => {
    const file = join(tempDir(), "a.png");
    await redBlue(200, 50).png().toFile(file);
    const random = (value: number) =>
      ({ width: 50, height: 50, crop: "random", flip: false, random: () => value }) as const;
    assert.deepEqual(at(await loadImage(file, random(0)), 50, 49, 0), [255, 0, 0]);
    assert.deepEqual(at(await loadImage(file, random(0.999999)), 50, 0, 0), [0, 0, 255]);
  });

  it("mirrors", async () => {
    const file = join(tempDir(), "a.png");
    await redBlue(64, 64).png().toFile(file);
    const planes = await loadImage(file, { ...exact, width: 64, height: 64, flip: true });
    assert.deepEqual(at(planes, 64, 5, 5), [0, 0, 255]);
  });

  it("turns a picture upright by its EXIF mark", async () => {
    const file = join(tempDir(), "a.jpg");
    // 6: the camera was turned; left becomes top.
    await redBlue(128, 64).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(file);
    assert.deepEqual(await probeImage(file), { width: 64, height: 128 });
    const planes = await load(file, 64, 128);
    const [top, bottom] = [at(planes, 64, 32, 10), at(planes, 64, 32, 118)];
    assert.ok(top[0]! > 240 && top[2]! < 15, `${top}`);
    assert.ok(bottom[2]! > 240 && bottom[0]! < 15, `${bottom}`);
  });

  it("puts transparent pictures on white", async () => {
    const file = join(tempDir(), "a.png");
    await sharp({ create: { width: 32, height: 32, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(file);
    assert.deepEqual(at(await load(file, 32, 32), 32, 3, 3), [255, 255, 255]);
  });

  it("converts grey, grey with alpha, 16-bit and CMYK to sRGB", async () => {
    const dir = tempDir();
    const grey = drawPlain(32, 32, "#808080").toColourspace("b-w");
    await grey.clone().png().toFile(join(dir, "grey.png"));
    await drawPlain(32, 32, "#808080").ensureAlpha(1).toColourspace("b-w").png().toFile(join(dir, "alpha.png"));
    await drawPlain(32, 32, "#808080").toColourspace("rgb16").png().toFile(join(dir, "deep.png"));
    await drawPlain(32, 32, "#808080").toColourspace("grey16").png().toFile(join(dir, "grey16.png"));
    await drawPlain(32, 32, "#808080").withIccProfile("cmyk").jpeg({ quality: 100 }).toFile(join(dir, "cmyk.jpg"));
    await drawPlain(32, 32, "#808080").png({ palette: true }).toFile(join(dir, "palette.png"));
    const meta = await sharp(join(dir, "deep.png")).metadata();
    assert.equal(meta.depth, "ushort");
    assert.equal((await sharp(join(dir, "cmyk.jpg")).metadata()).space, "cmyk");
    for (const name of ["grey.png", "alpha.png", "deep.png", "grey16.png", "cmyk.jpg", "palette.png"]) {
      const colour = at(await load(join(dir, name), 32, 32), 32, 7, 7);
      // The printing profile that sharp embeds darkens a middle grey by 13 on its way there and back.
      const tolerance = name === "cmyk.jpg" ? 16 : 2;
      for (const value of colour) assert.ok(Math.abs(value - 128) <= tolerance, `${name}: ${colour}`);
    }
  });

  it("takes the first frame of an animation", async () => {
    const file = join(tempDir(), "a.gif");
    const frames = await Promise.all(["#ff0000", "#00ff00"].map((c) => drawPlain(16, 16, c).png().toBuffer()));
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toFile(file);
    assert.equal((await sharp(file).metadata()).pages, 2);
    assert.deepEqual(at(await load(file, 16, 16), 16, 3, 3), [255, 0, 0]);
  });

  it("reports that it enlarged a picture, with the factor", async () => {
    const file = join(tempDir(), "a.png");
    await drawPlain(40, 60, "#123456").png().toFile(file);
    const problems: Problem[] = [];
    const onProblem = (problem: Problem) => problems.push(problem);
    await loadImage(file, { ...exact, width: 64, height: 64, onProblem });
    assert.deepEqual(problems, [{ code: "IMAGE_ENLARGED", file, value: 1.6 }]);
    await loadImage(file, { ...exact, width: 40, height: 40, onProblem });
    assert.equal(problems.length, 1);
  });

  it("names a file that is no picture, is cut off, or hides a drawing program", async () => {
    const dir = tempDir();
    const whole = await drawPicture(3, 128, 128).jpeg().toBuffer();
    writeFileSync(join(dir, "cut.jpg"), whole.subarray(0, whole.length / 2));
    const png = await drawPicture(3, 128, 128).png().toBuffer();
    writeFileSync(join(dir, "cut.png"), png.subarray(0, png.length / 2));
    writeFileSync(join(dir, "text.png"), "not a picture");
    writeFileSync(join(dir, "empty.png"), "");
    writeFileSync(join(dir, "svg.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const name of ["cut.jpg", "cut.png", "text.png", "empty.png", "svg.png", "absent.png"]) {
      const file = join(dir, name);
      await assert.rejects(load(file, 32, 32), (error: unknown) => {
        assert.ok(error instanceof AnimulaError, name);
        assert.equal(error.code, "IMAGE_NOT_READABLE");
        assert.ok(error.message.startsWith(`${file}: expected a picture, got `), error.message);
        return true;
      });
      assert.ok("reason" in (await probeImage(file)), name);
    }
  });

  it("refuses a picture of too many pixels before decoding it", async () => {
    const file = join(tempDir(), "bomb.png");
    // A PNG header may claim any size: 60000 × 60000, with its checksum corrected.
    const png = await drawPlain(8, 8, "#000000").png().toBuffer();
    png.writeUInt32BE(60000, 16);
    png.writeUInt32BE(60000, 20);
    const { crc32 } = await import("node:zlib");
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    writeFileSync(file, png);
    const probe = await probeImage(file);
    assert.ok("reason" in probe && /pixel limit/.test(probe.reason), JSON.stringify(probe));
  });

  it("leaves the file as it is", async () => {
    const file = join(tempDir(), "a.png");
    await drawPicture(2, 32, 32).png().toFile(file);
    const before = readFileSync(file);
    await load(file, 16, 16);
    assert.deepEqual(readFileSync(file), before);
  });
});

describe("loadRgb", () => {
  it("gives three bytes per pixel of the asked size", async () => {
    const file = join(tempDir(), "a.png");
    await redBlue(64, 64).png().toFile(file);
    const pixels = await loadRgb(file, 4, 2);
    assert.equal(pixels.length, 24);
    assert.deepEqual([...pixels.subarray(0, 3)], [255, 0, 0]);
    assert.deepEqual([...pixels.subarray(9, 12)], [0, 0, 255]);
  });
});

describe("readPicture", () => {
  const MANY = 4096;
  const refused = (file: string, code: string, pattern: RegExp) =>
    assert.rejects(readPicture(file, MANY), (error: unknown) => {
      assert.ok(error instanceof AnimulaError);
      assert.equal(error.code, code);
      assert.match(error.message, pattern);
      return true;
    });

  it("gives the pixels as they are, upright, of every kind of picture", async () => {
    const dir = tempDir();
    const picture = drawPicture(4, 24, 16);
    await picture.clone().png().toFile(join(dir, "a.png"));
    const read = await readPicture(join(dir, "a.png"), MANY);
    assert.deepEqual(Buffer.from(read.rgb), await picture.raw().toBuffer());
    assert.deepEqual([read.width, read.height, read.alpha], [24, 16, undefined]);
    await drawPlain(32, 16, "#808080").toColourspace("grey16").png().toFile(join(dir, "grey.png"));
    await drawPlain(32, 16, "#808080").withIccProfile("cmyk").jpeg({ quality: 100 }).toFile(join(dir, "cmyk.jpg"));
    await redBlue(32, 16).withMetadata({ orientation: 6 }).jpeg().toFile(join(dir, "turned.jpg"));
    for (const [name, size, tolerance] of [
      ["grey.png", [32, 16], 2],
      ["cmyk.jpg", [32, 16], 16],
    ] as const) {
      const { rgb, width, height } = await readPicture(join(dir, name), MANY);
      assert.deepEqual([width, height], size);
      assert.ok(
        rgb.every((value) => Math.abs(value - 128) <= tolerance),
        `${name}: ${rgb.subarray(0, 3)}`,
      );
    }
    const turned = await readPicture(join(dir, "turned.jpg"), MANY);
    assert.deepEqual([turned.width, turned.height], [16, 32]);
    assert.ok(turned.rgb[0]! > 200 && turned.rgb.at(-1)! > 200);
  });

  it("keeps what is transparent, and the colours under it", async () => {
    const file = join(tempDir(), "a.png");
    const pixels = Uint8Array.from([10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255]);
    await sharp(pixels, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toFile(file);
    const { rgb, alpha } = await readPicture(file, MANY);
    assert.deepEqual([...rgb], [10, 20, 30, 40, 50, 60, 70, 80, 90]);
    assert.deepEqual([...alpha!], [0, 128, 255]);
  });

  it("refuses what is no picture, moves, or is too large", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "text.png"), "not a picture");
    await refused(join(dir, "text.png"), "IMAGE_NOT_READABLE", /got a file of no known picture format;/);
    await refused(join(dir, "absent.png"), "IMAGE_NOT_READABLE", /got nothing there;/);
    const frames = await Promise.all(["#ff0000", "#00ff00"].map((c) => drawPlain(16, 16, c).png().toBuffer()));
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toFile(join(dir, "a.gif"));
    await refused(join(dir, "a.gif"), "IMAGE_ANIMATED", /got 2 frames/);
    await drawPlain(64, 65, "#123456").png().toFile(join(dir, "large.png"));
    await refused(join(dir, "large.png"), "IMAGE_TOO_LARGE", /got 64×65;/);
    await drawPlain(64, 64, "#123456").png().toFile(join(dir, "just.png"));
    assert.equal((await readPicture(join(dir, "just.png"), MANY)).width, 64);
  });
});
