import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readDialogueLines } from "../../../service/library/dialogue-lines.ts";
import {
  errorMessage,
  limits,
  lineReason,
  lineReasonTexts,
  ServiceError,
  type LineReasonCode,
} from "../../../service/protocol/index.ts";
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

  it("R32 are read as a script whose names are nobody's in particular: the first one asks", () => {
    const text = "人设：守卫\n小明：你好\n铁匠 老王：站住！\n小明：12:30？\n到 12:40\n铁匠 老王：行\n路人甲：我也去";
    assert.deepEqual(turns(text), [["s: 守卫", "u: 你好", "a: 站住！", "u: 12:30？\n到 12:40", "a: 行\n我也去"]]);
    assert.equal(readDialogueLines("Rolf: I begin.").skipped[0]?.code, "TURNS_NOT_ALTERNATING");
  });

  it("R32 are read as an exchange a line, with or without names", () => {
    const text = [
      "Who are you? → The guard.",
      "Is it open? -> Till nightfall -> then not.",
      "[waves] 你好=>站住",
      "From a cell\tto the next one",
      "When? 12:30 → No: 13:00",
      "玩家：你卖剑吗？ → 铁匠：剑，有。",
      "小明: hi -> 铁匠: ho",
      "Time: when is it? → Noon.",
      "Player: What does A → B mean?",
      "Rolf: A road.",
      "and B -> C another",
      "",
      "Rolf:\tA name and a tab",
      "",
      "→ nobody asked",
      "Player: → Rolf: nothing said",
    ].join("\n");
    assert.deepEqual(turns(text), [
      ["u: Who are you?", "a: The guard."],
      ["u: Is it open?", "a: Till nightfall -> then not."],
      ["u: [waves] 你好", "a: 站住"],
      ["u: From a cell", "a: to the next one"],
      ["u: When? 12:30", "a: No: 13:00"],
      ["u: 你卖剑吗？", "a: 剑，有。"],
      ["u: hi", "a: ho"],
      ["u: Time: when is it?", "a: Noon."],
      ["u: What does A → B mean?", "a: A road.\nand B -> C another"],
    ]);
    assert.deepEqual(
      readDialogueLines(text).skipped.map(({ line, code }) => [line, code]),
      [
        [13, "TURNS_NOT_ALTERNATING"],
        [15, "LINE_UNCLEAR"],
        [16, "REPLY_MISSING"],
      ],
    );
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
    assert.deepEqual(
      skipped.map(({ code }) => code),
      ["ROW_NOT_JSON", "LINE_UNCLEAR", "TURNS_NOT_ALTERNATING", "REPLY_MISSING"],
    );
    for (const [i, pattern] of [/JSON/, /player: …/, /take turns/, /reply to learn/].entries())
      assert.match(skipped[i]!.message, pattern);
    const long = readDialogueLines(JSON.stringify({ prompt: "a", reply: "b".repeat(limits.lineCharsMax) }));
    assert.match(long.skipped[0]!.message, /at most 16000 characters, got 16001/);
  });

  it("R32 account for everything, whatever was pasted", () => {
    const pieces = [
      "玩家",
      "Rolf",
      "{{user}}",
      "：",
      ": ",
      " → ",
      "->",
      "=>",
      "\t",
      "你好",
      "12",
      "{",
      "}",
      '"prompt":',
      "[",
      "]",
    ];
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc
        .array(fc.constantFrom(...pieces, "\r", " ", "system", "constructor"), { maxLength: 9 })
        .map((all) => all.join("")),
      fc.json({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = lines.join("\n");
        const { dialogues, skipped } = readDialogueLines(text);
        const isBlank = text.replace(/^\uFEFF/, "").trim() === "" || /^\s*\[\s*\]\s*$/.test(text);
        assert.equal(dialogues.length + skipped.length > 0, !isBlank, JSON.stringify(text));
        for (const skip of skipped) assert.notEqual(lineReason(skip, "zh"), skip.code);
        for (const { messages } of dialogues) assert.ok(messages.some(({ role }) => role === "assistant"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("reasons why a line is left out", () => {
  /** A text for each reason that reading can have. */
  const examples: Readonly<Record<Exclude<LineReasonCode, "LINES_EMPTY">, string>> = {
    ROW_NOT_JSON: '{"prompt": ',
    ROW_NOT_OBJECT: '[{"prompt": "a", "reply": "b"}, 7]',
    ROW_WITHOUT_MESSAGES: '{"text": "a"}',
    MESSAGES_NOT_LIST: '{"messages": "a"}',
    MESSAGE_NOT_OBJECT: '{"messages": [7]}',
    ROLE_UNKNOWN: '{"messages": [{"role": "constructor", "content": "a"}]}',
    HISTORY_NOT_PAIRS: '{"prompt": "a", "reply": "b", "history": "c"}',
    TEXT_EXPECTED: '{"messages": [{"role": "user"}]}',
    REPLY_MISSING: "Player: alone",
    TURNS_NOT_ALTERNATING: "Rolf: I begin.",
    LINE_UNCLEAR: "words without a name",
    LINE_TOO_LONG: `a → ${"b".repeat(limits.lineCharsMax)}`,
  };
  for (const [code, text] of Object.entries(examples))
    it(`${code} is told in English and in Chinese, alone and as LINES_NONE`, () => {
      const [skip] = readDialogueLines(text).skipped;
      assert.equal(skip?.code, code);
      const [en, zh] = [lineReason(skip, "en"), lineReason(skip, "zh")];
      assert.equal(skip.message, en);
      assert.match(zh, /\p{Script=Han}/u);
      for (const words of [en, zh]) assert.doesNotMatch(words, /undefined|\[object/);
      const none = new ServiceError("LINES_NONE", { ...skip.params, lines: 3, line: 2, reason: code });
      assert.ok(none.message.endsWith(`line 2: ${en}`), none.message);
      assert.ok(errorMessage(none, "zh").endsWith(`第 2 行：${zh}`));
    });

  it("of another version of the service stand for themselves", () => {
    assert.equal(lineReason({ code: "NEW_ONE" as LineReasonCode, params: {} }, "zh"), "NEW_ONE");
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
      skipped: [{ line: 4, code: "LINE_UNCLEAR", params: {}, message: lineReasonTexts.LINE_UNCLEAR.en() }],
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
    await assert.rejects(library.putLines(id, '{"prompt": 7, "reply": "b"}', "add", ADA), (error: ServiceError) => {
      assert.deepEqual(error.params, { lines: 1, line: 1, reason: "TEXT_EXPECTED", where: "prompt", got: "7" });
      return true;
    });
    await assert.rejects(library.putLines(id, "", "add", ADA), /line 1: expected lines, got nothing/);
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
