import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readTextDataset } from "../../lora/data/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";
import { checkpointPath } from "../../lora/train/checkpoint.ts";
import { parseTrainConfig } from "../../lora/train/config.ts";
import type { TrainEvent } from "../../lora/train/loop.ts";
import { planText, trainText } from "../../lora/train/train-text.ts";
import { closeTo } from "../support/close-to.ts";

const TALKER = resolve(import.meta.dirname, "../golden/text/talker");
const STEPS = 4;
/** Of sums in float32 in another order, after a few updates. */
const REORDERED = 1e-5;

describe("a text training with packing", function () {
  this.timeout(180_000);
  // Kept between the tests.
  const dir = mkdtempSync(join(tmpdir(), "animula-packing-"));
  const base = openLanguageModel(TALKER);

  after(() => rmSync(dir, { recursive: true, force: true }));
  before(() => {
    const rows = Array.from({ length: 9 }, (_, i) => ({
      instruction: "Who goes there? ".repeat(1 + (i % 4)),
      response: `Halt ${i}!`,
    }));
    writeFileSync(join(dir, "lines.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  });

  async function run(output: string, packing: boolean, stopAt = Infinity): Promise<number[]> {
    const yaml = {
      task_type: "text-generation",
      train_data_dir: "lines.jsonl",
      base_model: TALKER,
      lora_rank: 2,
      batch_size: 4,
      packing,
      max_train_steps: STEPS,
      save_steps: 2,
      validation_split: 2,
      learning_rate: 0.01,
      output_dir: output,
    };
    const config = parseTrainConfig(JSON.stringify(yaml), "run.yaml", dir);
    const plan = planText(config, base, readTextDataset(config.trainDataDir));
    const stop = new AbortController();
    const losses: number[] = [];
    const emit = (event: TrainEvent) => {
      if (event.type === "step" || event.type === "validation") losses.push(event.loss);
      if (event.type === "step" && event.step === stopAt) stop.abort();
    };
    await trainText({ config, base, plan, emit, signal: stop.signal });
    return losses;
  }
  const last = (output: string) => readFileSync(checkpointPath(join(dir, output, "checkpoints"), STEPS));

  it("has the losses of one without, and goes on to the very same bytes after a stop", async () => {
    const packed = await run("packed", true);
    closeTo(packed, await run("padded", false), { rtol: REORDERED }, "losses");
    assert.deepEqual([...(await run("stopped", true, 3)), ...(await run("stopped", true))], packed);
    assert.deepEqual(last("stopped"), last("packed"));
  });
});
