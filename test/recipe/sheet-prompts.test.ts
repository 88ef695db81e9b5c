import assert from "node:assert/strict";
import { heldOutStyles } from "../../lora/recipe/portraits.ts";
import { portraitStyles } from "../../lora/recipe/portrait-styles.ts";
import { SHEET_COLUMNS, sheetPrompts, tiledPrompts } from "../../lora/recipe/sheet-prompts.ts";
import { heldOutTextures, textureKinds } from "../../lora/recipe/textures.ts";
import { textureCaptionZh } from "../../lora/recipe/texture-caption.ts";
import { DataRandom } from "../../lora/recipe/random.ts";

const isChinese = (prompt: string): boolean => /\p{Script=Han}/u.test(prompt);
const portraits = sheetPrompts.filter(({ kind }) => kind === "portrait");
const textures = sheetPrompts.filter(({ kind }) => kind === "texture");
const chineseName = (kind: (typeof textureKinds)[number]): string => {
  const caption = textureCaptionZh(
    { kind, color: "", scale: "small", wear: "none", light: "none" },
    new DataRandom("1"),
  );
  return caption.split(/[，,]/)[0]!.replace(/(无缝|纹理|贴图)/g, "");
};

describe("prompts of the sheet", () => {
  it("are 64 in eight rows, each pair of prompt and seed once", () => {
    assert.equal(sheetPrompts.length, SHEET_COLUMNS ** 2);
    assert.equal(new Set(sheetPrompts.map(({ prompt, seed }) => `${seed} ${prompt}`)).size, 64);
    assert.equal(new Set(sheetPrompts.map(({ prompt }) => prompt)).size, 64);
    assert.deepEqual([portraits.length, textures.length], [40, 24]);
  });

  it("are in both languages, for portraits and for textures", () => {
    for (const part of [portraits, textures]) {
      const chinese = part.filter(({ prompt }) => isChinese(prompt)).length;
      assert.ok(chinese >= 8 && part.length - chinese >= 8, `${chinese} of ${part.length}`);
    }
  });

  it("name every style and every kind of texture that the base learns, and none that it does not", () => {
    const names = (words: string) => sheetPrompts.some(({ prompt }) => prompt.includes(words));
    for (const style of Object.keys(portraitStyles)) assert.ok(names(style), style);
    for (const kind of textureKinds) assert.ok(names(` ${kind}`) || names(chineseName(kind)), kind);
    for (const unseen of [...heldOutStyles, ...heldOutTextures]) assert.ok(!names(unseen), unseen);
  });

  it("change one thing at a time in the row of one person", () => {
    const [first, ...others] = sheetPrompts.slice(3 * SHEET_COLUMNS, 4 * SHEET_COLUMNS);
    const words = first!.prompt.split(", ");
    for (const { prompt, seed } of others) {
      assert.equal(seed, first!.seed);
      const kept = prompt.split(", ").filter((phrase) => words.includes(phrase)).length;
      assert.ok(kept >= words.length - 1, prompt);
    }
  });

  it("of the tiled sheet are six textures of the sheet", () => {
    assert.equal(tiledPrompts.length, 6);
    for (const prompt of tiledPrompts) assert.ok(textures.includes(prompt));
  });
});
