import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import { hairShows, portraitCaption } from "../../lora/recipe/portrait-caption.ts";
import { drawColor, nearestColor } from "../../lora/recipe/named-colors.ts";
import {
  backgroundColors,
  clothesColors,
  eyewearColors,
  hairColors,
  skinColors,
} from "../../lora/recipe/portrait-colors.ts";
import { portraitStyles, type PortraitAttributes, type StyleName } from "../../lora/recipe/portrait-styles.ts";
import {
  drawPortrait,
  heldOutStyles,
  portrait,
  portraitAttributes,
  portraitPaints,
  portraitPlan,
} from "../../lora/recipe/portraits.ts";
import { DataRandom } from "../../lora/recipe/random.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
const styleNames = Object.keys(portraitStyles) as StyleName[];

/** The phrases of an English caption, without articles, the opening and the words that join them. */
function claims(caption: string): string[] {
  return caption
    .replace(/^(portrait of )?(an? )?(1person|(old |elderly )?person|portrait)( with |, |$)/, "")
    .split(/, | and /)
    .map((claim) => claim.replace(/^(wearing|on|in front of) /, "").replace(/^an? /, ""))
    .filter((claim) => claim !== "");
}
const expressionWord: Record<string, string> = {
  smile: "smiling",
  "big laugh": "laughing",
  wink: "winking",
  "closed eyes": "eyes closed",
};
const withoutShade = (claim: string): string =>
  claim
    .replace(/\b(light|dark) (?!skin)/, "")
    .replace("grey", "gray")
    .replace("blonde", "blond");

function isShown(phrase: string, a: PortraitAttributes): boolean {
  const claim = withoutShade(phrase);
  const said = (noun: string, value: string): boolean => claim === `${value} ${noun}`;
  if (claim.endsWith(" style") || claim === "pixel art" || claim.endsWith("style drawing"))
    return claim.includes(a.style);
  if (said("background", a.background) || said(a.garment, a.clothes) || said("skin", a.skin)) return true;
  if (a.headwear !== "none" && said(a.headwear, a.headwearColor)) return true;
  if (a.eyewear !== "none" && (claim === a.eyewear || (a.eyewear === "glasses" && said("glasses", a.eyewearColor))))
    return true;
  if (claim === a.facialHair || claim === a.earrings || claim === a.freckles) return claim !== "none";
  if ((expressionWord[claim] ?? claim.replace(/ face$/, "")) === a.expression) return true;
  if (claim === "bald head" || claim === "no hair") return a.hairShape === "bald" && a.headwear === "none";
  const cut = a.hairShape.split(" ")[0] ?? "";
  const isColor = hairShows(a) && claim.split(" ").includes(a.hairColor);
  return isColor && (claim === `${a.hairColor} hair` || (a.headwear === "none" && claim.includes(cut)));
}

const tables = { backgroundColors, clothesColors, eyewearColors, hairColors, skinColors };

describe("portraits", () => {
  it("are the same for the same index on every machine", () => {
    const hashes = [0, 1, 2, 17, 4711].map((index) => sha(JSON.stringify(portrait(index))));
    assert.deepEqual(hashes, [
      "57639842eae0f7a5",
      "595a46ba41ca61b8",
      "f56b9375c1ef7a4b",
      "8c25cfea4fc061bb",
      "06b8bf8c3344f09d",
    ]);
    assert.notEqual(portrait(0, "validation").svg, portrait(0).svg);
  });

  it("have captions that claim only what is drawn", () => {
    for (let index = 0; index < 5000; index++) {
      const { caption, attributes } = portraitPlan(index);
      if (/\b(old|elderly) person/.test(caption)) assert.equal(attributes.age, "old", caption);
      for (const claim of claims(caption)) {
        assert.ok(isShown(claim, attributes), `${index}: "${claim}" in "${caption}" of ${JSON.stringify(attributes)}`);
      }
    }
  });

  it("have Chinese captions that claim only what is drawn", () => {
    const hues = {
      red: "红",
      orange: "橙",
      yellow: "黄",
      green: "绿",
      teal: "青",
      blue: "蓝",
      purple: "紫",
      pink: "粉",
    };
    const others = { brown: "棕", white: "白", gray: "灰", black: "黑" };
    const hueZh: Record<string, string> = { ...hues, ...others, blond: "金", gold: "金" };
    const rows: [RegExp, (a: PortraitAttributes) => string | boolean][] = [
      [/([红橙黄绿青蓝紫粉棕白灰黑])色背景/, (a) => hueZh[a.background]!],
      [/([红橙黄绿青蓝紫粉棕白灰黑])色(?:条纹上衣|格子上衣|上衣|高领衫|背心)/, (a) => hueZh[a.clothes]!],
      [
        /([红橙黄绿青蓝紫粉棕白灰黑金])色(?:短发|长发|头发|卷发|马尾|双马尾|丸子头|双丸子头|平头|波波头|爆炸头)/,
        (a) => hairShows(a) && hueZh[a.hairColor]!,
      ],
      [
        /([红橙黄绿青蓝紫粉棕白灰黑])色(?:礼帽|毛线帽|鸭舌帽|头巾)/,
        (a) => a.headwear !== "none" && hueZh[a.headwearColor]!,
      ],
      [/([红蓝金绿紫白黑])色眼镜/, (a) => a.eyewear === "glasses" && hueZh[a.eyewearColor]!],
      [/眼镜/, (a) => a.eyewear === "glasses"],
      [/墨镜/, (a) => a.eyewear === "sunglasses"],
      [/眼罩/, (a) => a.eyewear === "eyepatch"],
      [/大胡子/, (a) => a.facialHair === "beard"],
      [/小胡子/, (a) => a.facialHair === "moustache"],
      [/山羊胡/, (a) => a.facialHair === "goatee"],
      [/微笑/, (a) => a.expression === "smiling"],
      [/大笑/, (a) => a.expression === "laughing"],
      [/悲伤/, (a) => a.expression === "sad"],
      [/老人/, (a) => a.age === "old"],
      [/光头|没有头发/, (a) => a.hairShape === "bald"],
      [/像素/, (a) => a.style === "pixel"],
      [/耳环/, (a) => a.earrings === "earrings"],
      [/雀斑/, (a) => a.freckles === "freckles"],
    ];
    for (let index = 0; index < 5000; index++) {
      const { captionZh, attributes } = portraitPlan(index);
      assert.doesNotMatch(captionZh.replace(/(peeps|lorelei)风格/, ""), /[a-z]/, captionZh);
      for (const [pattern, expected] of rows) {
        const match = pattern.exec(captionZh);
        if (match !== null) assert.equal(expected(attributes), match[1] ?? true, `${pattern} in ${captionZh}`);
      }
    }
  });

  it("have captions of at most 34 words from a small vocabulary, in many wordings", () => {
    const vocabulary = new Set<string>();
    const captions = new Set<string>();
    for (let index = 0; index < 3000; index++) {
      const { caption, captionZh } = portraitPlan(index);
      const words = caption.replaceAll(",", "").split(" ");
      assert.ok(words.length <= 34 && words[0] !== "", caption);
      assert.doesNotMatch(caption, /\ba [aeiou]|undefined/, caption);
      assert.ok(captionZh.length > 0 && captionZh.length <= 80, captionZh);
      for (const word of words) vocabulary.add(word);
      captions.add(caption).add(captionZh);
    }
    assert.ok(vocabulary.size <= 130, `${vocabulary.size} words`);
    assert.ok(captions.size > 5400, `${captions.size} of 6000`);
  });

  it("are distinct (picture, caption) pairs, colours counted by their names only", function () {
    this.timeout(120_000);
    const seen = new Set<string>();
    // A part of the proof that is quick; `node lora/recipe/count-data.ts` counts all 200,000.
    for (let index = 0; index < 8000; index++) {
      const { attributes, variants, caption } = portraitPlan(index);
      seen.add(JSON.stringify([attributes, variants, caption]));
    }
    assert.ok(seen.size >= 7995, `${seen.size} of 8000`);
  });

  it("are distinct pictures", () => {
    const pictures = new Set(Array.from({ length: 2000 }, (_, index) => sha(portrait(index).svg)));
    assert.equal(pictures.size, 2000);
  });

  for (const [name, table] of Object.entries(tables))
    it(`${name}: a colour drawn for a name is nearest to that name, and is many colours`, () => {
      for (const color of Object.keys(table)) {
        const drawn = Array.from({ length: 100 }, (_, i) => drawColor(table, color, new DataRandom(`${color} ${i}`)));
        for (const { hex, shade } of drawn)
          assert.deepEqual(nearestColor(table, hex), { ...nearestColor(table, hex), name: color, shade });
        assert.ok(new Set(drawn.map(({ hex }) => hex)).size > 60, `${color} hardly varies`);
      }
    });

  it("draw the colours they name", () => {
    for (let index = 0; index < 300; index++) {
      const { attributes: a, paints, svg } = portrait(index);
      const drawn = [paints.background, paints.skin, paints.clothes];
      if (hairShows(a)) drawn.push(paints.hair);
      if (a.headwear !== "none") drawn.push(paints.headwear);
      if (a.eyewear === "glasses" && a.style !== "peeps") drawn.push(paints.eyewear);
      for (const { hex } of drawn) assert.ok(svg.includes(`#${hex}`), `${index}: #${hex} in ${JSON.stringify(a)}`);
      assert.equal(nearestColor(backgroundColors, paints.background.hex).name, a.background);
      assert.notEqual(a.background as string, a.hairColor, `${index}`);
      assert.notEqual(a.background as string, a.clothes, `${index}`);
    }
  });

  it("draw every named part of every style", () => {
    for (const style of styleNames) {
      const table = portraitStyles[style];
      const a = portraitAttributes(new DataRandom(`every part ${style}`), style);
      const plain: PortraitAttributes = {
        ...a,
        headwear: "none",
        eyewear: "none",
        facialHair: "none",
        expression: "smiling",
        age: "adult",
        garment: "shirt",
      };
      const changed = (change: object): string => drawPortrait({ ...plain, ...change }, "0");
      const pictures = [
        ...Object.keys(table.garment).map((garment) => changed({ garment })),
        ...Object.keys(table.hair)
          .slice(1)
          .map((hairShape) => changed({ hairShape })),
        ...Object.keys(table.headwear).map((headwear) => changed({ headwear })),
        ...Object.keys(table.eyewear).map((eyewear) => changed({ eyewear })),
        ...Object.keys(table.facialHair).map((facialHair) => changed({ facialHair })),
        ...Object.keys(table.expression)
          .filter((name) => name !== "smiling")
          .map((expression) => changed({ expression })),
      ];
      assert.equal(new Set(pictures).size, pictures.length, style);
    }
  });

  it("refuse a part the style lacks", () => {
    const a = portraitAttributes(new DataRandom("x"), "pixel");
    assert.throws(() => drawPortrait({ ...a, hairShape: "afro" }, "0"), /style pixel has no afro variant/);
  });

  it("use CC0 styles only, none of the held-out ones", () => {
    const sources = styleNames.map((style) => portraitStyles[style].source);
    for (const source of sources) assert.equal(source.meta?.license?.name, "CC0 1.0");
    const heldOut = { adventurer, bigSmile, micah, personas, toonHead };
    assert.deepEqual(Object.keys(heldOut), [...heldOutStyles]);
    for (const [name, style] of Object.entries(heldOut)) {
      assert.ok(!sources.some((source) => source.meta?.title === style.meta.title), name);
      assert.equal(style.meta.license?.name, "CC BY 4.0", name);
    }
  });

  it("name no hair under a hat that covers it", () => {
    const hatted = { ...portraitAttributes(new DataRandom("hat"), "peeps"), headwear: "turban" as const };
    const a = { ...hatted, paints: portraitPaints(hatted, new DataRandom("hat")) };
    for (let i = 0; i < 50; i++) assert.doesNotMatch(portraitCaption(a, new DataRandom(`caption ${i}`)), /hair/);
  });
});
