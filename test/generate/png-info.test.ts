import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { AnimulaError } from "../../lora/format/index.ts";
import {
  encodePng,
  formatGenerationInfo,
  parseGenerationInfo,
  readGenerationInfo,
} from "../../lora/generate/png-info.ts";
import type { GenerationInfo } from "../../lora/generate/png-info.ts";
import { readPngText, writePngText } from "../../lora/generate/png-text.ts";

const info: GenerationInfo = {
  prompt: 'portrait of zhangsan, "quoted": (smiling:1.2)\nsecond line <lora:zhangsan:0.8>',
  negativePrompt: "blurry, low quality",
  steps: 20,
  sampler: "DPM++ 2M Karras",
  guidanceScale: 7.5,
  seed: 1234567890,
  width: 8,
  height: 4,
  modelHash: "cc6cb27103",
  model: "v1-5-pruned",
  loraHashes: [
    { name: "zhangsan", hash: "0123456789ab" },
    { name: "李四, v2", hash: "ba9876543210" },
  ],
};
const pixels = new Uint8Array(8 * 4 * 3).map((_, i) => i * 2);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** `png` with a chunk put in after the header. */
function withChunk(png: Buffer, type: string, data: Buffer): Buffer {
  return Buffer.concat([png.subarray(0, 33), chunk(type, data), png.subarray(33)]);
}

describe("generate/png-info", () => {
  it("writes the text WebUI writes", () => {
    const plain = { ...info, prompt: "a castle", loraHashes: info.loraHashes.slice(0, 1) };
    assert.equal(
      formatGenerationInfo(plain),
      "a castle\nNegative prompt: blurry, low quality\n" +
        "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1234567890, Size: 8x4, " +
        'Model hash: cc6cb27103, Model: v1-5-pruned, Lora hashes: "zhangsan: 0123456789ab"',
    );
  });

  it("a picture carries it, pixels unchanged, and libpng sees it", async () => {
    for (const prompt of [info.prompt, "张三的肖像，黑发 😎", "café, \\(x\\)", ""]) {
      const png = await encodePng(pixels, { ...info, prompt });
      assert.deepEqual(readGenerationInfo(png), { ...info, prompt });
      assert.deepEqual(new Uint8Array(await sharp(png).raw().toBuffer()), pixels);
      const { comments } = await sharp(png).metadata();
      const text = formatGenerationInfo({ ...info, prompt });
      assert.deepEqual(
        comments?.map(({ keyword }) => keyword),
        ["parameters"],
      );
      if (Buffer.byteLength(text) === text.length) assert.equal(comments?.[0]?.text, text);
    }
  });

  it("the same picture and info give the same bytes", async () => {
    assert.deepEqual(await encodePng(pixels, info), await encodePng(pixels, info));
  });

  it("reads what WebUI 1.9 writes", () => {
    const text =
      "masterpiece, (1girl:1.1)\n<lora:a:1>\nNegative prompt: (worst quality:1.4),\nextra\n" +
      "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: 6ce0161689, " +
      'Model: v1-5-pruned-emaonly, Clip skip: 2, Lora hashes: "a: 1f2e3d4c5b6a", TI hashes: "x: 00", Version: v1.9.4';
    assert.deepEqual(parseGenerationInfo(text), {
      prompt: "masterpiece, (1girl:1.1)\n<lora:a:1>",
      negativePrompt: "(worst quality:1.4),\nextra",
      steps: 28,
      guidanceScale: 7,
      seed: 42,
      width: 512,
      height: 768,
      sampler: "DPM++ 2M Karras",
      modelHash: "6ce0161689",
      model: "v1-5-pruned-emaonly",
      loraHashes: [{ name: "a", hash: "1f2e3d4c5b6a" }],
      others: { "Schedule type": "Karras", "Clip skip": "2", "TI hashes": "x: 00", Version: "v1.9.4" },
    });
  });

  it("any prompt and model name survive", () => {
    const line = fc
      .string({ unit: "grapheme", maxLength: 40 })
      .map((text) => text.replaceAll(/[\r\n\0\u2028\u2029]/g, " ").trim());
    fc.assert(
      fc.property(line, line, line, (prompt, negativePrompt, model) => {
        fc.pre(!prompt.startsWith("Negative prompt:"));
        const whole = { ...info, prompt, negativePrompt, model };
        assert.deepEqual(parseGenerationInfo(formatGenerationInfo(whole)), whole);
      }),
    );
  });

  it("text that is no generation info reads as none", async () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseGenerationInfo(text)));
    assert.equal(parseGenerationInfo("just a prompt, with: a colon"), undefined);
    assert.equal(parseGenerationInfo("p\nSteps: x, Sampler: y, Seed: z, Size: 1x1"), undefined);
    const bare = await sharp(pixels, { raw: { width: 8, height: 4, channels: 3 } })
      .png()
      .toBuffer();
    assert.equal(readGenerationInfo(bare), undefined);
  });
});

describe("generate/png-text", () => {
  let bare: Buffer;
  before(async () => {
    bare = await sharp(pixels, { raw: { width: 8, height: 4, channels: 3 } })
      .png()
      .toBuffer();
  });

  it("replaces the text under a keyword and keeps the others", () => {
    const once = writePngText(writePngText(bare, "chara", "e30="), "parameters", "old");
    const twice = writePngText(once, "parameters", "新");
    assert.deepEqual(
      readPngText(twice),
      new Map([
        ["parameters", "新"],
        ["chara", "e30="],
      ]),
    );
    assert.ok(once.includes("tEXtparameters") && twice.includes("iTXtparameters"));
    assert.throws(() => writePngText(bare, "", "x"), RangeError);
    assert.throws(() => writePngText(bare, "two\0parts", "x"), RangeError);
  });

  it("reads compressed text of other tools", () => {
    const packed = deflateSync(Buffer.from("压缩", "utf8"));
    const international = Buffer.concat([Buffer.from("a\0\x01\0zh\0甲\0", "utf8"), packed]);
    assert.equal(readPngText(withChunk(bare, "iTXt", international)).get("a"), "压缩");
    const latin = Buffer.concat([Buffer.from("b\0\0", "latin1"), deflateSync(Buffer.from("é", "latin1"))]);
    assert.equal(readPngText(withChunk(bare, "zTXt", latin)).get("b"), "é");
  });

  it("refuses damaged files and text bombs", () => {
    const bomb = Buffer.concat([Buffer.from("a\0\0", "latin1"), deflateSync(Buffer.alloc(64 << 20))]);
    assert.throws(() => readPngText(withChunk(bare, "zTXt", bomb)), { code: "PNG_TEXT_TOO_LARGE" });
    const long = Buffer.concat([Buffer.from("a\0"), Buffer.alloc(5 << 20, 97)]);
    assert.throws(() => readPngText(withChunk(bare, "tEXt", long)), {
      code: "PNG_TEXT_TOO_LARGE",
    });
    const flipped = Buffer.from(bare);
    flipped[20]! ^= 1;
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from("GIF89a"),
      bare.subarray(0, 8),
      bare.subarray(0, 50),
      flipped,
      withChunk(bare, "iTXt", Buffer.from("a\0\0\0zh", "latin1")),
      withChunk(bare, "zTXt", Buffer.from("a\0\0junk", "latin1")),
      withChunk(bare, "tEXt", Buffer.alloc(100, 97)),
      Buffer.concat([bare.subarray(0, 8), chunk("IEND", Buffer.alloc(0))]),
    ]) {
      assert.throws(() => readPngText(bad, "a.png"), { code: "PNG_INVALID", message: /^a\.png: expected / });
    }
  });

  it("no bytes make it throw anything but a typed error", () => {
    fc.assert(
      fc.property(fc.nat(bare.length - 1), fc.nat(255), fc.nat(bare.length), (at, value, length) => {
        const damaged = Buffer.from(bare.subarray(0, length));
        if (at < length) damaged[at] = value;
        try {
          readPngText(damaged);
        } catch (error) {
          assert.ok(error instanceof AnimulaError, String(error));
        }
      }),
    );
  });
});
