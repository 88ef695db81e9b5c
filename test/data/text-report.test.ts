import assert from "node:assert/strict";
import { distinctShare, formatTextReport, reportText } from "../../lora/data/index.ts";

const row = (length: number, replies: number) => ({
  ids: new Int32Array(length),
  isReply: Uint8Array.from({ length }, (_, i) => Number(i >= length - replies)),
});
const problems = Array.from({ length: 14 }, (_, i) => ({ file: "a.jsonl", line: i + 1, reason: "expected JSON" }));
const plan = {
  train: [row(10, 3), row(20, 4)],
  validation: [row(5, 1)],
  problems,
  cutCount: 1,
  maxLength: 20,
  systemCut: false,
};

describe("the report on dialogues", () => {
  it("counts what will be learned and lists what was skipped", () => {
    const report = reportText("a.jsonl", plan, "en");
    assert.deepEqual(
      [report.dialogues, report.heldOut, report.tokens, report.replyTokens, report.longest],
      [2, 1, 30, 7, 20],
    );
    const text = formatTextReport(report);
    assert.match(text, /^a\.jsonl: 2 dialogues, 1 held out; 30 tokens, 7 of them in replies; longest 20\n/);
    assert.match(text, /\n1 dialogues are cut off at 20 tokens: raise max_length/);
    assert.match(text, /\n14 lines were skipped:\n {2}a\.jsonl:1: expected JSON\n/);
    assert.match(text, /… and 2 more\n$/);
  });

  it("says that a system prompt is too long to be learned whole, and only then", () => {
    const cut = (lang: "en" | "zh", systemCut: boolean) =>
      formatTextReport(reportText("a", { ...plan, systemCut }, lang));
    for (const lang of ["en", "zh"] as const) {
      assert.match(cut(lang, true), /system_prompt.*20/);
      assert.doesNotMatch(cut(lang, false), /system_prompt/);
    }
  });

  it("in Chinese", () =>
    assert.match(formatTextReport(reportText("a.jsonl", plan, "zh")), /2 段对话.*\n.*\n跳过了 14 行：/));
});

describe("variety of replies", () => {
  it("is the share of runs of words that are not said before", () => {
    assert.equal(distinctShare(["No. Go away!", "No, go."], 1), 3 / 5);
    assert.equal(distinctShare(["No. Go away!", "No, go."], 2), 2 / 3);
    assert.equal(distinctShare(["站住站住"], 1), 0.5);
    assert.equal(distinctShare([""], 1), 0);
  });
});
