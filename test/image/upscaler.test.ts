import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import sharp from "sharp";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import { openUpscaler, type Picture, type Upscaler, type UpscaleOptions } from "../../lora/image/index.ts";
import { upscalerGraph } from "../../lora/image/upscaler.ts";
import { portrait } from "../../lora/recipe/portraits.ts";
import { texture, textureSide } from "../../lora/recipe/textures.ts";
import { Session } from "../../lora/runtime/index.ts";
import { drawPicture } from "../data/pictures.ts";

const root = (path: string) => resolve(import.meta.dirname, "../..", path);
const WEIGHTS = root("assets/upscale/esrgan-medium-x4.safetensors");
const GOLDEN = root("test/golden/upscale/esrgan-medium-x4.safetensors");
/** Of 255; TensorFlow.js adds the products up in another order. */
const PARITY = 4e-4;
const TILES_EQUAL = 1e-3;

async function drawn(width: number, height: number): Promise<Picture> {
  return { rgb: await drawPicture(7, width, height).raw().toBuffer(), width, height };
}

/** The result before it is rounded: [3, 4·height, 4·width]. */
async function floats(upscaler: Upscaler, picture: Picture, options: UpscaleOptions): Promise<Float32Array> {
  const [width, height] = [4 * picture.width, 4 * picture.height];
  const whole = new Float32Array(3 * width * height).fill(Number.NaN);
  for await (const tile of upscaler.tiles(picture, options))
    for (let line = 0; line < 3 * tile.height; line++) {
      const [c, y] = [Math.floor(line / tile.height), line % tile.height];
      const values = tile.values.subarray(line * tile.width, (line + 1) * tile.width);
      whole.set(values, (c * height + tile.top + y) * width + tile.left);
    }
  return whole;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  let largest = 0;
  // Written so that a NaN, a place that no tile covered, is never the smaller one.
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= largest)) largest = Math.abs(a[i]! - b[i]!);
  return largest;
}

/** The picture begins `right` pixels further to the left and `down` further up, and goes on around its borders. */
function rolled({ rgb, width, height }: Picture, right: number, down: number): Picture {
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = ((y + down) % height) * width + ((x + right) % width);
      out.set(rgb.subarray(3 * from, 3 * from + 3), 3 * (y * width + x));
    }
  return { rgb: out, width, height };
}

const stepsBetween = ({ rgb, width, height }: Picture, column: number): number => {
  let sum = 0;
  for (let y = 0; y < height; y++)
    for (let c = 0; c < 3; c++)
      sum += Math.abs(rgb[3 * (y * width + column) + c]! - rgb[3 * (y * width + ((column + 1) % width)) + c]!);
  return sum / height;
};

function psnr(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  return 10 * Math.log10((255 ** 2 * a.length) / squares);
}

describe("the upscaler", () => {
  let upscaler: Upscaler;
  before(async () => (upscaler = await openUpscaler()));
  after(() => upscaler.close());

  it("has a network that gives what TensorFlow.js gives", async () => {
    const golden = openSafetensors(GOLDEN);
    const { data, shape } = readTensorRaw(golden, "rgb");
    const [height, width] = shape as [number, number];
    const planes = Float32Array.from({ length: data.length }, (_, i) =>
      Number(data[3 * (i % (width * height)) + Math.floor(i / (width * height))]),
    );
    const { enlarged } = upscalerGraph(openSafetensors(WEIGHTS));
    const session = await Session.open({ enlarged });
    const result = await session.run({ picture: { data: planes, dims: [1, 3, height, width] } });
    await session.close();
    assert.deepEqual([...result.enlarged.dims], [1, 3, 4 * height, 4 * width]);
    const off = largestDifference(result.enlarged.data as Float32Array, readTensor(golden, "upscaled"));
    assert.ok(off <= PARITY, `off by ${off}`);
  });

  for (const isSeamless of [false, true])
    it(`gives the same in tiles as at once${isSeamless ? ", seamless" : ""}`, async () => {
      const picture = await drawn(45, 29);
      const whole = await floats(upscaler, picture, { isSeamless, tileMax: 64 });
      const seen: string[] = [];
      const onTile = (done: number, tiles: number) => void seen.push(`${done}/${tiles}`);
      const tiled = await floats(upscaler, picture, { isSeamless, tileMax: 16, onTile });
      assert.deepEqual(seen, ["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
      const off = largestDifference(whole, tiled);
      assert.ok(off <= TILES_EQUAL, `off by ${off}`);
    });

  it("knows no border where a texture repeats: a shifted texture gives the shifted result", async () => {
    const picture = await drawn(20, 12);
    const shifted = async (options: UpscaleOptions): Promise<number> => {
      const [plain, moved] = [
        await upscaler.upscale(picture, options),
        await upscaler.upscale(rolled(picture, 7, 5), options),
      ];
      const expected = rolled(plain, 28, 20);
      return expected.rgb.reduce((most, value, i) => Math.max(most, Math.abs(value - moved.rgb[i]!)), 0);
    };
    // Sums in another order may round a byte the other way.
    assert.ok((await shifted({ isSeamless: true })) <= 1);
    assert.ok((await shifted({ isSeamless: false })) > 20, "the option does nothing");
  });

  it("has no seam in a seamless texture", async () => {
    const { pixels } = texture(3);
    const side = textureSide / 2;
    const small = { rgb: await resizedTexture(pixels, side), width: side, height: side };
    const result = await upscaler.upscale(small, { isSeamless: true });
    // Between two pixels of the small texture, as the border is: every fourth column.
    const inside = Array.from({ length: side - 1 }, (_, i) => stepsBetween(result, 4 * i + 3));
    assert.ok(stepsBetween(result, result.width - 1) <= Math.max(...inside));
  });

  it("keeps even colours, and what is opaque or transparent", async () => {
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [178, 66, 48],
      [242, 149, 60],
    ]) {
      // prettier-ignore
      const rgb = Uint8Array.from({ length: 3 * 9 * 5 }, (_, i) => colour[i % 3]!);
      const alpha = Uint8Array.from({ length: 9 * 5 }, (_, i) => (i % 9 < 5 ? 255 : 0));
      const result = await upscaler.upscale({ rgb, alpha, width: 9, height: 5 });
      assert.deepEqual([result.width, result.height], [36, 20]);
      assert.ok(
        result.rgb.every((value, i) => value === colour[i % 3]),
        `${colour}`,
      );
      const row = result.alpha!.subarray(0, 36);
      assert.deepEqual([row[0], row[35]], [255, 0]);
      assert.ok(row[12]! > 200 && row[27]! < 55, `${row}`);
    }
    assert.equal((await upscaler.upscale(await drawn(3, 3))).alpha, undefined);
  });

  it("gives a cut-out no rim of the colour that was hidden around it", async () => {
    const side = 24;
    const isShown = (i: number) => Math.hypot((i % side) - 11.5, Math.floor(i / side) - 11.5) < 8;
    const alpha = Uint8Array.from({ length: side * side }, (_, i) => (isShown(i) ? 255 : 0));
    const of = (hidden: number): Picture => ({
      rgb: Uint8Array.from({ length: 3 * side * side }, (_, i) => (isShown(Math.floor(i / 3)) ? 200 : hidden)),
      width: side,
      height: side,
    });
    const darkest = async (picture: Picture): Promise<number> => {
      const { rgb, alpha: shown } = await upscaler.upscale({ ...picture, alpha });
      return rgb.reduce((least, value, i) => (shown![Math.floor(i / 3)]! > 0 ? Math.min(least, value) : least), 255);
    };
    for (const hidden of [0, 255]) assert.ok((await darkest(of(hidden))) >= 198, `hidden ${hidden}`);
    const { rgb } = await upscaler.upscale(of(0));
    assert.ok(
      rgb.some((value) => value < 100),
      "without transparency black is a colour like others",
    );
  });

  it("takes a single pixel and a line", async () => {
    for (const [width, height] of [
      [1, 1],
      [30, 1],
      [1, 30],
    ] as const)
      // prettier-ignore
      for (const isSeamless of [false, true]) {
        const result = await upscaler.upscale(await drawn(width, height), { isSeamless });
        assert.equal(result.rgb.length, 3 * 16 * width * height);
      }
  });

  it("is at least 0.75 dB nearer to a drawing than bicubic enlarging", async () => {
    const drawing = sharp(Buffer.from(portrait(0, "validation").svg))
      .resize(192, 192)
      .removeAlpha();
    const original = await drawing.raw().toBuffer();
    const raw = (side: number) => ({ raw: { width: side, height: side, channels: 3 as const } });
    const rgb = await sharp(original, raw(192)).resize(48, 48, { kernel: "cubic" }).raw().toBuffer();
    const bicubic = await sharp(rgb, raw(48)).resize(192, 192, { kernel: "cubic" }).raw().toBuffer();
    const result = await upscaler.upscale({ rgb, width: 48, height: 48 });
    const gain = psnr(result.rgb, original) - psnr(bicubic, original);
    assert.ok(gain >= 0.75, `gain ${gain} dB`);
  });

  it("has weights that say where they come from, as the model card does", () => {
    const { source, sha256, license } = openSafetensors(WEIGHTS).metadata;
    const card = readFileSync(root("assets/upscale/README.md"), "utf8");
    assert.equal(license, "MIT");
    for (const fact of [source!.replace("@1.", " 1."), sha256!]) assert.ok(card.includes(fact), fact);
    assert.match(
      readFileSync(root("assets/upscale/LICENSE"), "utf8"),
      /^MIT License\n\nCopyright \(c\) 2022 Kevin Scott/,
    );
  });
}).timeout(120_000);

/** Half the size, every second pixel, so that it still repeats. */
async function resizedTexture(pixels: Uint8Array, side: number): Promise<Uint8Array> {
  const raw = { width: 2 * side, height: 2 * side, channels: 3 } as const;
  return sharp(pixels, { raw }).resize(side, side, { kernel: "nearest" }).raw().toBuffer();
}
