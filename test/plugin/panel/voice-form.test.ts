import assert from "node:assert/strict";
import { voiceSettings } from "../../../service/protocol/index.ts";
import { readVoiceForm, suggestedVoiceForm, voiceFields } from "../../../plugin/panel/voice-form.ts";

describe("panel: settings of a voice", () => {
  it("suggests steps by the number of lines, within what makes sense, and something to choose from", () => {
    const steps = (lines: number) => readVoiceForm(suggestedVoiceForm(lines, 3)).settings;
    assert.equal(steps(1).steps, 40);
    assert.equal(steps(40).steps, 120);
    assert.equal(steps(20_000).steps, 800);
    assert.equal(readVoiceForm(suggestedVoiceForm(61, 0.75)).settings.steps, 46);
    for (const lines of [1, 40, 20_000]) {
      const { settings, problems } = readVoiceForm(suggestedVoiceForm(lines, 3));
      assert.deepEqual(problems, {});
      assert.deepEqual(voiceSettings.parse(settings), settings);
      assert.ok(settings.saveSteps! <= settings.steps! / 2);
    }
  });

  it("the limits of the fields are those of the protocol", () => {
    const form = suggestedVoiceForm(10, 3);
    for (const [name, { low, high }] of Object.entries(voiceFields)) {
      const takes = (value: number): boolean => {
        const typed = readVoiceForm({ ...form, numbers: { ...form.numbers, [name]: String(value) } });
        return Object.keys(typed.problems).length === 0;
      };
      assert.ok(takes(low) && takes(high), name);
      assert.ok(!takes(low - 1) && !takes(high + 1), name);
      for (const value of [low, high])
        assert.ok(voiceSettings.safeParse({ [name]: value }).success, `${name} ${value}`);
      assert.ok(!voiceSettings.safeParse({ [name]: low - 1 }).success, name);
    }
  });

  it("says which field cannot be meant", () => {
    const form = suggestedVoiceForm(10, 3);
    const { settings, problems } = readVoiceForm({
      ...form,
      numbers: { ...form.numbers, rank: "eight", steps: "12,5" },
    });
    assert.deepEqual(Object.keys(problems).toSorted(), ["rank", "steps"]);
    assert.equal(settings.rank, undefined);
  });
});
