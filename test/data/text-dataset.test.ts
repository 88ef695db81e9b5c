import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readTextDataset } from "../../lora/data/index.ts";
import { isRowReason } from "../../lora/data/text-reasons.ts";
import { parseDialogueRow } from "../../lora/data/text-rows.ts";
import { tempDir } from "../support/temp-dir.ts";

const exchange = [
  { role: "user", content: "Who are you?" },
  { role: "assistant", content: "A guard." },
];
const system = { role: "system", content: "Be gruff." };

describe("rows of dialogue files", () => {
  const layouts: Readonly<Record<string, [row: object, messages: object[]]>> = {
    "instruction–response": [{ instruction: "Who are you?", response: "A guard." }, exchange],
    "prompt–completion": [{ prompt: "Who are you?", completion: "A guard." }, exchange],
    "question–answer": [{ question: "Who are you?", answer: "A guard." }, exchange],
    "Alpaca without input": [{ instruction: "Who are you?", input: "", output: "A guard." }, exchange],
    "Alpaca with input, system and history": [
      {
        instruction: "Translate.",
        input: "你好",
        output: "Hello",
        system: "Be gruff.",
        history: [["Who are you?", "A guard."]],
      },
      [system, ...exchange, { role: "user", content: "Translate.\n你好" }, { role: "assistant", content: "Hello" }],
    ],
    messages: [{ messages: [system, ...exchange] }, [system, ...exchange]],
    "messages in parts": [
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Who are " },
              { type: "text", text: "you?" },
            ],
          },
          exchange[1],
        ],
      },
      exchange,
    ],
    ShareGPT: [
      {
        system: "Be gruff.",
        conversations: [
          { from: "human", value: "Who are you?" },
          { from: "gpt", value: "A guard." },
        ],
      },
      [system, ...exchange],
    ],
    "a last question without an answer is left out": [
      { messages: [...exchange, { role: "user", content: "?" }] },
      exchange,
    ],
  };
  for (const [name, [row, messages]] of Object.entries(layouts))
    it(name, () => assert.deepEqual(parseDialogueRow(row), messages));

  const broken: Readonly<Record<string, [row: unknown, reason: RegExp]>> = {
    "no object": [["a"], /expected an object, got \["a"\]/],
    "other keys": [{ text: "a" }, /expected messages, conversations, or instruction and response/],
    "an empty reply": [{ instruction: "a", response: " " }, /expected a reply to learn/],
    "a number for a text": [{ instruction: "a", response: 3 }, /expected a text for assistant, got 3/],
    "an unknown role": [{ messages: [{ role: "tool", content: "a" }] }, /expected a role from .*got "tool"/],
    "two turns of one": [{ messages: [exchange[0], exchange[0], exchange[1]] }, /in alternation, got user as turn 2/],
    "a list that is none": [{ messages: "a" }, /expected a list of messages, got "a"/],
    "a role that every object has": [{ messages: [{ role: "constructor", content: "a" }] }, /got "constructor"/],
    "a missing text": [{ messages: [{ role: "user" }] }, /expected a text for user, got nothing/],
    "history without pairs": [{ instruction: "a", output: "b", history: ["c"] }, /expected history as pairs/],
  };
  for (const [name, [row, reason]] of Object.entries(broken))
    it(`refuses ${name}`, () => assert.match((parseDialogueRow(row) as { reason: string }).reason, reason));

  it("never throws, whatever a row holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = parseDialogueRow(value);
        assert.ok(isRowReason(result) || result.length > 0);
      }),
    );
  });
});

describe("dialogue files", () => {
  const good = JSON.stringify({ instruction: "Who are you?", response: "A guard." });
  const file = (name: string, content: string): string => {
    const path = join(tempDir(), name);
    writeFileSync(path, content);
    return path;
  };

  it("skips broken lines and names them by file and line", () => {
    const path = file("guard.jsonl", `\uFEFF${good}\r\n\n{"instruction": "cut o\n${good}\n[1]\n`);
    const { dialogues, problems } = readTextDataset(path);
    assert.deepEqual(
      dialogues.map(({ line }) => line),
      [1, 4],
    );
    assert.deepEqual(
      problems.map((problem) => [problem.file, problem.line]),
      [
        [path, 3],
        [path, 5],
      ],
    );
    assert.match(problems[0]!.reason, /expected JSON/);
  });

  it("reads an array, as Alpaca is published", () => {
    const { dialogues, problems } = readTextDataset(file("alpaca.json", `[${good}, ${good}, 7]`));
    assert.deepEqual([dialogues.length, problems.length, problems[0]!.line], [2, 1, 3]);
    assert.throws(() => readTextDataset(file("cut.json", `[${good},`)), { code: "TEXT_NOT_JSON" });
  });

  it("reads every file of a folder in the order of their names", () => {
    const folder = tempDir();
    mkdirSync(join(folder, "sub"));
    for (const name of ["b.jsonl", "a.json", "notes.txt"]) writeFileSync(join(folder, name), good);
    const { dialogues } = readTextDataset(folder);
    assert.deepEqual(
      dialogues.map((dialogue) => dialogue.file),
      [join(folder, "a.json"), join(folder, "b.jsonl")],
    );
  });

  it("is an error where nothing is left, with the first reason", () => {
    const path = file("bad.jsonl", "{}\nnope\n");
    assert.throws(() => readTextDataset(path), {
      code: "TEXT_ALL_BROKEN",
      message: /2 lines.*bad\.jsonl:1: expected messages/,
    });
    assert.throws(() => readTextDataset(file("empty.jsonl", "\n")), { code: "TEXT_ALL_BROKEN" });
    assert.throws(() => readTextDataset(join(path, "..", "absent.jsonl")), { code: "TEXT_NOT_FOUND" });
    assert.throws(() => readTextDataset(tempDir()), { code: "TEXT_NOT_FOUND" });
  });
});
