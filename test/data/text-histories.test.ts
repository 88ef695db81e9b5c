import assert from "node:assert/strict";
import { withHistories, type Dialogue } from "../../lora/data/index.ts";

const said = (line: number, system?: string): Dialogue => ({
  messages: [
    ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
    { role: "user", content: `question ${line}` },
    { role: "assistant", content: `answer ${line}` },
  ],
  file: "lines.jsonl",
  line,
});
const measured = (dialogues: readonly Dialogue[], tokens = 10) => dialogues.map((dialogue) => ({ dialogue, tokens }));
const options = { dialoguesMax: 4, maxLength: 100, seed: 1 };

describe("dialogues after others", () => {
  const twenty = Array.from({ length: 20 }, (_, line) => said(line));

  it("end each with a dialogue of its own, after one to three others, whole and in order", () => {
    const talks = withHistories(measured(twenty), options);
    assert.deepEqual(
      talks.map(({ line }) => line),
      twenty.map(({ line }) => line),
    );
    const lengths = new Set(talks.map(({ messages }) => messages.length));
    assert.deepEqual(
      [...lengths].toSorted((a, b) => a - b),
      [4, 6, 8],
    );
    talks.forEach(({ messages }, i) => {
      assert.deepEqual(messages.slice(-2), twenty[i]!.messages);
      messages.forEach(({ role }, at) => assert.equal(role, at % 2 === 0 ? "user" : "assistant"));
      for (let at = 0; at < messages.length; at += 2)
        assert.equal(messages[at]!.content.replace("question", "answer"), messages[at + 1]!.content);
    });
  });

  it("are the same for a seed, and none where each is to stay alone", () => {
    const all = measured(twenty);
    assert.deepEqual(withHistories(all, options), withHistories(all, options));
    assert.notDeepEqual(withHistories(all, options), withHistories(all, { ...options, seed: 2 }));
    assert.deepEqual(withHistories(all, { ...options, dialoguesMax: 1 }), []);
  });

  it("take no more than fits", () => {
    const talks = withHistories(measured(twenty), { ...options, maxLength: 20 });
    assert.ok(talks.length === 20 && talks.every(({ messages }) => messages.length === 4));
    assert.deepEqual(withHistories(measured(twenty), { ...options, maxLength: 19 }), []);
  });

  it("put nobody's words into the mouth of another", () => {
    const guards = Array.from({ length: 5 }, (_, line) => said(line, "You are a guard."));
    const cooks = Array.from({ length: 5 }, (_, line) => said(100 + line, "You are a cook."));
    for (const { messages } of withHistories(measured([...guards, ...cooks]), options)) {
      const [system, ...turns] = messages;
      assert.ok(turns.every(({ role }) => role !== "system"));
      const isCook = system!.content === "You are a cook.";
      for (const { content } of turns) assert.equal(Number(/\d+/.exec(content)![0]) >= 100, isCook);
    }
  });
});
