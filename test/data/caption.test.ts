import assert from "node:assert/strict";
import fc from "fast-check";
import { buildCaption, hasWord, splitParts, withTrigger } from "../../lora/data/caption.ts";
import { seededRandom } from "../../lora/data/random.ts";

const never = (): number => assert.fail("no randomness was asked for");

describe("buildCaption", () => {
  it("leaves a caption as it is without options, and asks for no randomness", () => {
    assert.equal(buildCaption(" a man, smiling ", {}, never), "a man, smiling");
    assert.equal(buildCaption("a {small} man", {}, never), "a {small} man");
  });

  it("puts prefix, suffix and trigger word", () => {
    assert.equal(buildCaption("a man", { prefix: "photo of", suffix: "in ink" }, never), "photo of a man in ink");
    assert.equal(buildCaption("a man", { triggerWord: "zs" }, never), "zs, a man");
    assert.equal(buildCaption("portrait of ZS", { triggerWord: "zs" }, never), "portrait of ZS");
    assert.equal(buildCaption("a man", { triggerWord: "zs", suffix: "zs style" }, never), "a man zs style");
    assert.equal(buildCaption("", { triggerWord: "zs" }, never), "zs");
  });

  it("drops the whole caption, trigger word and all, at the given rate", () => {
    const random = seededRandom(1);
    const options = { dropout: 0.1, triggerWord: "zs", prefix: "photo of" };
    const count = 20_000;
    let dropped = 0;
    for (let i = 0; i < count; i++) if (buildCaption("a man", options, random) === "") dropped++;
    assert.ok(Math.abs(dropped / count - 0.1) < 0.01, String(dropped));
  });

  it("decides on dropout before anything else draws", () => {
    let calls = 0;
    const counting = (): number => {
      calls++;
      return 0;
    };
    assert.equal(buildCaption("{a|b}, c, d", { dropout: 1, shuffle: true }, counting), "");
    assert.equal(calls, 1);
  });

  it("chooses wildcards, the innermost first", () => {
    assert.equal(
      buildCaption("a {red|blue} hat", {}, () => 0),
      "a red hat",
    );
    assert.equal(
      buildCaption("a {red|blue} hat", {}, () => 0.99),
      "a blue hat",
    );
    assert.equal(
      buildCaption("{a {x|y}|b}", {}, () => 0),
      "a x",
    );
    assert.equal(
      buildCaption("{a|}", {}, () => 0.99),
      "",
    );
  });

  it("shuffles behind the kept parts", () => {
    const random = seededRandom(5);
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const caption = buildCaption("zs, a, b, c", { shuffle: true, keepTokens: 1 }, random);
      assert.ok(caption.startsWith("zs, "));
      assert.deepEqual(splitParts(caption).toSorted(), ["a", "b", "c", "zs"]);
      seen.add(caption);
    }
    assert.equal(seen.size, 6);
  });

  it("the same generator gives the same captions", () => {
    const options = { dropout: 0.2, shuffle: true, keepTokens: 1, triggerWord: "zs" };
    fc.assert(
      fc.property(fc.string(), fc.nat(), (caption, seed) => {
        const once = buildCaption(caption, options, seededRandom(seed));
        assert.equal(buildCaption(caption, options, seededRandom(seed)), once);
      }),
    );
  });
});

describe("trigger words", () => {
  it("are found whole, in any case, and in Chinese inside a sentence", () => {
    assert.ok(hasWord("Portrait of ZhangSan.", "zhangsan"));
    assert.ok(!hasWord("zhangsans house", "zhangsan"));
    assert.ok(!hasWord("my_zs", "zs"));
    assert.ok(hasWord("张三在笑", "张三"));
    assert.ok(hasWord("a (c++) b", "(c++)"));
    assert.ok(hasWord("an ame\u0301lie b", "am\u00e9lie"));
  });

  it("are put in front once", () => {
    assert.equal(withTrigger(withTrigger("a man", "zs"), "zs"), "zs, a man");
    assert.equal(withTrigger("a man", undefined), "a man");
  });
});
