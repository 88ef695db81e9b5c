import assert from "node:assert/strict";
import { displayName, trainSettings } from "../../../service/protocol/index.ts";
import {
  blankForm,
  numberFields,
  readForm,
  saveStepsFor,
  suggestedForm,
  triggerWordFor,
  usableName,
  type NumberFieldName,
} from "../../../plugin/panel/settings-form.ts";

const names = Object.keys(numberFields) as NumberFieldName[];
const withNumber = (name: NumberFieldName, text: string) => ({
  ...blankForm,
  numbers: { ...blankForm.numbers, [name]: text },
});

describe("panel: settings form", () => {
  it("an untouched form asks for nothing, so that the trainer chooses", () => {
    assert.deepEqual(readForm(blankForm), { settings: {}, problems: {} });
  });

  it("suggestions become settings that the protocol takes", () => {
    const { settings, problems } = readForm(suggestedForm({ rank: 16, learningRate: 1e-4, steps: 600 }));
    assert.deepEqual(problems, {});
    assert.deepEqual(trainSettings.parse(settings), { rank: 16, learningRate: 1e-4, steps: 600, saveSteps: 100 });
  });

  it("its limits are those of the protocol, at both ends", () => {
    for (const name of names) {
      const { low, high } = numberFields[name];
      for (const value of [low, high]) {
        const { settings, problems } = readForm(withNumber(name, String(value)));
        assert.deepEqual(problems, {}, name);
        assert.equal(trainSettings.safeParse(settings).success, true, `${name} ${value}`);
      }
      const { settings, problems } = readForm(withNumber(name, String(high * 2 + 1)));
      assert.ok(problems[name], name);
      assert.equal(settings[name], undefined);
    }
  });

  it("says which field cannot be meant: words, parts of a step, negatives", () => {
    assert.ok(readForm(withNumber("steps", "many")).problems.steps?.whole);
    assert.ok(readForm(withNumber("steps", "1.5")).problems.steps);
    assert.ok(readForm(withNumber("alpha", "-1")).problems.alpha);
    assert.deepEqual(readForm(withNumber("learningRate", " 0,0002 ")).settings, { learningRate: 2e-4 });
    assert.deepEqual(readForm(withNumber("learningRate", "3e-4")).settings, { learningRate: 3e-4 });
  });

  it("short runs save four times, long ones every hundred steps", () => {
    assert.deepEqual([1, 40, 399, 4000].map(saveStepsFor), [1, 10, 100, 100]);
  });

  it("makes names and trigger words that can be used", () => {
    for (const text of ["Smith <b>", "老铁匠 No. 1", "…x/..\\y", "a".repeat(100)]) {
      assert.equal(displayName.safeParse(usableName(text)).success, true, text);
    }
    assert.equal(usableName("///"), "");
    assert.equal(triggerWordFor("npc-smith"), "zsmith");
    assert.equal(triggerWordFor("NPC_Old Smith.2"), "zoldsmith2");
    assert.equal(triggerWordFor("铁匠"), "zcharacter");
  });
});
