import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readDialogueLines } from "../../../service/library/dialogue-lines.ts";
import { limits } from "../../../service/protocol/index.ts";
import { openLibrary, type OpenLibrary } from "./open-library.ts";

const ADA = "Ada";
const turns = (text: string) =>
  readDialogueLines(text).dialogues.map(({ messages }) =>
    messages.map(({ role, content }) => [role[0], content].join(": ")),
  );

describe("lines", () => {
  it("R32 are read as JSON lines or an array, in the layouts that trainers read", () => {
    const rows = [
      { instruction: "Who?", response: "The guard." },
      { instruction: "Say it", input: "loud", output: "HALT" },
      {
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "ho" },
        ],
      },
      {
        conversations: [
          { from: "human", value: "你好" },
          { from: "gpt", value: "站住" },
        ],
      },
    ];
    const expected = [
      ["u: Who?", "a: The guard."],
      ["u: Say it\nloud", "a: HALT"],
      ["u: hi", "a: ho"],
      ["u: 你好", "a: 站住"],
    ];
    assert.deepEqual(turns(rows.map((row) => JSON.stringify(row)).join("\r\n")), expected);
    assert.deepEqual(turns(`\uFEFF ${JSON.stringify(rows)}`), expected);
  });

  it("R32 are read as a script, a blank line between two dialogues", () => {
    const text = [
      "Player: Who are you?",
      "Rolf: The guard.",
      "  I guard the gate.",
      "Player: 12:30?",
      "Rolf: Noon.",
      "",
      "玩家：你好",
      "铁匠：站住！",
      '{"prompt": "Bye", "reply": "Go."}',
      "{{user}}: Halt?",
      "{{char}}: Halt.",
    ].join("\n");
    assert.deepEqual(turns(text), [
      ["u: Who are you?", "a: The guard.\nI guard the gate.", "u: 12:30?", "a: Noon."],
      ["u: 你好", "a: 站住！"],
      ["u: Bye", "a: Go."],
      ["u: Halt?", "a: Halt."],
    ]);
  });

  it("R32 that cannot be used are named by line and reason", () => {
    const text = [
      '{"instruction": "a"',
      "words without a name",
      "Rolf: I begin.",
      "",
      "Player: alone",
      "",
      "Player: a",
      "Rolf: b",
    ];
    const { dialogues, skipped } = readDialogueLines(text.join("\n"));
    assert.equal(dialogues.length, 1);
    assert.deepEqual(
      skipped.map(({ line }) => line),
      [1, 2, 3, 5],
    );
    for (const [i, pattern] of [/JSON/, /player: …/, /alternation/, /reply to learn/].entries())
      assert.match(skipped[i]!.reason, pattern);
    const long = readDialogueLines(JSON.stringify({ prompt: "a", reply: "b".repeat(limits.lineCharsMax) }));
    assert.match(long.skipped[0]!.reason, /at most 16000 characters, got 16001/);
  });

  it("R32 account for everything, whatever was pasted", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 8 }), (lines) => {
        const { dialogues, skipped } = readDialogueLines(lines.join("\n"));
        const isBlank = lines.every((line) => line.trim() === "" || line.trim() === "\uFEFF");
        assert.equal(dialogues.length + skipped.length > 0, !isBlank);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a voice's data set", function () {
  this.timeout(60_000);
  let open: OpenLibrary;
  before(async () => (open = await openLibrary()));
  after(() => open.close());

  const make = async (kind: "picture" | "voice" = "voice") =>
    (await open.library.createDataset({ name: "Rolf", nodeId: "guard", owner: ADA, kind })).id;
  const line = (i: number) => `Player: ${i}?\nRolf: ${i}!\n\n`;

  it("R32 adds and replaces lines, gives them back, and changes nothing where none can be used", async () => {
    const { library } = open;
    const id = await make();
    assert.deepEqual(await library.putLines(id, `${line(1)}oops\n\n${line(2)}`, "add", ADA), {
      kept: 2,
      total: 2,
      skipped: [{ line: 4, reason: 'expected JSON or "player: …" and "npc: …", got neither' }],
      skippedCount: 1,
    });
    assert.equal((await library.putLines(id, line(3), "add", ADA)).total, 3);
    const second = await library.getLines(id, 1, 1);
    assert.deepEqual(second, {
      total: 3,
      offset: 1,
      dialogues: [
        {
          messages: [
            { role: "user", content: "2?" },
            { role: "assistant", content: "2!" },
          ],
        },
      ],
    });
    const { lines, revision } = await library.datasetSummary(id);
    assert.deepEqual([lines, revision], [3, 2]);
    for (const [text, mode] of [
      ["oops", "add"],
      ["oops", "replace"],
      ["", "add"],
    ] as const)
      await assert.rejects(library.putLines(id, text, mode, ADA), { code: "LINES_NONE" });
    assert.equal((await library.getLines(id, 0, 10)).total, 3);
    assert.equal((await library.putLines(id, line(4), "replace", ADA)).total, 1);
    assert.deepEqual(await library.putLines(id, "", "replace", ADA), {
      kept: 0,
      total: 0,
      skipped: [],
      skippedCount: 0,
    });
    await assert.rejects(library.exportLines(id, join(open.folder, "none")), { code: "DATASET_WITHOUT_LINES" });
  });

  it("keeps its lines through other changes, and lets go of the ones before", async () => {
    const { library } = open;
    const [id, other] = [await make(), await make()];
    const file = join(open.folder, "lines.jsonl");
    await library.putLines(id, line(1), "add", ADA);
    const sha256 = await library.exportLines(id, file);
    assert.equal(
      readFileSync(file, "utf8").trim(),
      '{"messages":[{"role":"user","content":"1?"},{"role":"assistant","content":"1!"}]}',
    );
    await library.putLines(other, line(1), "add", ADA); // the same bytes
    await library.putLines(id, line(2), "replace", ADA);
    assert.ok(existsSync(open.store.objects.path(sha256)), "the other one has them still");
    await library.removeDataset(other, ADA);
    assert.ok(!existsSync(open.store.objects.path(sha256)));
    assert.equal(await library.readAsset(await library.exportLines(id, file)), undefined, "lines are no asset");
  });

  it("changes one after the other, so that none is lost", async () => {
    const id = await make();
    await Promise.all([1, 2, 3, 4].map((i) => open.library.putLines(id, line(i), "add", ADA)));
    assert.equal((await open.library.getLines(id, 0, 10)).total, 4);
  });

  it("is of one kind: pictures and lines do not mix, and there is an end to lines", async () => {
    const { library } = open;
    const [id, pictures] = [await make(), await make("picture")];
    await assert.rejects(library.putLines(pictures, line(1), "add", ADA), { code: "WRONG_KIND" });
    await assert.rejects(library.getLines(pictures, 0, 1), { code: "WRONG_KIND" });
    await assert.rejects(library.report(id, "en"), { code: "WRONG_KIND" });
    const data = async function* () {
      yield Buffer.from("x");
    };
    await assert.rejects(library.addImage(id, { name: "a.png", data: data() }, ADA), { code: "WRONG_KIND" });
    const many = JSON.stringify(
      Array.from({ length: limits.linesPerDatasetMax + 1 }, () => ({ prompt: "a", reply: "b" })),
    );
    await assert.rejects(library.putLines(id, many, "add", ADA), { code: "TOO_MANY_LINES" });
    await assert.rejects(library.putLines("nobody", line(1), "add", ADA), { code: "NOT_FOUND" });
  });
});
