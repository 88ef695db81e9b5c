import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTextDataset } from "../../lora/data/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";
import { parseTrainConfig, planText, stepsPerLine } from "../../lora/train/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const LINES = 8;
const path = fileURLToPath(new URL("../golden/text/talker", import.meta.url));

describe("steps of a text training for each of its lines", () => {
  const parsed = (more: object) => {
    const dir = tempDir();
    const file = join(dir, "lines.jsonl");
    const lines = Array.from({ length: LINES }, (_, i) => JSON.stringify({ prompt: `Who ${i}?`, reply: `Me ${i}.` }));
    writeFileSync(file, lines.join("\n"));
    const needed = { task_type: "text-generation", train_data_dir: file, base_model: path, output_dir: dir };
    return parseTrainConfig(JSON.stringify({ ...needed, epochs: 6, ...more }), "job.yaml");
  };

  for (const [name, settings, expected] of [
    ["the trainer's batch", {}, 6 / 4],
    ["a batch of two", { batch_size: 2 }, 3],
    ["batches that add up to one step", { batch_size: 2, gradient_accumulation_steps: 2 }, 6 / 4],
    ["histories, which have each line once more", { history_dialogues: 3 }, 12 / 4],
  ] as const)
    it(`are what the trainer takes, with ${name}`, () => {
      const config = parsed(settings);
      const { train } = planText(config, openLanguageModel(path), readTextDataset(config.trainDataDir));
      const { batchSize, gradientAccumulationSteps: batches } = config;
      const taken = 6 * Math.ceil(Math.ceil(train.length / batchSize) / batches);
      assert.equal(stepsPerLine({ ...config, epochs: 6 }), expected);
      assert.equal(LINES * expected, taken);
    });
});
