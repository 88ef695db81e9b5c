import assert from "node:assert/strict";
import { parseTrainConfig } from "../../../lora/index.ts";
import { trainingConfig, voiceTrainingConfig } from "../../../service/jobs/training-config.ts";
import { studioMessages, trainTargets, type StudioMessage } from "../../../service/protocol/index.ts";
import { MINI, TALKER } from "./workbench.ts";

const parsed = (message: Partial<StudioMessage<"train.start">>) => {
  const request = studioMessages["train.start"].parse({ datasetId: "d", name: "Old Smith", ...message });
  return parseTrainConfig(JSON.stringify(trainingConfig(request, "/jobs/1", MINI)), "job.yaml");
};

describe("the trainer's configuration", () => {
  it("has every setting a person may change", () => {
    const config = parsed({
      triggerWord: "smith",
      samplePrompts: ["a man --n ugly", "  "],
      settings: {
        rank: 4,
        alpha: 6,
        learningRate: 2e-3,
        batchSize: 3,
        steps: 60,
        saveSteps: 7,
        targets: [...trainTargets],
        seed: 2 ** 32 - 1,
        flip: true,
        captionDropout: 0.25,
        validation: true,
        gradientCheckpointing: true,
      },
    });
    const { rank, alpha, learningRate, batchSize, maxTrainSteps, saveSteps, targets, seed, flip, captions } = config;
    assert.deepEqual([rank, alpha, learningRate, batchSize, maxTrainSteps, saveSteps], [4, 6, 2e-3, 3, 60, 7]);
    assert.deepEqual(targets, trainTargets);
    assert.equal(seed, 2 ** 31 - 1);
    assert.deepEqual([flip, captions.dropout, config.gradientCheckpointing], [true, 0.25, true]);
    assert.equal(config.validation?.split, 0.1);
    assert.equal(config.triggerWord, "smith");
    assert.deepEqual(config.samplePrompts, [{ prompt: "a man --n ugly" }]);
    assert.deepEqual([config.trainDataDir, config.outputDir], ["/jobs/1/data", "/jobs/1/output"]);
  });

  it("leaves what nobody chose to the trainer, and saves six times", () => {
    const defaults = parseTrainConfig(
      JSON.stringify({ train_data_dir: "/jobs/1/data", base_model: MINI, output_dir: "/jobs/1/output" }),
      "job.yaml",
    );
    const ours = { outputName: "module", saveFormat: "kohya" };
    assert.deepEqual(parsed({}), { ...defaults, ...ours });
    assert.equal(parsed({ settings: { steps: 500 } }).saveSteps, 84);
    assert.equal(parsed({ settings: { steps: 1 } }).saveSteps, 1);
  });

  it("says who speaks, where anyone said so", () => {
    const learned = (persona: string) => {
      const request = studioMessages["voice.train"].parse({ datasetId: "d", name: "Rolf", persona, settings: {} });
      return voiceTrainingConfig(request, "/jobs/1", TALKER)["system_prompt"];
    };
    assert.equal(learned(" \n"), undefined);
    assert.equal(learned("You are a guard. "), "You are a guard. ");
  });
});
