import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp, { type Sharp } from "sharp";
import { adviseSettings, alphaForRank, guessSubject, learningRateForBatch } from "../../lora/data/advice.ts";
import { captionLikeness, checkCaptions, findContradiction } from "../../lora/data/caption-checks.ts";
import { measureImage, sameLook, SHARPNESS_MIN } from "../../lora/data/image-measures.ts";
import { type CheckOptions, checkDataset } from "../../lora/data/report.ts";
import { formatReport } from "../../lora/data/report-format.ts";
import { findingTexts } from "../../lora/data/report-texts.ts";
import { tempDir } from "../support/temp-dir.ts";
import { drawPicture } from "./pictures.ts";

const demo = resolve(import.meta.dirname, "../../assets/demo/zhangsan");
const demoNames = readdirSync(demo).filter((name) => name.endsWith(".png"));

/** Ten different sharp pictures with captions that have nothing wrong. */
const good = await Promise.all(
  Array.from({ length: 10 }, (_, index) =>
    drawPicture(index + 1, 512, 512)
      .png()
      .toBuffer(),
  ),
);

interface Extra {
  readonly picture?: Sharp | Buffer;
  readonly caption?: string;
}

/** A folder with the good pictures, and more or other ones by name; `captions` replaces all captions. */
async function folder(extra: Record<string, Extra> = {}, captions?: (index: number) => string): Promise<string> {
  const dir = join(tempDir(), "data");
  mkdirSync(dir);
  const rows: string[] = [];
  for (const [index, picture] of good.entries()) {
    writeFileSync(join(dir, `good${index}.png`), picture);
    rows.push(`good${index}.png,"${captions?.(index) ?? `photo of zs number ${index}`}"`);
  }
  for (const [name, { picture, caption }] of Object.entries(extra)) {
    if (picture !== undefined) {
      writeFileSync(join(dir, name), Buffer.isBuffer(picture) ? picture : await picture.png().toBuffer());
    }
    if (caption !== undefined) rows.push(`${name},"${caption}"`);
  }
  writeFileSync(join(dir, "metadata.csv"), rows.join("\n"));
  return dir;
}

async function check(dir: string, options: CheckOptions = {}): Promise<string[]> {
  const { findings } = await checkDataset(dir, options);
  return findings.map(({ code, file }) => (file === undefined ? code : `${code} ${file}`));
}

describe("data report", () => {
  it("finds nothing in good data", async () => {
    const report = await checkDataset(await folder());
    assert.deepEqual(report.findings, []);
    assert.equal(report.samples, 10);
    assert.match(formatReport(report), /data: 10 pictures \(nothing to improve\)\n$/);
  });

  it("finds nothing in the demonstration's pictures", async () => {
    assert.equal(demoNames.length, 20);
    assert.deepEqual(await check(demo, { triggerWord: "zhangsan" }), []);
  });

  it("small pictures: under 512, or under the base's resolution", async () => {
    const dir = await folder({ "small.png": { picture: drawPicture(50, 511, 700), caption: "photo of zs alone" } });
    assert.deepEqual(await check(dir), ["IMAGE_SMALL small.png"]);
    assert.deepEqual(await check(dir, { resolution: 256 }), []);
    assert.equal((await check(dir, { resolution: { width: 768, height: 768 } })).length, 11);
    const [finding] = (await checkDataset(dir)).findings;
    assert.deepEqual([finding!.severity, finding!.value], ["warning", "511×700 < 512×512"]);
  });

  it("blurred pictures", async () => {
    const dir = await folder({
      "blurred.png": {
        picture: await drawPicture(60, 512, 512).blur(3).png().toBuffer(),
        caption: "photo of zs alone",
      },
    });
    assert.deepEqual(await check(dir), ["IMAGE_BLURRED blurred.png"]);
  });

  it("near-duplicates, with the picture they repeat", async () => {
    const dir = await folder({
      "again.jpg": {
        picture: await sharp(good[3]).resize(520).jpeg({ quality: 60 }).toBuffer(),
        caption: "photo of zs number 3",
      },
    });
    const { findings } = await checkDataset(dir);
    assert.deepEqual(
      findings.map(({ code, file, value }) => [code, file, value]),
      [["IMAGE_DUPLICATE", "good3.png", "again.jpg"]],
    );
  });

  it("the same picture under different captions", async () => {
    const dir = await folder({ "z.png": { picture: good[0]!, caption: "woman in a red dress" } });
    assert.deepEqual(await check(dir), ["IMAGE_DUPLICATE z.png", "CAPTION_DIFFERS z.png"]);
  });

  it("too few pictures", async () => {
    const dir = tempDir();
    for (const name of demoNames.slice(0, 9)) copyFileSync(join(demo, name), join(dir, name));
    assert.equal((await check(dir))[0], "SAMPLES_FEW");
    copyFileSync(join(demo, demoNames[9]!), join(dir, "tenth.png"));
    assert.notEqual((await check(dir))[0], "SAMPLES_FEW");
  });

  it("missing captions, captions of absent files and unreadable pictures", async () => {
    const dir = await folder({
      "silent.png": { picture: drawPicture(70, 512, 512) },
      "gone.png": { caption: "photo of zs gone" },
      "bad.png": { picture: Buffer.from("no"), caption: "photo of zs bad" },
      "../out.png": { caption: "photo of zs out" },
    });
    assert.deepEqual(await check(dir), [
      "IMAGE_UNREADABLE bad.png",
      "CAPTION_OUTSIDE_FOLDER metadata.csv:13",
      "CAPTION_MISSING silent.png",
      "CAPTION_FOR_ABSENT_FILE metadata.csv:11",
    ]);
  });

  it("one caption for all, and captions without the trigger word", async () => {
    assert.deepEqual(await check(await folder({}, () => "photo of zs")), ["CAPTION_ONE_FOR_ALL"]);
    const dir = await folder({}, (index) => (index === 4 ? "a man" : `zs ${index}`));
    assert.deepEqual(await check(dir, { triggerWord: "zs" }), ["CAPTION_TRIGGER_MISSING good4.png"]);
    assert.deepEqual(await check(dir), []);
  });

  it("captions in another language or of another form", async () => {
    const chinese = await folder({}, (index) => (index === 2 ? "一个戴眼镜的男人" : `photo of zs ${index}`));
    assert.deepEqual(await check(chinese), ["CAPTION_LANGUAGES_MIXED good2.png"]);
    const allChinese = await folder({}, (index) => `zs，第${index}张，戴眼镜的男人`);
    assert.deepEqual(await check(allChinese, { triggerWord: "zs" }), []);
    const forms = await folder({}, (index) =>
      index < 4 ? `1boy, black hair, glasses, smile, no${index}` : `The man number ${index} looks out of the window.`,
    );
    assert.deepEqual(await check(forms), ["CAPTION_FORMS_MIXED"]);
  });

  it("captions that contradict themselves", async () => {
    const dir = await folder({}, (index) =>
      index === 6 ? "a man with glasses, without glasses" : `photo of zs ${index}`,
    );
    assert.deepEqual(await check(dir), ["CAPTION_CONTRADICTS_ITSELF good6.png"]);
  });

  it("takes a data set that was already read", async () => {
    const dir = await folder();
    const { readImageDataset } = await import("../../lora/data/dataset.ts");
    const dataset = await readImageDataset({ dir });
    assert.deepEqual((await checkDataset(dataset)).findings, []);
  });

  it("compares settings with the seed's rules", async () => {
    const dir = await folder({}, (index) => `portrait of zs ${index}`);
    const config = {
      rank: 8,
      alpha: 8,
      batchSize: 1,
      gradientAccumulationSteps: 1,
      learningRate: 2e-3,
      saveSteps: 500,
    };
    assert.deepEqual(await check(dir, { config }), [
      "ALPHA_NOT_TWICE_RANK",
      "RANK_LOW_FOR_FACE",
      "LEARNING_RATE_FOR_BATCH",
      "SAVE_STEPS_FAR_APART",
    ]);
    assert.deepEqual((await check(dir, { config, subject: "style" })).includes("RANK_LOW_FOR_FACE"), false);
  });

  it("speaks Chinese", async () => {
    const dir = await folder({ "小图.png": { picture: drawPicture(50, 300, 300), caption: "photo of zs alone" } });
    const report = await checkDataset(dir, { lang: "zh" });
    assert.match(report.findings[0]!.advice, /原图/);
    const text = formatReport(report);
    assert.match(text, /警告 {2}分辨率过低的图片 \(1\)\n {2}小图\.png {2}300×300 < 512×512\n {2}→ /);
  });

  it("prints one block for each kind, columns in line, long lists cut", async () => {
    const small = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [
        `s${"x".repeat(index % 3)}${index}.png`,
        { picture: drawPicture(100 + index, 200, 200), caption: `photo of zs small ${index}` },
      ]),
    );
    const text = formatReport(await checkDataset(await folder(small)));
    assert.match(text, /25 pictures \(warning 15\)/);
    assert.match(text, /WARNING {2}Small pictures \(15\)/);
    assert.match(text, /… and 3 more/);
    const columns = text
      .split("\n")
      .filter((line) => line.includes("200×200"))
      .map((line) => line.indexOf("200×200"));
    assert.equal(columns.length, 12);
    assert.equal(new Set(columns).size, 1);
  });

  it("is plain data for JSON", async () => {
    const report = await checkDataset(await folder({ "bad.png": { picture: Buffer.from("no") } }));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it("has words for every kind of finding in both languages, and neither is empty", () => {
    for (const [code, { en, zh }] of Object.entries(findingTexts)) {
      for (const text of [en, zh]) {
        assert.ok(text.title !== "" && text.message(3).includes("3") && text.advice !== "", code);
      }
      assert.match(zh.advice, /\p{Script=Han}/u);
      assert.doesNotMatch(en.advice, /\p{Script=Han}/u);
    }
  });
});

describe("sharpness", () => {
  const measure = async (picture: Sharp): Promise<number> => {
    const file = join(tempDir(), "a.png");
    const { width, height } = await picture.png().toFile(file);
    return (await measureImage(file, { width, height })).sharpness;
  };

  it("tells a picture from its own blurred copies, from σ = 2 on, for drawings and for photograph-like detail", async () => {
    const sources = [
      ...demoNames.slice(0, 6).map((name) => () => sharp(join(demo, name))),
      ...[1, 2].map((seed) => () => drawPicture(seed, 512, 512)),
    ];
    for (const source of sources) {
      const sharpValue = await measure(source());
      assert.ok(sharpValue > 2 * SHARPNESS_MIN, `sharp: ${sharpValue}`);
      for (const sigma of [2, 5]) {
        const blurred = await measure(source().blur(sigma));
        assert.ok(blurred < SHARPNESS_MIN, `σ ${sigma}: ${blurred}`);
      }
    }
  });

  it("a sharp face before a soft background is sharp", async () => {
    const face = await drawPicture(5, 256, 256).png().toBuffer();
    const soft = await drawPicture(6, 1024, 1024).blur(8).png().toBuffer();
    assert.ok((await measure(sharp(soft).composite([{ input: face }]))) > SHARPNESS_MIN);
    assert.ok((await measure(sharp(soft))) < SHARPNESS_MIN);
  });

  it("does not depend on JPEG compression or size in pixels", async () => {
    const large = await drawPicture(8, 1536, 1536).png().toBuffer();
    assert.ok((await measure(sharp(large))) > SHARPNESS_MIN);
    const jpeg = await drawPicture(8, 512, 512).jpeg({ quality: 60 }).toBuffer();
    assert.ok((await measure(sharp(jpeg))) > SHARPNESS_MIN);
  });
});

describe("sameLook", () => {
  const fingerprint = async (picture: Buffer) => {
    const file = join(tempDir(), "a.png");
    writeFileSync(file, picture);
    const { width, height } = await sharp(picture).metadata();
    return (await measureImage(file, { width, height })).fingerprint;
  };

  it("knows copies at another size, quality or brightness", async () => {
    for (const name of demoNames.slice(0, 6)) {
      const original = join(demo, name);
      const own = await fingerprint(await sharp(original).png().toBuffer());
      for (const copy of [
        sharp(original).resize(256).png(),
        sharp(original).flatten().jpeg({ quality: 30 }),
        sharp(original).modulate({ brightness: 1.15 }).png(),
        sharp(original).webp({ quality: 50 }),
      ]) {
        assert.ok(sameLook(own, await fingerprint(await copy.toBuffer())), name);
      }
    }
  });

  it("keeps apart twenty drawings of one character, and random pictures", async () => {
    const all = await Promise.all(
      demoNames.map(async (name) => fingerprint(await sharp(join(demo, name)).png().toBuffer())),
    );
    all.push(...(await Promise.all(good.map(fingerprint))));
    for (const [i, a] of all.entries()) {
      for (const [j, b] of all.entries()) assert.equal(sameLook(a, b), i === j, `${i} ${j}`);
    }
  });
});

describe("captions", () => {
  it("finds contradictions within one caption", () => {
    for (const [caption, found] of [
      ["a man with glasses, without glasses", "glasses / without glasses"],
      ["man wearing a hat, no hat", "hat / no hat"],
      ["girl, long hair, short hair", "long hair / short hair"],
      ["室内，室外，男人", "室内 / 室外"],
      ["戴眼镜的男人，不戴眼镜", "眼镜 / 不戴眼镜"],
    ] as const) {
      assert.equal(findContradiction(caption), found, caption);
    }
  });

  it("leaves alone what only sounds like one", () => {
    for (const caption of [
      "a man without glasses",
      "a man with black hair, wearing glasses, smiling",
      "portrait of a Chinese man in suit, serious expression",
      "a man with long hair and a woman with short hair",
      "two women, one with glasses, one without glasses",
      "no one on the street",
      "没有戴眼镜的男人",
      "",
    ]) {
      assert.equal(findContradiction(caption), undefined, caption);
    }
  });

  it("the seed's own captions are fine", () => {
    const samples = [
      "a man with black hair, wearing glasses, smiling",
      "portrait of a Chinese man in suit, serious expression",
    ];
    assert.deepEqual(
      checkCaptions(
        samples.map((caption, index) => ({ file: String(index), caption })),
        undefined,
      ),
      [],
    );
  });

  it("likeness is the share of common words", () => {
    assert.equal(captionLikeness("a b c", "A, B, C!"), 1);
    assert.equal(captionLikeness("a b", "c d"), 0);
    assert.equal(captionLikeness("戴眼镜", "眼镜"), 2 / 3);
    assert.equal(captionLikeness("", ""), 1);
  });
});

describe("advice", () => {
  const settings = {
    rank: 8,
    alpha: 16,
    batchSize: 4,
    gradientAccumulationSteps: 1,
    learningRate: 2e-4,
    saveSteps: 100,
  };
  const codes = (change: Partial<typeof settings>, subject?: "face" | "style") =>
    adviseSettings({ ...settings, ...change }, subject).map(({ code, value }) => `${code} ${value}`);

  it("has nothing to say about the seed's configuration", () => {
    assert.deepEqual(codes({}, "style"), []);
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({ rank: 16, alpha: 32 }, "face"), []);
  });

  it("follows the seed's table", () => {
    assert.deepEqual(codes({ alpha: 8 }), ["ALPHA_NOT_TWICE_RANK 8 → 16"]);
    assert.deepEqual(codes({}, "face"), ["RANK_LOW_FOR_FACE 8 → 12–16"]);
    assert.deepEqual(codes({ rank: 12, alpha: 24 }, "face"), []);
    assert.deepEqual(codes({ rank: 16, alpha: 32 }, "style"), ["RANK_HIGH_FOR_STYLE 16 → 4–8"]);
    assert.deepEqual(codes({ saveSteps: 101 }), ["SAVE_STEPS_FAR_APART 101 → 50–100"]);
    assert.deepEqual(codes({ learningRate: 1e-3 }), ["LEARNING_RATE_FOR_BATCH 0.001 → 2e-4"]);
    assert.deepEqual(codes({ batchSize: 8 }), ["LEARNING_RATE_FOR_BATCH 0.0002 → 1e-4"]);
    assert.deepEqual(codes({ batchSize: 2, learningRate: 3e-4 }), []);
    assert.deepEqual(codes({ learningRate: 1e-5 }), ["LEARNING_RATE_FOR_BATCH 0.00001 → 2e-4"]);
    assert.equal(alphaForRank(16), 32);
    assert.deepEqual([1, 2, 4, 5].map(learningRateForBatch), [3e-4, 3e-4, 2e-4, 1e-4]);
  });

  it("guesses from captions what is learned", () => {
    assert.equal(guessSubject(["portrait of zs", "a man in a suit"]), "face");
    assert.equal(guessSubject(["a house, ink painting style", "a man, ink painting style"]), "style");
    assert.equal(guessSubject(["一个男人"]), "face");
    assert.equal(guessSubject(["a chair", "a lamp"]), undefined);
    assert.equal(guessSubject([]), undefined);
  });
});
