import assert from "node:assert/strict";
import { replyRows, replySteps } from "../../../plugin/panel/reply-rows.ts";

const replies = [
  { step: 10, index: 1, prompt: "Swords?", text: "Two coins." },
  { step: 0, index: 0, prompt: "Hi", text: "Hello." },
  { step: 10, index: 0, prompt: "Hi", text: "Aye." },
  { step: 20, index: 0, prompt: "Hi", text: "Aye, friend." },
];

describe("panel: replies by step", () => {
  it("steps are those with replies or a saved module; the base is none of them", () => {
    assert.deepEqual(replySteps(replies, [20, 30]), [10, 20, 30]);
    assert.deepEqual(replySteps(replies.slice(1, 2), []), []);
  });

  it("each prompt has a row, with what was said before beside what is said at the step", () => {
    assert.deepEqual(replyRows(replies, 10), [
      { prompt: "Hi", before: "Hello.", after: "Aye." },
      { prompt: "Swords?", before: undefined, after: "Two coins." },
    ]);
    assert.deepEqual(replyRows(replies, 20)[1], { prompt: "Swords?", before: undefined, after: undefined });
    assert.deepEqual(replyRows(replies, undefined)[0], { prompt: "Hi", before: "Hello.", after: undefined });
    assert.deepEqual(replyRows([], 10), []);
  });
});
