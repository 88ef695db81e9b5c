import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLanguageModel, type ChatMessage } from "../../lora/models/index.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Expected {
  readonly texts: readonly { readonly text: string; readonly ids: number[]; readonly decoded: string }[];
  readonly chats: readonly {
    readonly messages: readonly ChatMessage[];
    readonly text: string;
    readonly prompt: string;
    readonly ids: number[];
    readonly isReply: number[];
  }[];
}

const folder = fileURLToPath(new URL("../golden/text/talker", import.meta.url));
/** What test/golden/text/talker.py had from transformers. */
const expected = JSON.parse(readFileSync(`${folder}.json`, "utf8")) as Expected;

/** A copy of the base that a test may spoil. */
function copy(): string {
  const path = join(tempDir(), "talker");
  cpSync(folder, path, { recursive: true });
  return path;
}

describe("text tokenizer and chat template against transformers", () => {
  const { tokenizer } = openLanguageModel(folder);

  it("ids and decoded texts", () => {
    for (const { text, ids, decoded } of expected.texts) {
      assert.deepEqual(tokenizer.encode(text), ids, text);
      assert.equal(tokenizer.decode(ids), decoded);
    }
  });

  it("chats as the template renders them, with and without the start of a reply", () => {
    for (const { messages, text, prompt } of expected.chats) {
      assert.equal(tokenizer.chatText(messages, false), text);
      assert.equal(tokenizer.chatText(messages.slice(0, -1), true), prompt);
    }
  });

  it("which tokens the assistant said, every turn of it, each with its end and without what follows", () => {
    for (const { messages, ids, isReply } of expected.chats) {
      const whole = tokenizer.conversation(messages);
      assert.deepEqual(whole.ids, ids);
      assert.deepEqual(whole.isReply.map(Number), isReply);
    }
  });

  it("knows the ids that end a reply", () => assert.deepEqual([...tokenizer.endIds], [2]));

  it("a base without a template gets a plain one", () => {
    const path = copy();
    rmSync(join(path, "chat_template.jinja"));
    const plain = openLanguageModel(path).tokenizer;
    const chat: ChatMessage[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Ho" },
    ];
    const before = "Be brief.\n\n### Instruction:\nHi\n\n### Response:\n";
    assert.equal(plain.chatText(chat.slice(0, 2), true), before);
    const { ids, isReply } = plain.conversation(chat);
    assert.equal(plain.decode(ids.filter((_, i) => isReply[i])), "Ho");
    assert.equal(ids[isReply.lastIndexOf(true)], 2);
  });

  it("says so where the template refuses a conversation or is none", () => {
    const path = copy();
    writeFileSync(join(path, "chat_template.jinja"), "{{ raise_exception('roles must alternate') }}");
    assert.throws(() => openLanguageModel(path).tokenizer.prompt([]), /roles must alternate/);
    writeFileSync(join(path, "chat_template.jinja"), "{% for %}");
    assert.throws(() => openLanguageModel(path), { code: "BASE_TEMPLATE" });
  });

  it("refuses a tokenizer of another model", () => {
    const path = copy();
    const file = join(path, "tokenizer.json");
    const json = JSON.parse(readFileSync(file, "utf8")) as { added_tokens: object[] };
    json.added_tokens.push({ ...json.added_tokens[0], id: 384, content: "<|more|>" });
    writeFileSync(file, JSON.stringify(json));
    assert.throws(() => openLanguageModel(path), { code: "BASE_VOCABULARY", message: /384 tokens.*got 385/ });
    writeFileSync(file, "{}");
    assert.throws(() => openLanguageModel(path), { code: "BASE_CONFIG_INVALID" });
    rmSync(file);
    assert.throws(() => openLanguageModel(path), { code: "BASE_TEXT_PART_MISSING" });
  });
});
