import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { autoLabel, labelCaptions, Labeller, readImageDataset, type AutoLabelOptions } from "../../lora/data/index.ts";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { drawPicture } from "./pictures.ts";

const GOLDEN = new URL("../golden/clip/", import.meta.url).pathname;
const PICTURES = 5;
/** Probabilities: float32 against float64 at logits up to 15. */
const TOLERANCE = 5e-6;

describe("auto-labelling", () => {
  let labeller: Labeller;
  before(async () => (labeller = await Labeller.open(join(GOLDEN, "tiny"))));
  after(() => labeller.close());

  const optionsFor = (dir: string, more: Partial<AutoLabelOptions> = {}): AutoLabelOptions => ({
    dir,
    output: join(dir, "metadata.csv"),
    language: "en",
    threshold: 0,
    overwrite: false,
    ...more,
  });
  const folderWith = async (...names: string[]): Promise<string> => {
    const dir = tempDir();
    for (const [i, name] of names.entries()) {
      mkdirSync(join(dir, name, ".."), { recursive: true });
      await drawPicture(i + 1, 40, 30)
        .png()
        .toFile(join(dir, name));
    }
    return dir;
  };

  it("is as sure of each value as transformers", async () => {
    const goldens = openSafetensors(join(GOLDEN, "goldens.safetensors"));
    const expected = readTensor(goldens, "eyewear");
    const values = ["none", "glasses", "sunglasses", "eyepatch"];
    for (let i = 0; i < PICTURES; i++) {
      const { shape, data } = readTensorRaw(goldens, `picture${i}/rgb`);
      const [height, width] = shape as [number, number];
      const { guesses } = await labeller.guess({ rgb: Uint8Array.from(data as Uint8Array), width, height }, "portrait");
      const row = [...expected.subarray(i * values.length, (i + 1) * values.length)];
      const most = Math.max(...row);
      assert.equal(guesses["eyewear"]!.value, values[row.indexOf(most)]);
      assert.ok(Math.abs(guesses["eyewear"]!.confidence - most) < TOLERANCE);
    }
  });

  it("writes captions that the trainer's reader takes without a word, in the picture's own folders", async () => {
    const dir = await folderWith("a.png", "10_zhangsan/b, c.png", "10_zhangsan/d.png");
    const { rows, captioned, problems } = await autoLabel(labeller, optionsFor(dir, { prefix: "zhangsan" }));
    assert.deepEqual([rows.length, captioned, problems.length], [3, 0, 0]);
    const dataset = await readImageDataset({ dir });
    assert.deepEqual(dataset.problems, []);
    const read = dataset.samples.map(({ file, caption }) => [file.slice(dir.length + 1), caption]);
    assert.deepEqual(Object.fromEntries(read), Object.fromEntries(rows.map(({ file, caption }) => [file, caption])));
    for (const { caption, confidence } of rows) {
      assert.match(caption, /^zhangsan, (portrait of a person|seamless texture)/);
      assert.ok(confidence > 0 && confidence <= 1);
    }
    assert.match(readFileSync(join(dir, "metadata.csv"), "utf8"), /^file_name,text,confidence\n/);
  });

  it("is read as metadata_path too, from anywhere", async () => {
    const dir = await folderWith("a.png", "b.png");
    const output = join(tempDir(), "deep", "labels.csv");
    const { rows } = await autoLabel(labeller, optionsFor(dir, { output, language: "zh" }));
    const { samples, problems } = await readImageDataset({ dir, metadataPath: output });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      samples.map(({ caption }) => caption),
      rows.map(({ caption }) => caption),
    );
    assert.match(rows[0]!.caption, /肖像|纹理/);
  });

  it("leaves a caption alone that is there, in a sidecar too, and a caption file", async () => {
    const dir = await folderWith("a.png", "b.png");
    writeFileSync(join(dir, "a.txt"), "my own words");
    const first = await autoLabel(labeller, optionsFor(dir));
    assert.deepEqual([first.rows.map(({ file }) => file), first.captioned], [["b.png"], 1]);
    const { samples } = await readImageDataset({ dir });
    assert.equal(samples[0]!.caption, "my own words");
    const before = readFileSync(join(dir, "metadata.csv"), "utf8");
    await assert.rejects(autoLabel(labeller, optionsFor(dir)), { code: "LABELS_EXIST" });
    assert.equal(readFileSync(join(dir, "metadata.csv"), "utf8"), before);
    const all = await autoLabel(labeller, optionsFor(dir, { overwrite: true }));
    assert.deepEqual([all.rows.length, all.captioned], [2, 0]);
  });

  it("writes nothing where everything has its caption", async () => {
    const dir = await folderWith("a.png");
    writeFileSync(join(dir, "a.txt"), "my own words");
    assert.deepEqual(await autoLabel(labeller, optionsFor(dir)), { rows: [], captioned: 1, problems: [] });
    assert.equal(existsSync(join(dir, "metadata.csv")), false);
  });

  it("names broken pictures and goes on; leaves no draft behind", async () => {
    const dir = await folderWith("a.png", "cut.png");
    writeFileSync(join(dir, "broken.png"), "not a picture");
    writeFileSync(join(dir, "cut.png"), readFileSync(join(dir, "cut.png")).subarray(0, 900));
    const { rows, problems } = await autoLabel(labeller, optionsFor(dir));
    assert.deepEqual(
      rows.map(({ file }) => file),
      ["a.png"],
    );
    assert.deepEqual(
      problems.map(({ code, file }) => [code, file]),
      [
        ["IMAGE_UNREADABLE", join(dir, "broken.png")],
        ["IMAGE_UNREADABLE", join(dir, "cut.png")],
      ],
    );
    assert.deepEqual(readdirSync(dir).toSorted(), ["a.png", "broken.png", "cut.png", "metadata.csv"]);
  });

  it("says what is wrong with a folder", async () => {
    const empty = tempDir();
    await assert.rejects(autoLabel(labeller, optionsFor(empty)), { code: "DATASET_EMPTY" });
    await assert.rejects(autoLabel(labeller, optionsFor(join(empty, "nowhere"))), { code: "DATASET_NOT_FOUND" });
    writeFileSync(join(empty, "broken.png"), "not a picture");
    await assert.rejects(autoLabel(labeller, optionsFor(empty)), { code: "DATASET_UNREADABLE" });
    assert.deepEqual(readdirSync(empty), ["broken.png"]);
  });

  it("says less where it must be surer, and nothing below the threshold", async () => {
    const picture = await drawPicture(3, 40, 30).raw().toBuffer();
    const seen = await labeller.guess({ rgb: picture, width: 40, height: 30 });
    const label = (threshold: number) => labelCaptions([seen], { language: "en", threshold, onlyVaried: false })[0]!;
    const lengths: number[] = [];
    for (const threshold of [0, 0.3, 0.6, 1.01]) {
      const { caption, confidence } = label(threshold);
      lengths.push(caption.length);
      if (threshold > 1) assert.match(caption, /^(portrait of a person|seamless texture)$/);
      else assert.ok(confidence >= Math.min(threshold, seen.subject.confidence));
    }
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => b - a),
    );
    assert.ok(lengths[0]! > lengths[3]!);
  });

  it("sees transparent parts as white", async () => {
    const dir = tempDir();
    const clear = { width: 40, height: 30, channels: 4 as const, background: { r: 200, g: 0, b: 0, alpha: 0 } };
    await sharp({ create: clear }).png().toFile(join(dir, "clear.png"));
    await sharp({ create: { ...clear, channels: 3, background: "#ffffff" } })
      .png()
      .toFile(join(dir, "white.png"));
    assert.deepEqual(
      await labeller.guessFile(join(dir, "clear.png")),
      await labeller.guessFile(join(dir, "white.png")),
    );
  });
});
