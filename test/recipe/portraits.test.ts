import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import { hairShows, portraitCaption } from "../../lora/recipe/portrait-caption.ts";
import {
  backgroundColors,
  clothesColors,
  hairColors,
  portraitStyles,
  skinColors,
  type PortraitAttributes,
  type StyleName,
} from "../../lora/recipe/portrait-styles.ts";
import { drawPortrait, heldOutStyles, portrait, portraitAttributes } from "../../lora/recipe/portraits.ts";
import { DataRandom } from "../../lora/recipe/random.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
const styleNames = Object.keys(portraitStyles) as StyleName[];

/** Every claim a caption of these attributes may make, as the phrases between commas (after "with"). */
function claims(caption: string): string[] {
  return caption.replace(/^(portrait of )?a person( with |, )/, "").split(", ");
}

function isShown(claim: string, a: PortraitAttributes): boolean {
  const hair = hairShows(a) ? [a.hairColor] : [];
  const colored = (noun: string, color: string): boolean => claim.endsWith(` ${noun}`) && claim === `${color} ${noun}`;
  if (claim.endsWith(" style")) return claim === `${a.style} style`;
  if (colored("background", a.background) || colored("shirt", a.clothes) || colored("skin", a.skin)) return true;
  if (a.headwear !== "none" && new RegExp(`^an? ${a.headwearColor} ${a.headwear}$`).test(claim)) return true;
  if (a.eyewear !== "none" && claim === a.eyewear) return true;
  if (a.facialHair !== "none" && claim === `a ${a.facialHair}`) return true;
  if (claim.replace(/ face$/, "") === a.expression) return true;
  if (claim === "a bald head") return a.hairShape === "bald" && a.headwear === "none";
  const cut = a.hairShape.split(" ")[0] ?? "";
  return hair.some((color) => claim.split(" ").includes(color) && (a.headwear !== "none" || claim.includes(cut)));
}

describe("portraits", () => {
  it("are the same for the same index on every machine", () => {
    const hashes = [0, 1, 2, 17, 4711].map((index) => sha(JSON.stringify(portrait(index))));
    assert.deepEqual(hashes, [
      "85ac93988bed0160",
      "12f2476bef25c48b",
      "8692516c09adc0d0",
      "7e2bcea27fbba3ca",
      "bba82fae8d92182a",
    ]);
    assert.notEqual(portrait(0, "validation").svg, portrait(0).svg);
  });

  it("have captions that claim only what is drawn", () => {
    for (let index = 0; index < 3000; index++) {
      const { caption, attributes } = portrait(index);
      for (const claim of claims(caption).filter((part) => part !== "")) {
        assert.ok(isShown(claim, attributes), `${index}: "${claim}" in "${caption}" of ${JSON.stringify(attributes)}`);
      }
    }
  });

  it("have captions of 6 to 28 words from a small vocabulary", () => {
    const vocabulary = new Set<string>();
    for (let index = 0; index < 3000; index++) {
      const words = portrait(index).caption.replaceAll(",", "").split(" ");
      assert.ok(words.length >= 5 && words.length <= 28, portrait(index).caption);
      for (const word of words) vocabulary.add(word);
    }
    assert.ok(vocabulary.size <= 80, `${vocabulary.size} words`);
  });

  it("are distinct pictures", () => {
    const pictures = new Set(Array.from({ length: 3000 }, (_, index) => sha(portrait(index).svg)));
    assert.ok(pictures.size > 2990, `${pictures.size} of 3000`);
  });

  it("draw the colours they name", () => {
    for (let index = 0; index < 300; index++) {
      const { attributes: a, svg } = portrait(index);
      const drawn: string[] = [backgroundColors[a.background], skinColors[a.skin], clothesColors[a.clothes]];
      if (hairShows(a)) drawn.push(hairColors[a.hairColor]);
      if (a.headwear !== "none") drawn.push(clothesColors[a.headwearColor]);
      for (const color of drawn) assert.ok(svg.includes(`#${color}`), `${index}: #${color} in ${JSON.stringify(a)}`);
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
      };
      const changed = (change: object): string => drawPortrait({ ...plain, ...change }, "0");
      const pictures = [
        ...Object.keys(table.hair).map((hairShape) => changed({ hairShape })),
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
    const a = { ...portraitAttributes(new DataRandom("hat"), "peeps"), headwear: "turban" as const };
    for (let i = 0; i < 50; i++) assert.doesNotMatch(portraitCaption(a, new DataRandom(`caption ${i}`)), /hair/);
  });
});
