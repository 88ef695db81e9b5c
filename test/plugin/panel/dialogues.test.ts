import assert from "node:assert/strict";
import fc from "fast-check";
import {
  blankDialogue,
  firstQuestions,
  isComplete,
  removeDialogue,
  setTurn,
  toJsonLines,
  type Dialogues,
} from "../../../plugin/panel/dialogues.ts";

const exchange = (user: string, assistant: string): Dialogues[number] => ({
  messages: [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ],
});
const two: Dialogues = Object.freeze([exchange("Hi", "Aye."), exchange("Swords?", "Two coins.")]);

describe("panel: dialogues", () => {
  it("an edit changes one turn of one dialogue, and leaves the old list as it was", () => {
    assert.deepEqual(setTurn(two, 1, 0, "Axes?"), [exchange("Hi", "Aye."), exchange("Axes?", "Two coins.")]);
    assert.deepEqual(removeDialogue(two, 0), [exchange("Swords?", "Two coins.")]);
    assert.deepEqual(two, [exchange("Hi", "Aye."), exchange("Swords?", "Two coins.")]);
  });

  it("a dialogue that lacks words is not sent", () => {
    assert.equal(isComplete(blankDialogue), false);
    assert.equal(isComplete(exchange("Hi", "  ")), false);
    assert.equal(toJsonLines([...two, blankDialogue]).split("\n").length, 2);
    assert.equal(toJsonLines([blankDialogue]), "");
  });

  it("each line of what is sent is the JSON of one dialogue, whatever stands in it", () => {
    const words = fc.string({ minLength: 1 }).filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(fc.array(fc.tuple(words, words), { minLength: 1 }), (pairs) => {
        const dialogues = pairs.map(([user, assistant]) => exchange(user, assistant));
        const lines = toJsonLines(dialogues).split("\n");
        assert.deepEqual(
          lines.map((line) => JSON.parse(line) as unknown),
          dialogues,
        );
      }),
    );
  });

  it("suggests the first questions, once each and on one line", () => {
    const many = [exchange("Hi\n there", "a"), exchange("Hi there", "b"), ...two, blankDialogue];
    assert.deepEqual(firstQuestions(many, 2), ["Hi there", "Hi"]);
    assert.deepEqual(firstQuestions([blankDialogue], 3), []);
  });
});
