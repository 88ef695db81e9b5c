import assert from "node:assert/strict";
import { readCaptions, sortFiles } from "../../../plugin/panel/dropped-files.ts";

const file = (name: string, text = "x", type = ""): File => new File([text], name, { type });

describe("panel: dropped files", () => {
  it("takes pictures in the order of their numbers, captions beside them, and counts the rest", () => {
    const { images, captionFiles, skipped } = sortFiles(
      ["img10.png", "img2.PNG", "img2.txt", "notes.txt", "metadata.csv", "a.psd", ".DS_Store", "Thumbs.db"].map(
        (name) => file(name),
      ),
    );
    assert.deepEqual(
      images.map(({ name }) => name),
      ["img2.PNG", "img10.png"],
    );
    assert.deepEqual(
      captionFiles.map(({ name }) => name),
      ["img2.txt", "metadata.csv"],
    );
    assert.equal(skipped, 2);
  });

  it("takes a picture by its type where the name says nothing", () => {
    assert.equal(sortFiles([file("pasted", "x", "image/png")]).images.length, 1);
  });

  it("a picture's own text file wins over the list, and is one line", async () => {
    const captions = await readCaptions([
      file("metadata.csv", "a.png,from the list\nb.png,b from the list"),
      file("a.txt", " its own\n caption \n"),
      file("b.txt", "  "),
    ]);
    assert.deepEqual(
      captions,
      new Map([
        ["a", "its own caption"],
        ["b", "b from the list"],
      ]),
    );
  });
});
