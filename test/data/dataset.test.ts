import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ImageDatasetOptions, readImageDataset } from "../../lora/data/dataset.ts";
import { dataErrors } from "../../lora/data/errors.ts";
import { AnimulaError } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { drawPlain } from "./pictures.ts";

const picture = await drawPlain(48, 32, "#336699").png().toBuffer();

/** A folder with these files; a value of `true` is a picture. */
function folder(files: Record<string, string | Uint8Array | true>): string {
  const dir = join(tempDir(), "data");
  mkdirSync(dir);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content === true ? picture : content);
  }
  return dir;
}

/** The dataset with paths relative to its folder. */
async function read(dir: string, options: Partial<ImageDatasetOptions> = {}) {
  const { samples, classSamples, problems } = await readImageDataset({ dir, ...options });
  const short = (path: string): string => path.replace(`${dir}/`, "");
  return {
    captions: Object.fromEntries(samples.map(({ file, caption }) => [short(file), caption])),
    repeats: Object.fromEntries(samples.map(({ file, repeats }) => [short(file), repeats])),
    samples,
    classSamples,
    problems: problems.map(({ code, file }) => `${code} ${short(file)}`),
    values: problems.map(({ value }) => value),
  };
}

async function failure(dir: string, options: Partial<ImageDatasetOptions> = {}): Promise<string> {
  try {
    await readImageDataset({ dir, ...options });
  } catch (error) {
    assert.ok(error instanceof AnimulaError, String(error));
    return `${error.code} ${error.message}`;
  }
  assert.fail("expected an error");
}

describe("readImageDataset", () => {
  it("reads the seed's metadata.csv", async () => {
    const dir = folder({
      "img01.jpg": true,
      "img02.jpg": true,
      "metadata.csv":
        'img01.jpg,"a man with black hair, wearing glasses, smiling"\nimg02.jpg,"portrait of a Chinese man in suit, serious expression"\n',
    });
    const { captions, samples, problems } = await read(dir, { metadataPath: join(dir, "metadata.csv") });
    assert.deepEqual(captions, {
      "img01.jpg": "a man with black hair, wearing glasses, smiling",
      "img02.jpg": "portrait of a Chinese man in suit, serious expression",
    });
    assert.deepEqual([samples[0]!.width, samples[0]!.height, samples[0]!.repeats], [48, 32, 1]);
    assert.deepEqual(problems, []);
  });

  it("prefers metadata.csv, then metadata.jsonl, then .caption, then .txt", async () => {
    const dir = folder({
      "a.png": true,
      "b.png": true,
      "c.png": true,
      "d.png": true,
      "metadata.csv": "a.png,from csv\n",
      "metadata.jsonl": '{"file_name":"a.png","text":"from jsonl"}\n{"file_name":"b.png","text":"from jsonl"}\n',
      "a.txt": "from txt",
      "b.caption": "from caption",
      "c.caption": "from caption",
      "c.txt": "from txt",
      "d.txt": "\uFEFFfrom txt\r\n",
    });
    const { captions, problems } = await read(dir);
    assert.deepEqual(captions, {
      "a.png": "from csv",
      "b.png": "from jsonl",
      "c.png": "from caption",
      "d.png": "from txt",
    });
    assert.deepEqual(problems, []);
  });

  it("reads captions from a named file elsewhere first", async () => {
    const dir = folder({ "a.png": true, "metadata.csv": "a.png,beside\n" });
    const other = join(tempDir(), "my.csv");
    writeFileSync(other, "a.png,elsewhere\n");
    assert.deepEqual((await read(dir, { metadataPath: other })).captions, { "a.png": "elsewhere" });
    assert.match(
      await failure(dir, { metadataPath: join(dir, "no.csv") }),
      /^METADATA_NOT_READABLE .*no\.csv: .*got nothing/,
    );
    assert.match(await failure(dir, { metadataPath: dir }), /^METADATA_NOT_READABLE .*EISDIR/);
  });

  it("repeats kohya's N_class folders and reports other folders with pictures", async () => {
    const dir = folder({
      "10_zhangsan man/a.png": true,
      "10_zhangsan man/a.txt": "a man",
      "10_zhangsan man/metadata.jsonl": '{"file_name":"b.png","text":"own metadata"}',
      "10_zhangsan man/b.png": true,
      "2_lisi/c.png": true,
      "backup/d.png": true,
      "0_off/e.png": true,
      "logs/events": "no picture",
      "metadata.csv": '"2_lisi/c.png","from above"\n',
    });
    const { captions, repeats, problems } = await read(dir);
    assert.deepEqual(captions, {
      "10_zhangsan man/a.png": "a man",
      "10_zhangsan man/b.png": "own metadata",
      "2_lisi/c.png": "from above",
    });
    assert.deepEqual(repeats, { "10_zhangsan man/a.png": 10, "10_zhangsan man/b.png": 10, "2_lisi/c.png": 2 });
    assert.deepEqual(problems, ["FOLDER_NOT_USED 0_off", "FOLDER_NOT_USED backup"]);
  });

  it("reports pictures without a caption, and uses the trigger word or the folder's class name", async () => {
    const dir = folder({ "3_red_fox/a.png": true, "3_red_fox/b.png": true, "3_red_fox/b.txt": "  \n" });
    const plain = await read(dir);
    assert.deepEqual(Object.values(plain.captions), ["red fox", "red fox"]);
    assert.deepEqual(plain.problems, ["CAPTION_MISSING 3_red_fox/a.png", "CAPTION_MISSING 3_red_fox/b.png"]);
    assert.deepEqual(Object.values((await read(dir, { triggerWord: "zorro" })).captions), ["zorro", "zorro"]);
  });

  it("reports captions for absent files, repeated ones and ones that leave the folder", async () => {
    const dir = folder({
      "a.png": true,
      "metadata.csv":
        'a.png,one\na.png,two\nb.png,gone\n../c.png,up\n/etc/d.png,root\n"C:\\e.png",drive\nx/../../f.png,hidden\n',
    });
    writeFileSync(join(dir, "../c.png"), picture);
    const { captions, problems, values } = await read(dir);
    assert.deepEqual(captions, { "a.png": "one" });
    assert.deepEqual(problems.toSorted(), [
      "CAPTION_FOR_ABSENT_FILE metadata.csv:3",
      "CAPTION_OUTSIDE_FOLDER metadata.csv:4",
      "CAPTION_OUTSIDE_FOLDER metadata.csv:5",
      "CAPTION_OUTSIDE_FOLDER metadata.csv:6",
      "CAPTION_OUTSIDE_FOLDER metadata.csv:7",
      "CAPTION_TWICE metadata.csv:2",
    ]);
    assert.ok(values.includes("b.png"));
  });

  it("finds names in another case, another normal form, and with backslashes", async () => {
    const dir = folder({
      "IMG.PNG": true,
      "Ame\u0301lie.jpeg": true,
      "1_x/c.WebP": true,
      "metadata.csv": "img.png,upper\nAm\u00e9lie.jpeg,accent\n1_x\\c.webp,slash\n",
    });
    const { captions, problems } = await read(dir);
    assert.deepEqual(Object.values(captions).toSorted(), ["accent", "slash", "upper"]);
    assert.deepEqual(problems, []);
  });

  it("leaves out hidden files and follows links", async () => {
    const dir = folder({ "a.png": true, "._a.png": "resource fork", ".hidden/b.png": true, "notes.md": "x" });
    const elsewhere = folder({ "5_far/c.png": true });
    symlinkSync(join(elsewhere, "5_far/c.png"), join(dir, "link.png"));
    symlinkSync(join(elsewhere, "5_far"), join(dir, "5_far"));
    symlinkSync(join(elsewhere, "gone.png"), join(dir, "broken.png"));
    symlinkSync(dir, join(dir, "1_loop"));
    const { repeats, problems } = await read(dir);
    assert.deepEqual(repeats, { "a.png": 1, "link.png": 1, "5_far/c.png": 5, "1_loop/a.png": 1, "1_loop/link.png": 1 });
    assert.ok(problems.includes("IMAGE_UNREADABLE broken.png"));
  });

  it("one bad picture names itself and is skipped", async () => {
    const dir = folder({ "a.png": true, "bad.png": "no", "cut.png": picture.subarray(0, 60), "old.bmp": "BM" });
    const { captions, problems } = await read(dir, { triggerWord: "x" });
    assert.deepEqual(Object.keys(captions), ["a.png"]);
    const bad = problems.filter((line) => line.startsWith("IMAGE_UNREADABLE"));
    assert.deepEqual(bad, ["IMAGE_UNREADABLE bad.png", "IMAGE_UNREADABLE cut.png", "IMAGE_UNREADABLE old.bmp"]);
  });

  it("all bad, none, no folder and a file for a folder are errors", async () => {
    assert.match(
      await failure(folder({ "a.png": "no", "b.jpg": "no" })),
      /^DATASET_UNREADABLE .*got 2 .*first: a\.png/,
    );
    assert.match(await failure(folder({ "a.txt": "no" })), /^DATASET_EMPTY .*\.png .*10_zhangsan/);
    assert.match(await failure(join(tempDir(), "no")), /^DATASET_NOT_FOUND .*got nothing/);
    assert.match(await failure(join(folder({ "a.png": true }), "a.png")), /^DATASET_NOT_FOUND .*got a file/);
  });

  it("names a metadata file that is no CSV in UTF-8", async () => {
    const dir = folder({ "a.png": true, "metadata.csv": Uint8Array.of(0x61, 0x2c, 0xc4, 0xe3, 0x0a) });
    assert.match(await failure(dir), /^CAPTIONS_NOT_UTF8 .*metadata\.csv:1/);
    const sidecar = folder({ "a.png": true, "a.txt": Uint8Array.of(0xc4, 0xe3) });
    assert.deepEqual((await read(sidecar)).problems, ["CAPTION_FILE_UNREADABLE a.txt", "CAPTION_MISSING a.png"]);
  });

  it("keeps what is odd about single rows", async () => {
    const dir = folder({ "a.png": true, "metadata.jsonl": '{"file_name":"a.png","text":"fine"}\nnot json\n' });
    const { captions, problems, values } = await read(dir);
    assert.deepEqual(captions, { "a.png": "fine" });
    assert.deepEqual(problems, ["CAPTION_ROW metadata.jsonl:2"]);
    assert.match(String(values[0]), /JSON/);
  });

  it("reads pictures for prior preservation, under one prompt or their own captions", async () => {
    const dir = folder({ "a.png": true, "a.txt": "zhangsan" });
    const classDir = folder({ "x.png": true, "x.txt": "a tall man", "y.png": true, "y.txt": "a man" });
    const own = await read(dir, { classDir });
    assert.deepEqual(
      own.classSamples.map(({ caption }) => caption),
      ["a tall man", "a man"],
    );
    assert.equal(own.samples.length, 1);
    const same = await read(dir, { classDir, classPrompt: "a man" });
    assert.deepEqual(
      same.classSamples.map(({ caption }) => caption),
      ["a man", "a man"],
    );
    assert.deepEqual(same.problems, []);
  });

  it("every error of the table is reached in these tests", () => {
    // DATASET_… and METADATA_… above, IMAGE_… in image.test.ts, BUCKETS_EMPTY in buckets.test.ts.
    // TEXT_… are the text data's, in text-dataset.test.ts; LABELS_… those of captions guessed, in auto-label.test.ts.
    const codes = Object.keys(dataErrors).filter((code) => !/^(TEXT|LABELS)_/.test(code));
    assert.deepEqual(codes.toSorted(), [
      "BUCKETS_EMPTY",
      "DATASET_EMPTY",
      "DATASET_NOT_FOUND",
      "DATASET_UNREADABLE",
      "IMAGE_ANIMATED",
      "IMAGE_NOT_READABLE",
      "IMAGE_TOO_LARGE",
      "METADATA_NOT_READABLE",
    ]);
  });
});
