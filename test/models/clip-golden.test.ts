import assert from "node:assert/strict";
import fc from "fast-check";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors, readTensor, readTensorRaw, writeSafetensors } from "../../lora/format/index.ts";
import { Graph, symbol } from "../../lora/graph/index.ts";
import {
  clipImageEmbeddings,
  clipLogits,
  clipPixels,
  clipScale,
  clipTextEmbeddings,
  endMarks,
  FrozenWeights,
  isConvolutional,
  openClip,
} from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session } from "../../lora/runtime/index.ts";

const HERE = new URL("../golden/clip/", import.meta.url).pathname;
const TINY = join(HERE, "tiny");
const TEXTS = ["a portrait of a person with glasses", "seamless texture of red bricks", ""];
const PICTURES = 5;
/** float32 against float64; embeddings are of length 1, logits up to 15. */
const EMBEDDING_TOLERANCE = 2e-6;
const LOGIT_TOLERANCE = 2e-5;
/**
 * Pillow keeps filter weights as integers of 22 bits: a sum that lies within 1e-5 of a half may round the other way, one
 * step of 255 in each pass. None does on these pictures.
 */
const PIXEL_STEPS = 0;
/** One step of 255 after normalising, for the channel that is stretched most. */
const ONE_STEP = 1 / 255 / 0.26130258;

const goldens = openSafetensors(join(HERE, "goldens.safetensors"));
const pictureOf = (i: number) => {
  const { shape, data } = readTensorRaw(goldens, `picture${i}/rgb`);
  const [height, width] = shape as [number, number];
  return { rgb: Uint8Array.from(data as Uint8Array), width, height };
};
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

describe("CLIP against transformers", () => {
  it("scales, crops and normalises pictures as CLIPImageProcessor with Pillow does", async () => {
    const { preprocessing } = await openClip(TINY);
    for (let i = 0; i < PICTURES; i++) {
      const off = largest(clipPixels(pictureOf(i), preprocessing), readTensor(goldens, `picture${i}/pixels`));
      assert.ok(off <= PIXEL_STEPS * ONE_STEP + 1e-6, `picture ${i}: ${off}`);
    }
  });

  it("gives the same image vectors, text vectors and logits", async () => {
    const clip = await openClip(TINY);
    const { config } = clip;
    const graph = new Graph();
    const scope = new Scope(new FrozenWeights(graph, "clip", clip.weights));
    const [pictures, texts, length] = [symbol("N"), symbol("T"), config.text.maxPositions];
    const pixels = graph.input("pixels", "float32", [pictures, 3, 24, 24]);
    const tokens = graph.input("tokens", "int64", [texts, length]);
    const ends = graph.input("ends", "float32", [texts, length]);
    const images = clipImageEmbeddings(scope, pixels, config);
    const words = clipTextEmbeddings(scope, tokens, ends, config);
    const session = await Session.open({ images, words, logits: clipLogits(images, words, clipScale(scope)) });
    const ids = Int32Array.from(TEXTS.flatMap((text) => [...clip.tokenizer.encode(text, length)]));
    assert.deepEqual([...ids], Array.from(readTensorRaw(goldens, "ids").data, Number));
    const planes = Array.from({ length: PICTURES }, (_, i) => [...readTensor(goldens, `picture${i}/pixels`)]).flat();
    const out = await session.run({
      pixels: { data: Float32Array.from(planes), dims: [PICTURES, 3, 24, 24] },
      tokens: { data: BigInt64Array.from(ids, BigInt), dims: [TEXTS.length, length] },
      ends: { data: endMarks(ids, length, clip.tokenizer.endId), dims: [TEXTS.length, length] },
    });
    await session.close();
    const off = (ours: keyof typeof out, theirs: string) =>
      largest(out[ours].data as Float32Array, readTensor(goldens, theirs));
    assert.ok(off("images", "image_embeds") < EMBEDDING_TOLERANCE, `${off("images", "image_embeds")}`);
    assert.ok(off("words", "text_embeds") < EMBEDDING_TOLERANCE, `${off("words", "text_embeds")}`);
    assert.ok(off("logits", "logits_per_image") < LOGIT_TOLERANCE, `${off("logits", "logits_per_image")}`);
  });
});

describe("pictures for CLIP", () => {
  const preprocessing = { shortestEdge: 24, cropSize: 24, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

  it("of one colour stay that colour, whatever their size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), fc.nat(255), (width, height, v) => {
        const pixels = clipPixels({ rgb: new Uint8Array(3 * width * height).fill(v), width, height }, preprocessing);
        assert.equal(pixels.length, 3 * 24 * 24);
        assert.ok(pixels.every((value) => Math.abs(value - (v / 127.5 - 1)) < 1e-6));
      }),
      { numRuns: 60 },
    );
  });

  it("may be very long: only the middle is worked on", () => {
    for (const [width, height] of [
      [2_000_000, 1],
      [1, 2_000_000],
    ] as const) {
      const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i < 3_000_000 ? 0 : 255));
      const pixels = clipPixels({ rgb, width, height }, preprocessing);
      const [first, last] = [pixels[0]!, pixels.at(-1)!];
      assert.deepEqual([first < -0.5, last > 0.5], [true, true], `${first} ${last}`);
    }
  });
});

describe("a CLIP folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "animula-clip-"));
    cpSync(TINY, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const edit = (change: (config: Record<string, Record<string, unknown>>) => void, name = "config.json") => {
    const file = join(folder, name);
    const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;
    change(config);
    writeFileSync(file, JSON.stringify(config));
  };
  const rejects = (code: string, message: RegExp) =>
    assert.rejects(openClip(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });

  it("may be in shards", async () => {
    const whole = join(folder, "model.safetensors");
    const file = openSafetensors(whole);
    const names = [...file.tensors.keys()];
    const shardOf = (name: string) => `model-0000${names.indexOf(name) % 2 === 0 ? 1 : 2}-of-00002.safetensors`;
    for (const shard of new Set(names.map(shardOf))) {
      const own = names.filter((name) => shardOf(name) === shard);
      const tensors = own.map((name) => [name, readTensorRaw(file, name)] as const);
      writeSafetensors(join(folder, shard), Object.fromEntries(tensors));
    }
    const map = Object.fromEntries(names.map((name) => [name, shardOf(name)]));
    writeFileSync(`${whole}.index.json`, JSON.stringify({ weight_map: map }));
    renameSync(whole, join(folder, "model.bak"));
    const { weights } = await openClip(folder);
    assert.deepEqual([...weights.keys()].toSorted(), names.toSorted());
    assert.equal(new Set([...weights.values()].map(({ path }) => path)).size, 2);
  });

  it("reads what ViT-B/32 and ViT-L/14 write", async () => {
    // Keys and values of openai/clip-vit-base-patch32 and openai/clip-vit-large-patch14; the base leaves defaults out.
    const kinds = [
      { text: {}, vision: {}, dim: 512, expected: [512, 8, 768, 12, 12, 224, 32] },
      {
        text: { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 },
        vision: {
          hidden_size: 1024,
          intermediate_size: 4096,
          num_attention_heads: 16,
          num_hidden_layers: 24,
          patch_size: 14,
        },
        dim: 768,
        expected: [768, 12, 1024, 16, 24, 224, 14],
      },
    ];
    for (const { text, vision, dim, expected } of kinds) {
      edit((config) =>
        Object.assign(config, { text_config: text, vision_config: vision, projection_dim: dim, hidden_act: undefined }),
      );
      // As those folders spell it: one number each.
      edit((config) => Object.assign(config, { size: 224, crop_size: 224 }), "preprocessor_config.json");
      const { config, preprocessing } = await openClip(folder);
      const { text: t, vision: v } = config;
      assert.ok(!isConvolutional(v));
      assert.deepEqual([t.hiddenSize, t.heads, v.hiddenSize, v.heads, v.layers, v.imageSize, v.patchSize], expected);
      assert.deepEqual(
        [t.activation, t.vocabSize, t.maxPositions, config.projectionDim],
        ["quick_gelu", 49_408, 77, dim],
      );
      assert.deepEqual([preprocessing.shortestEdge, preprocessing.cropSize], [224, 224]);
    }
  });

  it("may have a vision tower of convolutions, whose numbers are checked", async () => {
    const vision = { model_type: "convolutional_vision_model", image_size: 24, widths: [8, 16, 24] };
    edit((config) => Object.assign(config, { vision_config: vision }));
    assert.deepEqual((await openClip(folder)).config.vision, { imageSize: 24, widths: [8, 16, 24] });
    edit((config) => Object.assign(config["vision_config"]!, { widths: [8, 12] }));
    await rejects("BASE_CONFIG_INVALID", /widths: expected a list of multiples of 8, got \[8,12\]/);
    edit((config) => Object.assign(config["vision_config"]!, { widths: [8, 8, 8, 8] }));
    await rejects("BASE_CONFIG_INVALID", /image_size.*a multiple of 16/);
  });

  it("that is another model is named", async () => {
    edit((config) => Object.assign(config, { model_type: "siglip" }));
    await rejects("CLIP_NOT_FOUND", /expected a folder with a CLIP.*got a model of the kind "siglip"/);
    rmSync(join(folder, "config.json"));
    await rejects("CLIP_NOT_FOUND", /without config\.json/);
    rmSync(folder, { recursive: true });
    await rejects("CLIP_NOT_FOUND", /got no folder/);
    writeFileSync(folder, "");
    await rejects("CLIP_NOT_FOUND", /got no folder/);
  });

  it("with numbers that do not go together is named", async () => {
    edit((config) => Object.assign(config["vision_config"]!, { patch_size: 7 }));
    await rejects("BASE_CONFIG_INVALID", /image_size.*a multiple of 7/);
    edit((config) => Object.assign(config["vision_config"]!, { patch_size: 8, num_attention_heads: 5 }));
    await rejects("BASE_CONFIG_INVALID", /hidden_size.*a multiple of 5/);
    edit((config) => Object.assign(config["vision_config"]!, { num_attention_heads: 4 }));
    edit((config) => Object.assign(config, { resample: 2 }), "preprocessor_config.json");
    await rejects("BASE_CONFIG_INVALID", /resample.*bicubic/);
    edit((config) => Object.assign(config, { resample: 3, crop_size: 48 }), "preprocessor_config.json");
    await rejects("BASE_CONFIG_INVALID", /crop_size: expected 24/);
  });

  it("without preprocessor_config.json takes OpenAI's numbers", async () => {
    const before = (await openClip(folder)).preprocessing;
    rmSync(join(folder, "preprocessor_config.json"));
    assert.deepEqual((await openClip(folder)).preprocessing, before);
  });
});
