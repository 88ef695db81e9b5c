import assert from "node:assert/strict";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import {
  captionOf,
  CHARACTER_PROMPTS_MAX,
  characterPlan,
  characters,
  characterSubject,
  drawCharacter,
} from "../../lora/recipe/identity-characters.ts";
import { shareTold, tellableFacts } from "../../lora/recipe/identity-experiment.ts";
import { identityTable, settingsTable } from "../../lora/recipe/identity-report.ts";
import { areaUnderCurve, pairSimilarities, standardising } from "../../lora/recipe/identity-score.ts";
import { settingsVariants } from "../../lora/recipe/identity-settings.ts";
import { colorTeller, texturePlans, textureSubject } from "../../lora/recipe/identity-textures.ts";
import { textureFeatures } from "../../lora/recipe/identity-texture-features.ts";
import { identityConfig } from "../../lora/recipe/identity-training.ts";
import { heldOutStyles } from "../../lora/recipe/portraits.ts";
import { rasterizePortrait } from "../../lora/recipe/render-data.ts";
import { drawTexture, heldOutTextures } from "../../lora/recipe/textures.ts";

/** Mean difference of two pictures' bytes. */
const difference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

describe("held-out characters", () => {
  it("are two in each style that the base never sees, whose licence is CC BY 4.0", () => {
    const expected = [...heldOutStyles, ...heldOutStyles].sort();
    assert.deepEqual(characters.map(({ style }) => style).sort(), expected);
    for (const { meta } of [adventurer, bigSmile, micah, personas, toonHead])
      assert.equal(meta.license?.name, "CC BY 4.0");
  });

  it("are the same each time", async () => {
    const [once, again] = [await characterSubject(3, 2), await characterSubject(3, 2)];
    assert.deepEqual(once, again);
  });

  it("have looks that are all different, also at the most prompts", () => {
    for (const character of characters) {
      const { learned, held, prompts } = characterPlan(character, CHARACTER_PROMPTS_MAX);
      const captions = [...learned, ...held, ...prompts].map((look) => captionOf(character, look));
      assert.equal(new Set(captions).size, 12 + 12 + CHARACTER_PROMPTS_MAX, character.name);
    }
  });

  it("can be told apart by eye: one look, ten pictures", async () => {
    const look = { expression: "smiling", background: "white", clothes: "blue" } as const;
    const drawn = await Promise.all(characters.map((character) => rasterizePortrait(drawCharacter(character, look))));
    for (const [i, a] of drawn.entries())
      for (const [j, b] of drawn.entries()) if (i !== j) assert.ok(difference(a, b) > 8, `${i} ${j}`);
  });

  it("change with each part of the look that the style has", async () => {
    const [zmira, , zkarl] = characters;
    const look = { expression: "smiling", background: "white", clothes: "blue" } as const;
    const svg = drawCharacter(zkarl!, look);
    for (const other of [{ expression: "sad" }, { background: "red" }, { clothes: "red" }] as const)
      assert.notEqual(drawCharacter(zkarl!, { ...look, ...other }), svg);
    assert.equal(drawCharacter(zmira!, { ...look, clothes: "red" }), drawCharacter(zmira!, look));
  });

  it("tell in captions what varies, after the trigger word", () => {
    const [zmira, , zkarl] = characters;
    const first = (character: typeof zmira): string => captionOf(character!, characterPlan(character!, 1).learned[0]!);
    assert.match(first(zkarl), /^portrait of zkarl, [a-z ]+, [a-z]+ shirt, [a-z]+ background$/);
    assert.match(first(zmira), /^portrait of zmira, [a-z ]+, [a-z]+ background$/);
  });

  it("show in a picture's corner the background that its caption tells", async () => {
    const { pictures } = await characterSubject(4, 1);
    const corners = new Map(pictures.map(({ facts, pixels }) => [facts["background"], pixels.slice(0, 3)]));
    assert.equal(corners.size, 12);
    assert.deepEqual([...corners.get("black")!], [0x23, 0x24, 0x27]);
  });
});

describe("held-out textures as subjects", () => {
  it("never ask for what the module learned from", () => {
    for (const kind of heldOutTextures) {
      const { learned, held, prompts } = texturePlans(kind, 20);
      const known = new Set(learned.map((plan) => JSON.stringify(plan)));
      assert.equal(known.size, 12);
      assert.equal(prompts.length, 20);
      for (const plan of [...held, ...prompts]) assert.ok(!known.has(JSON.stringify(plan)));
    }
  });

  it("have a colour that can be told of pictures not seen", async () => {
    const subject = textureSubject(0, 1);
    const colorOf = colorTeller(subject.pictures);
    assert.deepEqual(await tellableFacts(subject, async (rgb) => ({ color: colorOf(rgb) })), ["color"]);
    assert.deepEqual(await tellableFacts(subject, async () => ({ color: "red" })), []);
  });
});

describe("features of textures", () => {
  const { pictures } = textureSubject(3, 1);

  it("do not change with the colours nor when the texture is moved", () => {
    const { pixels } = pictures[0]!;
    const features = textureFeatures(pixels);
    const swapped = pixels.map((_, i) => 255 - pixels[i]!);
    const moved = new Uint8Array(pixels.length);
    for (let y = 0; y < 128; y++) moved.set(pixels.subarray(y * 384, (y + 1) * 384), ((y + 32) % 128) * 384);
    textureFeatures(moved).forEach((value, i) => assert.ok(Math.abs(value - features[i]!) < 1e-3, `${i}`));
    // What is light is dark and the other way round: the third moment turns, nothing else does.
    textureFeatures(swapped).forEach((value, i) =>
      assert.ok(Math.abs(value - (i === 0 ? -1 : 1) * features[i]!) < 1e-3, `${i}`),
    );
  });

  it("are numbers for a flat picture too", () => {
    assert.ok(textureFeatures(new Uint8Array(128 * 128 * 3).fill(90)).every(Number.isFinite));
  });

  it("lie nearer within a kind than between kinds", () => {
    const groups = heldOutTextures.map((kind) =>
      texturePlans(kind, 1)
        .learned.slice(0, 4)
        .map((plan, i) => textureFeatures(drawTexture(plan, `${kind} ${i}`))),
    );
    const standardised = standardising(groups.flat());
    const { same, different } = pairSimilarities(groups.map((group) => group.map(standardised)));
    assert.ok(areaUnderCurve(same, different) > 0.85, `${areaUnderCurve(same, different)}`);
  });
});

describe("the identity experiment", () => {
  const base = "assets/base/mini-sd";

  it("trains as the studio suggests, or as a variant changes that", async () => {
    const subject = textureSubject(0, 1);
    const plain = identityConfig(base, subject, settingsVariants.defaults, "folder");
    assert.equal(plain.rank, 16);
    assert.equal(plain.learningRate, plain.suitedLearningRate);
    assert.equal(plain.maxTrainSteps, 950);
    assert.equal(plain.triggerWord, "zscales");
    const changed = identityConfig(base, subject, settingsVariants["double-steps-half-rate"], "folder");
    assert.equal(changed.maxTrainSteps, 1900);
    assert.equal(changed.learningRate, plain.learningRate / 2);
    for (const variant of Object.values(settingsVariants)) identityConfig(base, subject, variant, "folder");
  });

  it("counts facts that are told", () => {
    const asked = [{ facts: { a: "1", b: "2" } }, { facts: { a: "3", b: "4" } }];
    const told = [{ a: "1", b: "0" }, { a: "3" }];
    assert.equal(shareTold(asked, told, ["a", "b"]), 0.5);
    assert.equal(shareTold(asked, told, ["a"]), 1);
    assert.ok(Number.isNaN(shareTold(asked, told, [])));
  });

  it("writes tables with the mean, and a dash where nothing was judged", () => {
    const none = { trained: Number.NaN, base: Number.NaN, real: Number.NaN };
    const row = { name: "zmira", style: "adventurer", steps: 250, seconds: 60, judged: [] };
    const shares = { trained: 0.9, base: 0.1, real: 1 };
    const first = { ...row, base: 0, trained: 0.3, real: 0.4, recognised: shares, fidelity: none };
    const fidelity = { trained: 0.7, base: 0.75, real: 0.9 };
    const second = { ...row, base: 0.2, trained: 0.3, real: 0.4, recognised: shares, fidelity };
    const [, , one, , mean] = identityTable("character", [first, second]).split("\n");
    assert.match(one!, /\| 75\.0 % \|.*\| – \/ – \/ – \| – \| – \|$/);
    assert.match(mean!, /\*\*66\.7 %\*\*.*75\.0 % \/ 70\.0 % \/ 90\.0 %.*\*\*5\.0\*\*/);
    const settings = settingsTable([{ name: "defaults", measured: [first, second] }]).split("\n");
    assert.equal(settings[2], "| defaults | 250 | 66.7 % | 90.0 % | 5.0 | 60 |");
  });
});
