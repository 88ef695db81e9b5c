import assert from "node:assert/strict";
import { parseCsv, parseMetadata, stem, withoutPrefix, withPrefix } from "../../../plugin/panel/caption-edits.ts";

describe("panel: captions", () => {
  it("puts words in front once, and only whole words count as there", () => {
    assert.equal(withPrefix("smiling", "zsmith"), "zsmith, smiling");
    assert.equal(withPrefix("zsmith, smiling", "zsmith, "), "zsmith, smiling");
    assert.equal(withPrefix("ZSmith smiling", "zsmith"), "ZSmith smiling");
    assert.equal(withPrefix("zsmithson", "zsmith"), "zsmith, zsmithson");
    assert.equal(withPrefix("", "zsmith"), "zsmith");
    assert.equal(withPrefix("  smiling ", " "), "smiling");
  });

  it("takes them away again", () => {
    assert.equal(withoutPrefix(withPrefix("smiling", "zsmith"), "zsmith"), "smiling");
    assert.equal(withoutPrefix("smiling", "zsmith"), "smiling");
    assert.equal(withoutPrefix("zsmith", "zsmith"), "");
  });

  it("reads rows with quotes, commas and line ends inside", () => {
    assert.deepEqual(parseCsv('\uFEFFa.png,"x, ""y"",\r\nz"\r\nb.png, plain \n\n'), [
      ["a.png", 'x, "y",\r\nz'],
      ["b.png", "plain"],
    ]);
    assert.deepEqual(parseCsv('a.png,ok\nb.png,"never closed'), [["a.png", "ok"]]);
  });

  it("reads metadata.csv with and without header, and metadata.jsonl", () => {
    const expected = new Map([["img01", "a man, smiling"]]);
    assert.deepEqual(parseMetadata("metadata.csv", 'img01.jpg,"a man, smiling"\nimg02.jpg,\n'), expected);
    assert.deepEqual(parseMetadata("metadata.csv", 'file_name,text\nsub/img01.jpg,"a man, smiling"'), expected);
    assert.deepEqual(
      parseMetadata("metadata.jsonl", '{"file_name":"img01.jpg","text":"a man, smiling"}\nbroken\n[1]\n'),
      expected,
    );
  });

  it("knows a picture by its name without folder and ending", () => {
    assert.equal(stem("a/b.c/img.01.png"), "img.01");
    assert.equal(stem(String.raw`C:\x\img.png`), "img");
    assert.equal(stem(".hidden"), ".hidden");
  });
});
