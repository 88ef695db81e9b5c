import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readTextDataset } from "../../lora/data/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";
import { parseTrainConfig, planText } from "../../lora/train/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const TALKER = resolve(import.meta.dirname, "../golden/text/talker");

describe("the system prompt of a training", () => {
  const base = openLanguageModel(TALKER);
  const planned = (system_prompt: string, max_length?: number) => {
    const lines = join(tempDir(), "lines.jsonl");
    writeFileSync(lines, '{"instruction":"Hi","response":"Go."}\n');
    const settings = { task_type: "text-generation", train_data_dir: lines, base_model: TALKER, output_dir: "out" };
    const config = parseTrainConfig(JSON.stringify({ ...settings, system_prompt, max_length }), "run.yaml");
    return planText(config, base, readTextDataset(lines));
  };

  it("is learned as it is where it leaves room for the lines", () => {
    const { systemPrompt, systemCut } = planned("You are a guard.");
    assert.deepEqual([systemPrompt, systemCut], ["You are a guard.", false]);
  });

  it("leaves room for the lines, from its beginning", () => {
    const long = `You are a guard. ${"You never sleep. ".repeat(300)}`;
    for (const [maxLength, reads] of [
      [undefined, base.config.maxPositions],
      [120, 120],
    ] as const) {
      const { systemPrompt: cut = "", systemCut, train } = planned(long, maxLength);
      const tokens = base.tokenizer.encode(cut).length;
      assert.ok(systemCut && long.startsWith(cut) && cut.endsWith("."), cut);
      assert.ok(tokens <= (reads * 2) / 3 && tokens > reads / 3, `${tokens} of ${reads}`);
      assert.ok(train.every(({ isReply }) => isReply.includes(1)));
    }
  });
});
