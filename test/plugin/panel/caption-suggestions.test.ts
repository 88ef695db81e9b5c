import assert from "node:assert/strict";
import {
  fillEmptyCaptions,
  suggestionsUndo,
  type SuggestionSource,
} from "../../../plugin/panel/caption-suggestions.ts";
import { limits, type DatasetReply } from "../../../service/protocol/index.ts";

/** A data set in memory that answers as the service does. */
class Shelf implements SuggestionSource {
  readonly captions: Map<string, string>;
  readonly asked: string[][] = [];
  /** Runs before the answer to each request for suggestions. */
  meanwhile: (request: number) => void = () => {};

  constructor(captions: Readonly<Record<string, string>>) {
    this.captions = new Map(Object.entries(captions));
  }
  dataset(): Promise<DatasetReply> {
    const images = [...this.captions].map(([id, caption]) => ({
      id,
      caption,
      name: id,
      width: 8,
      height: 8,
      sha256: id,
    }));
    return Promise.resolve({ id: "set", name: "set", nodeId: "", revision: 1, kind: "picture", images, lines: 0 });
  }
  setCaptions(_id: string, captions: Readonly<Record<string, string>>): Promise<DatasetReply> {
    for (const [id, caption] of Object.entries(captions)) this.captions.set(id, caption);
    return this.dataset();
  }
  suggestCaptions(_id: string, images: readonly string[]) {
    this.asked.push([...images]);
    this.meanwhile(this.asked.length);
    return Promise.resolve({
      suggestions: images.map((image) => ({ image, caption: `guess ${image}`, confidence: 0.9 })),
    });
  }
  get all(): Record<string, string> {
    return Object.fromEntries(this.captions);
  }
}

async function fill(shelf: Shelf, images: readonly string[], isTyped = (_id: string) => false) {
  const progress: number[] = [];
  let saved: Readonly<Record<string, string>> = {};
  const options = { source: shelf, datasetId: "set", language: "en", images, isTyped } as const;
  await fillEmptyCaptions({ ...options, onProgress: (done) => progress.push(done) }, (all) => (saved = all));
  return { saved, progress };
}

describe("panel: suggested captions", () => {
  it("fill what is empty and leave the rest", async () => {
    const shelf = new Shelf({ a: "", b: "my own", c: "" });
    const { saved, progress } = await fill(shelf, ["a", "c"]);
    assert.deepEqual(saved, { a: "guess a", c: "guess c" });
    assert.deepEqual(shelf.all, { a: "guess a", b: "my own", c: "guess c" });
    assert.deepEqual([shelf.asked, progress], [[["a", "c"]], [2]]);
  });

  it("are asked for a few pictures at a time", async () => {
    const ids = Array.from({ length: limits.imagesPerSuggestionMax + 3 }, (_, i) => `i${i}`);
    const shelf = new Shelf(Object.fromEntries(ids.map((id) => [id, ""])));
    const { saved, progress } = await fill(shelf, ids);
    assert.deepEqual(
      shelf.asked.map((part) => part.length),
      [18, 17],
      "in parts of one size",
    );
    assert.deepEqual([progress, Object.keys(saved).length], [[18, ids.length], ids.length]);
  });

  it("give way to a caption that came meanwhile, typed here or saved by another, and to a picture that went", async () => {
    const shelf = new Shelf({ a: "", b: "", c: "", d: "" });
    let typing = "";
    shelf.meanwhile = () => {
      typing = "b";
      shelf.captions.set("c", "of another editor");
      shelf.captions.delete("d");
    };
    const { saved } = await fill(shelf, ["a", "b", "c", "d"], (id) => id === typing);
    assert.deepEqual(saved, { a: "guess a" });
    assert.deepEqual(shelf.all, { a: "guess a", b: "", c: "of another editor" });
  });

  it("that were saved before a failure can still be taken back", async () => {
    const ids = Array.from({ length: limits.imagesPerSuggestionMax + 1 }, (_, i) => `i${i}`);
    const shelf = new Shelf(Object.fromEntries(ids.map((id) => [id, ""])));
    shelf.meanwhile = (request) => {
      if (request === 2) throw new Error("the service is away");
    };
    const calls: Readonly<Record<string, string>>[] = [];
    const options = { source: shelf, datasetId: "set", language: "zh", images: ids, isTyped: () => false } as const;
    await assert.rejects(
      fillEmptyCaptions(options, (all) => calls.push(all)),
      /away/,
    );
    assert.deepEqual(
      calls.map((saved) => Object.keys(saved).length),
      [Math.ceil(ids.length / 2)],
    );
  });

  it("are taken back and put in again, but not over what was written since", async () => {
    const shelf = new Shelf({ a: "", b: "", c: "own" });
    const { saved } = await fill(shelf, ["a", "b"]);
    const entry = suggestionsUndo("Suggest", shelf, "set", saved);
    shelf.captions.set("b", "guess b, smiling");
    await entry.undo();
    assert.deepEqual(shelf.all, { a: "", b: "guess b, smiling", c: "own" });
    shelf.captions.set("b", "");
    await entry.redo();
    assert.deepEqual(shelf.all, { a: "guess a", b: "guess b", c: "own" });
  });
});
