import assert from "node:assert/strict";
import { errorTexts, trainTargets } from "../../../service/protocol/index.ts";
import { readDialogueLines } from "../../../service/library/dialogue-lines.ts";
import { preferredLanguage, texts } from "../../../plugin/panel/texts.ts";

/** Path → what a person reads there; functions are called with something for each argument. */
function flatten(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") return new Map([[path, value]]);
  if (typeof value === "function") {
    return new Map([
      [path, String((value as (...args: unknown[]) => unknown)(...[7, 9, 11].slice(0, value.length).map(asked)))],
    ]);
  }
  return new Map(Object.entries(value as object).flatMap(([key, inner]) => [...flatten(inner, `${path}.${key}`)]));
}
/** Both a number and a text, whichever the function wants. */
const asked = (n: number) => Object.assign(Object(String(n)) as object, { valueOf: () => n }) as unknown;

describe("panel: texts", () => {
  const en = flatten(texts.en);
  const zh = flatten(texts.zh);

  it("every text is there in both languages", () => {
    assert.deepEqual([...zh.keys()].toSorted(), [...en.keys()].toSorted());
    assert.ok(en.size > 200);
    for (const [path, words] of [...en, ...zh]) assert.notEqual(words.trim(), "", path);
  });

  it("the Chinese table is Chinese, but for names and file types", () => {
    const same = [...zh].filter(([, words]) => !/\p{Script=Han}/u.test(words)).map(([path]) => path);
    assert.deepEqual(same.toSorted(), [
      ".generate.by",
      ".panel",
      ".run.stepOf",
      ".studio.language",
      ".train.alpha",
      ".train.runName",
      ".version",
    ]);
    const chinese = [...en].filter(([path, words]) => path !== ".studio.language" && /\p{Script=Han}/u.test(words));
    assert.deepEqual(chinese, []);
  });

  it("what is filled in shows in both", () => {
    assert.match(texts.en.run.published("Smith", 3), /Smith v3/);
    assert.match(texts.zh.run.published("Smith", 3), /Smith v3/);
    assert.equal(texts.en.train.count(1), "1 picture");
    assert.equal(texts.en.train.count(2), "2 pictures");
  });

  it("names every training target and every phase of a job", () => {
    assert.deepEqual(Object.keys(texts.en.train.targetNames), [...trainTargets]);
    assert.deepEqual(Object.keys(texts.zh.run.phases), Object.keys(texts.en.run.phases));
  });

  it("buttons that errors speak of have those names", () => {
    const says = { en: errorTexts.WORKER_DIED.en({}), zh: errorTexts.WORKER_DIED.zh({}) };
    assert.ok(says.en.includes(`press ${texts.en.run.resume}`), says.en);
    assert.ok(says.zh.includes(`“${texts.zh.run.resume}”`), says.zh);
  });

  it("tells of every form in which lines can be pasted", () => {
    for (const { pasteHint } of [texts.en.voice, texts.zh.voice]) {
      const [, example] = /(\S+ → [^,，\s;)）]+)/u.exec(pasteHint) ?? [];
      assert.ok(example, pasteHint);
      const [dialogue] = readDialogueLines(example).dialogues;
      assert.deepEqual(
        dialogue?.messages.map(({ role }) => role),
        ["user", "assistant"],
      );
      assert.match(pasteHint, /JSON/);
    }
  });

  it("follows the browser's language", () => {
    assert.equal(preferredLanguage(["zh-TW", "en"]), "zh");
    assert.equal(preferredLanguage(["de-DE", "zh-CN"]), "en");
    assert.equal(preferredLanguage([]), "en");
  });
});
