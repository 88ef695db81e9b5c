import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import sharp from "sharp";
import { readImageDataset } from "../../../lora/data/index.ts";
import type { Library } from "../../../service/library/index.ts";
import { limits } from "../../../service/protocol/index.ts";
import { tables, type Store } from "../../../service/store/index.ts";
import { ADA, openLibrary, sha256, type OpenLibrary } from "./open-library.ts";
import { bomb, html, phonePhoto, png, stream, svg } from "./sample-pictures.ts";

describe("data sets", function () {
  this.timeout(300_000);
  let open: OpenLibrary;
  let library: Library;
  let store: Store;
  let folder: string;

  before(async () => {
    open = await openLibrary();
    ({ library, store, folder } = open);
  });
  after(() => open.close());

  const newDataset = async (name = "Smith"): Promise<string> =>
    (await library.createDataset({ name, nodeId: "npc-smith", owner: ADA })).id;
  const add = (id: string, data: Buffer, name = "a.png") => library.addImage(id, { name, data: stream(data) }, ADA);
  const objects = async (): Promise<string[]> =>
    (await readdir(join(folder, "objects"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted();

  it("R20 keep a picture as it came, and show it upright without what the camera wrote", async () => {
    const id = await newDataset();
    const photo = await phonePhoto(1);
    const image = await add(id, photo, "IMG_0001.JPG");
    assert.deepEqual(
      { ...image, id: "", sha256: "" },
      {
        id: "",
        name: "IMG_0001.JPG",
        caption: "",
        width: 64,
        height: 96, // stored lying, seen upright
        sha256: "",
      },
    );
    const [row] = await store.db.select().from(tables.images).where(eq(tables.images.id, image.id));
    assert.deepEqual(await store.objects.read(row?.originalSha256 ?? ""), photo);
    const shown = await library.readAsset(image.sha256);
    assert.ok(shown);
    assert.equal(sha256(shown), image.sha256);
    const { format, width, height, exif, orientation } = await sharp(shown).metadata();
    assert.deepEqual(
      { format, width, height, exif, orientation },
      {
        format: "png",
        width: 64,
        height: 96,
        exif: undefined,
        orientation: undefined,
      },
    );
    // Turned by 90°: the left column of what is stored is the top row of what is seen.
    const stored = await sharp(photo).raw().toBuffer();
    const seen = await sharp(shown).removeAlpha().raw().toBuffer();
    const topLeft = [...stored.subarray(63 * 96 * 3, 63 * 96 * 3 + 3)];
    assert.deepEqual([...seen.subarray(0, 3)], topLeft);
  });

  it("are not read by their originals: an original is no asset", async () => {
    const id = await newDataset();
    const photo = await phonePhoto(2);
    await add(id, photo);
    assert.equal(await store.objects.has(sha256(photo)), true);
    assert.equal(await library.isAsset(sha256(photo)), false);
    assert.equal(await library.readAsset(sha256(photo)), undefined);
  });

  it("take PNG, JPEG, WebP, AVIF, GIF and TIFF of any depth and colour", async () => {
    const id = await newDataset();
    const picture = sharp(await png(3));
    const files = await Promise.all([
      picture.clone().webp().toBuffer(),
      picture.clone().avif({ effort: 0 }).toBuffer(),
      picture.clone().gif().toBuffer(),
      picture.clone().tiff().toBuffer(),
      picture.clone().toColourspace("cmyk").jpeg().toBuffer(),
      picture.clone().toColourspace("rgb16").png().toBuffer(),
      picture.clone().greyscale().png().toBuffer(),
      picture.clone().ensureAlpha(0.5).png().toBuffer(),
    ]);
    for (const [index, file] of files.entries()) {
      const image = await add(id, file, `${index}`);
      const { depth, space, format } = await sharp(await library.readAsset(image.sha256)).metadata();
      assert.deepEqual([depth, format], ["uchar", "png"], `${index}`);
      assert.match(space ?? "", /srgb|b-w/);
    }
    assert.equal((await library.getDataset(id)).images.length, files.length);
  });

  it("make large pictures small enough to show and train on", async () => {
    const id = await newDataset();
    const large = await sharp({ create: { width: 5000, height: 2500, channels: 3, background: "#4080c0" } })
      .jpeg()
      .toBuffer();
    const { width, height } = await add(id, large);
    assert.deepEqual([width, height], [2048, 1024]);
  });

  const notPictures: [string, () => Promise<Buffer> | Buffer, string, object][] = [
    ["text", () => Buffer.from("hello"), "NOT_AN_IMAGE", { problem: "an unknown kind of file" }],
    ["an empty file", () => Buffer.alloc(0), "NOT_AN_IMAGE", { problem: "the file is empty" }],
    ["a page", () => html, "NOT_AN_IMAGE", { problem: "an unknown kind of file" }],
    ["a drawing that is a program", () => svg, "NOT_AN_IMAGE", { problem: "an unknown kind of file" }],
    [
      "half a picture",
      async () => (await png(4, 300, 300)).subarray(0, 100_000),
      "NOT_AN_IMAGE",
      { problem: "the file is damaged" },
    ],
    ["a picture that unpacks to 81 megapixels", () => bomb(9000), "IMAGE_TOO_LARGE", { limit: 64 }],
  ];
  for (const [what, make, code, params] of notPictures) {
    it(`refuse ${what}, and keep nothing of it`, async () => {
      const id = await newDataset();
      const before = await objects();
      await assert.rejects(add(id, await make(), "x.png"), (error: { code: string; params: object }) => {
        assert.equal(error.code, code);
        assert.deepEqual(error.params, { file: "x.png", ...params });
        return true;
      });
      assert.deepEqual(await objects(), before);
      assert.equal((await library.getDataset(id)).images.length, 0);
    });
  }

  it("stop reading a file that is too large", async () => {
    const id = await newDataset();
    let sent = 0;
    const endless = (async function* () {
      for (;;) {
        await Promise.resolve();
        sent += 2 ** 20;
        yield Buffer.alloc(2 ** 20);
      }
    })();
    await assert.rejects(library.addImage(id, { name: "big.png", data: endless }, ADA), {
      code: "UPLOAD_TOO_LARGE",
      params: { file: "big.png", limit: "32 MB" },
    });
    assert.ok(sent <= limits.imageBytesMax + 2 * 2 ** 20);
  });

  it("use a file's name for nothing but showing it", async () => {
    const id = await newDataset();
    const names: [string, string][] = [
      ["../../etc/passwd", "passwd"],
      ["C:\\Users\\ada\\smith.png", "smith.png"],
      ["<img src=x>.png", "img src=x.png"],
      ["a\u0000\u202eb\n.png", "ab.png"],
      ["..", ".."],
      ["", "picture"],
      ["照片 1.png", "照片 1.png"],
    ];
    for (const [index, [given, shown]] of names.entries()) {
      assert.equal((await add(id, await png(100 + index), given)).name, shown);
    }
    const long = await add(id, await png(120), `${"x".repeat(5000)}.png`);
    assert.ok(long.name.length <= 120 && long.name.endsWith(".png"));
  });

  it("have a picture once, however often it is sent", async () => {
    const id = await newDataset();
    const file = await png(5);
    const [a, b] = [await add(id, file), await add(id, file, "again.png")];
    assert.equal(a.id, b.id);
    assert.equal((await library.getDataset(id)).images.length, 1);
  });

  it("hold no more pictures than the limit, also of many sent at once", async () => {
    const id = await newDataset();
    const filler = { datasetId: id, name: "", caption: "", width: 1, height: 1, originalSha256: "", addedAt: 0 };
    await store.db.insert(tables.images).values(
      Array.from({ length: limits.imagesPerDatasetMax - 1 }, (_, at) => {
        return { ...filler, id: `${id}-${at}`, sha256: `${id}-${at}`, position: at + 1 };
      }),
    );
    const results = await Promise.allSettled([1, 2, 3].map(async (seed) => add(id, await png(seed))));
    const codes = results.map((result) =>
      result.status === "rejected" ? (result.reason as { code: string }).code : "ok",
    );
    assert.deepEqual(codes.toSorted(), ["TOO_MANY_IMAGES", "TOO_MANY_IMAGES", "ok"]);
    assert.equal((await library.datasetSummary(id)).images, limits.imagesPerDatasetMax);
  });

  it("change captions all together or not at all", async () => {
    const id = await newDataset();
    const [a, b] = [await add(id, await png(6)), await add(id, await png(7))];
    await library.setCaptions(id, { [a.id]: "a smith", [b.id]: 'says "hi", 铁匠' }, ADA);
    const { images, revision } = await library.getDataset(id);
    assert.deepEqual(
      images.map(({ caption }) => caption),
      ["a smith", 'says "hi", 铁匠'],
    );
    assert.equal(revision, 3);
    await assert.rejects(library.setCaptions(id, { [a.id]: "lost", nobody: "x" }, ADA), { code: "NOT_FOUND" });
    assert.deepEqual((await library.getDataset(id)).images, images);
    // A picture of another data set is unknown here.
    const other = await newDataset();
    await assert.rejects(library.setCaptions(other, { [a.id]: "stolen" }, ADA), { code: "NOT_FOUND" });
  });

  it("are deleted with their pictures, unless another data set has the same ones", async () => {
    const [one, two] = [await newDataset(), await newDataset()];
    const before = await objects();
    const shared = await png(8);
    const a = await add(one, shared);
    await add(two, shared);
    await add(one, await png(9));
    assert.equal((await objects()).length, before.length + 4); // two originals, two clean ones
    const erased = await open.heard("erased", () => library.removeDataset(one, ADA));
    assert.equal(erased.length, 2);
    assert.ok(await library.readAsset(a.sha256));
    await library.removeDataset(two, ADA);
    assert.deepEqual(await objects(), before);
    assert.equal(await library.readAsset(a.sha256), undefined);
    await assert.rejects(library.getDataset(one), { code: "NOT_FOUND" });
    await assert.rejects(library.removeDataset(one, ADA), { code: "NOT_FOUND" });
  });

  it("lose a single picture, and keep the order of the others", async () => {
    const id = await newDataset();
    const [a, b, c] = [await add(id, await png(10)), await add(id, await png(11)), await add(id, await png(12))];
    await library.removeImage(id, b.id, ADA);
    await assert.rejects(library.removeImage(id, b.id, ADA), { code: "NOT_FOUND" });
    const d = await add(id, await png(13));
    const ids = (await library.getDataset(id)).images.map((image) => image.id);
    assert.deepEqual(ids, [a.id, c.id, d.id]);
  });

  it("tell who listens of every change", async () => {
    const events = await open.heard("dataset", async () => {
      const id = await newDataset("Told");
      const image = await add(id, await png(14));
      await library.setCaptions(id, { [image.id]: "x" }, ADA);
      await library.removeImage(id, image.id, ADA);
      await library.removeDataset(id, ADA);
    });
    assert.equal(events.length, 5);
    assert.equal(new Set(events).size, 1);
  });

  it("are written as the folder that the trainer reads", async () => {
    const id = await newDataset();
    const [a, b] = [await add(id, await png(15)), await add(id, await png(16))];
    await library.setCaptions(id, { [a.id]: 'a smith, "old",\nsmiling', [b.id]: "铁匠" }, ADA);
    const target = join(folder, "exported");
    await mkdir(target);
    await writeFile(join(target, "stale.png"), "left by an earlier run");
    const hashes = await library.exportDataset(id, target);
    assert.deepEqual(hashes, [a.sha256, b.sha256]);
    const { samples, problems } = await readImageDataset({ dir: target });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      samples.map(({ caption, file }) => [caption, file.split("/").at(-1)]),
      [
        ['a smith, "old", smiling', "00001.png"],
        ["铁匠", "00002.png"],
      ],
    );
    assert.equal(sha256(await readFile(join(target, "00001.png"))), a.sha256);
    // Again after a change; and what was written outlives the data set.
    await library.removeImage(id, a.id, ADA);
    await library.exportDataset(id, target);
    assert.deepEqual((await readdir(target)).toSorted(), ["00002.png", "metadata.csv"]);
    await library.removeDataset(id, ADA);
    assert.equal(sha256(await readFile(join(target, "00002.png"))), b.sha256);
  });

  it("are reported on in terms of their pictures, in both languages", async () => {
    const id = await newDataset();
    const file = sharp(await png(17, 200, 200)).blur(8);
    const sharpOne = await add(id, await png(18, 200, 200), "sharp.png");
    const blurred = await add(id, await file.png().toBuffer(), "blurred.png");
    const twin = await add(id, await file.jpeg({ quality: 95 }).toBuffer(), "twin.jpg");
    const small = await add(id, await png(19, 30, 30), "small.png");
    await library.setCaptions(id, { [sharpOne.id]: "a man", [blurred.id]: "a man", [twin.id]: "a man" }, ADA);
    const report = await library.report(id, "en");
    assert.equal(report.images, 4);
    const of = (code: string) => report.findings.filter((finding) => finding.code === code);
    assert.ok(of("IMAGE_BLURRED").some(({ images }) => images[0] === blurred.id));
    assert.deepEqual(
      of("IMAGE_SMALL").map(({ images }) => images),
      [[small.id]],
    );
    assert.deepEqual(
      of("IMAGE_DUPLICATE").map(({ images }) => images),
      [[twin.id]],
    );
    assert.match(of("IMAGE_DUPLICATE")[0]?.message ?? "", /blurred\.png/);
    assert.deepEqual(
      of("CAPTION_MISSING").map(({ images }) => images),
      [[small.id]],
    );
    // No picture's number, no command of the terminal.
    for (const { message } of report.findings) assert.doesNotMatch(message, /\d{5}\.png|animula|\bcsv$/);
    const chinese = await library.report(id, "zh");
    assert.match(chinese.findings[0]?.message ?? "", /张图片。/);
    assert.deepEqual(await readdir(join(folder, "temporary")), []);
  });

  it("without pictures have nothing to report but settings to begin with", async () => {
    const { images, findings, suggested } = await library.report(await newDataset(), "en");
    assert.deepEqual([images, findings], [0, []]);
    assert.ok(suggested.rank > 0 && suggested.learningRate > 0 && suggested.steps > 0);
  });
});
