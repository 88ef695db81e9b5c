import assert from "node:assert/strict";
import { studioMessages } from "../../../service/protocol/index.ts";
import { drawRequestOf, initialDrawForm, stepsFor } from "../../../plugin/panel/draw-form.ts";
import { seedsFrom } from "../../../plugin/panel/seeds.ts";
import { emptyTag } from "../../../plugin/panel/tag-edits.ts";

const tag = { ...emptyTag, modules: [{ module: "m", weight: 0.8 }], prompt: "zsmith", negative: "hat" };

describe("panel: draw form", () => {
  it("the tag's prompt and modules come first; an own negative prompt takes the tag's place", () => {
    const request = drawRequestOf({ ...initialDrawForm, prompt: "smiling" }, tag, "npc-smith", "portrait");
    assert.deepEqual(studioMessages.draw.parse(request), request);
    assert.equal(request.prompt, "zsmith, smiling");
    assert.equal(request.negative, "hat");
    assert.deepEqual(request.stack, tag.modules);
    assert.equal(drawRequestOf({ ...initialDrawForm, negative: "beard" }, tag, "n", "albedo").negative, "beard");
  });

  it("leaves the guidance to the base until somebody types one", () => {
    const guidanceFor = (guidance: string) =>
      drawRequestOf({ ...initialDrawForm, guidance }, tag, "n", "albedo").guidanceScale;
    assert.deepEqual(["", "x", "4,5", "99"].map(guidanceFor), [undefined, undefined, 4.5, 30]);
  });

  it("textures tile unless somebody says otherwise, portraits never do", () => {
    const tilingOf = (tiling: boolean, kind: "albedo" | "portrait") =>
      drawRequestOf({ ...initialDrawForm, tiling }, tag, "n", kind).tiling;
    assert.equal(initialDrawForm.tiling, true);
    assert.deepEqual(
      [tilingOf(true, "albedo"), tilingOf(false, "albedo"), tilingOf(true, "portrait")],
      [true, false, false],
    );
  });

  it("LCM begins with the few steps that it is made for", () => {
    const form = { ...initialDrawForm, sampler: "LCM", steps: "" } as const;
    assert.deepEqual([stepsFor("LCM"), drawRequestOf(form, tag, "n", "albedo").steps], ["4", 4]);
  });

  it("whatever is typed becomes a request that the protocol takes", () => {
    for (const text of ["", "x", "-5", "1e99", "7,5", "NaN"]) {
      const form = { ...initialDrawForm, seed: text, steps: text, guidance: text };
      const request = drawRequestOf(form, tag, "n", "albedo");
      assert.equal(studioMessages.draw.safeParse(request).success, true, text);
    }
  });

  it("seeds follow each other and never leave 32 bits", () => {
    assert.deepEqual(seedsFrom(5, 3), [5, 6, 7]);
    assert.deepEqual(seedsFrom(2 ** 32 - 2, 3), [2 ** 32 - 2, 2 ** 32 - 1, 0]);
    assert.equal(seedsFrom(1, 99).length, 16);
    assert.deepEqual(seedsFrom(Number.NaN, 0), [0]);
  });
});
