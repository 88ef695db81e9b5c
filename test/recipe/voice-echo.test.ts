import assert from "node:assert/strict";
import { openLanguageModel } from "../../lora/models/index.ts";
import { echoDialogue } from "../../lora/recipe/voice-echo.ts";
import { fileURLToPath } from "node:url";

const BASE = fileURLToPath(new URL("../../assets/base/mini-llama", import.meta.url));
const dialogues = (count: number, isWide: boolean) =>
  Array.from({ length: count }, (_, i) => echoDialogue(`test ${i}`, isWide));

describe("echoDialogue", () => {
  it("repeats word for word what was said, the same for the same key", () => {
    for (const isWide of [false, true]) {
      assert.deepEqual(dialogues(50, isWide), dialogues(50, isWide));
      for (const messages of dialogues(200, isWide)) {
        assert.equal(messages.length, 4);
        for (const at of [0, 2]) {
          assert.deepEqual([messages[at]!.role, messages[at + 1]!.role], ["user", "assistant"]);
          assert.equal(messages[at]!.content, messages[at + 1]!.content);
        }
      }
    }
  });

  it("makes the mini LLaMA say most of its tokens, when wide: a module cannot tell apart those that were never said", () => {
    const { tokenizer, config } = openLanguageModel(BASE);
    const said = (isWide: boolean) =>
      new Set(dialogues(4000, isWide).flatMap((messages) => tokenizer.encode(messages[1]!.content))).size;
    const [narrow, wide] = [said(false), said(true)];
    assert.ok(wide > 0.6 * config.vocabSize && wide > 1.5 * narrow, `${wide} wide, ${narrow} narrow`);
  });
});
