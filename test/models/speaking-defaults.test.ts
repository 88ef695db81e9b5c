import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLanguageModel } from "../../lora/models/index.ts";
import { readSpeakingDefaults } from "../../lora/models/speaking-defaults.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("speaking defaults of a base", () => {
  const baseWith = (text: string): string => {
    const dir = tempDir();
    writeFileSync(join(dir, "generation_config.json"), text);
    return dir;
  };

  it("are none where nothing is said of sampling", () => {
    assert.deepEqual(readSpeakingDefaults(tempDir()), {});
    assert.deepEqual(readSpeakingDefaults(baseWith('{"eos_token_id": 2, "top_p": null}')), {});
  });

  it("are what generation_config.json suggests, as transformers spells it", () => {
    const text = '{"temperature": 0.7, "top_k": 20, "top_p": 0.8, "min_p": 0.1, "repetition_penalty": 1.05}';
    const suggested = { temperature: 0.7, topK: 20, topP: 0.8, minP: 0.1, repetitionPenalty: 1.05 };
    assert.deepEqual(readSpeakingDefaults(baseWith(text)), suggested);
  });

  it("belong to the language model of the folder", () => {
    const { speaking } = openLanguageModel(join(import.meta.dirname, "../../assets/base/mini-llama"));
    assert.deepEqual(speaking, { temperature: 0.6, minP: 0.1 });
  });

  for (const [wrong, key] of [
    ['{"temperature": "hot"}', "temperature"],
    ['{"top_k": 2.5}', "top_k"],
    ['{"top_p": 1.5}', "top_p"],
    ["[", "generation_config.json"],
  ] as const)
    it(`name ${key} where it is wrong: ${wrong}`, () => {
      assert.throws(() => readSpeakingDefaults(baseWith(wrong)), {
        code: "BASE_CONFIG_INVALID",
        message: new RegExp(key),
      });
    });
});
