import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { checkpointPath, checkpointSteps } from "../../lora/train/checkpoint.ts";
import { FlatParameters } from "../../lora/train/flat-parameters.ts";
import { runLoop, type LoopSettings, type LoopWork, type TrainEvent } from "../../lora/train/loop.ts";
import { tempDir } from "../support/temp-dir.ts";

const parametersOf = (): FlatParameters => {
  const parameters = new FlatParameters(new Map([["w", [3]]]));
  parameters.weights.set([1, -2, 3]);
  return parameters;
};
const settingsIn = (dir: string, changes: Partial<LoopSettings> = {}): LoopSettings => ({
  totalSteps: 10,
  picturesPerStep: 1,
  accumulationSteps: 1,
  rates: [{ from: 0, to: 3, learningRate: 0.1 }],
  scheduler: "constant",
  warmupSteps: 0,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
  saveSteps: 2,
  validationSteps: undefined,
  patience: undefined,
  seed: 1,
  checkpointDir: dir,
  fingerprint: "same",
  resume: "auto",
  ...changes,
});
/** Loss ½|w|², whose gradient is w. */
const bowl = (parameters: FlatParameters): LoopWork => ({
  step() {
    parameters.gradients.set(parameters.weights);
    return Promise.resolve(parameters.weights.reduce((sum, w) => sum + 0.5 * w * w, 0));
  },
});
const ignore = (_event: TrainEvent): void => {};

describe("training loop", () => {
  it("goes down hill and keeps the newest checkpoints", async () => {
    const dir = tempDir();
    const parameters = parametersOf();
    const losses: number[] = [];
    await runLoop(parameters, settingsIn(dir), bowl(parameters), (event) => {
      if (event.type === "step") losses.push(event.loss);
    });
    assert.ok(losses.every((loss, i) => i === 0 || loss < losses[i - 1]!));
    assert.deepEqual(checkpointSteps(dir), [10, 8, 6]);
  });

  for (const what of ["loss", "gradient"] as const) {
    it(`stops on a ${what} that is not finite and restores the last checkpoint`, async () => {
      const parameters = parametersOf();
      const inner = bowl(parameters);
      const work: LoopWork = {
        async step(step, micro, random) {
          const loss = await inner.step(step, micro, random);
          if (step === 5 && what === "gradient") parameters.gradients[1] = NaN;
          return step === 5 && what === "loss" ? NaN : loss;
        },
      };
      const atStep4: number[] = [];
      const watch = (event: TrainEvent) => {
        if (event.type === "save" && event.step === 4) atStep4.push(...parameters.weights);
      };
      await assert.rejects(runLoop(parameters, settingsIn(tempDir()), work, watch), { code: "LOSS_NOT_FINITE" });
      assert.deepEqual([...parameters.weights], atStep4);
    });
  }

  it("stops early when the held-out loss no longer falls, and a second call trains no further", async () => {
    const dir = tempDir();
    const heldOut = [5, 3, 4, NaN, 6, 1];
    let calls = 0;
    const parameters = parametersOf();
    const settings = settingsIn(dir, { validationSteps: 1, patience: 3, totalSteps: 100 });
    const work = { ...bowl(parameters), validate: () => Promise.resolve(heldOut[calls++]!) };
    const state = await runLoop(parameters, settings, work, ignore);
    assert.deepEqual([state.step, state.bestStep], [5, 2]);
    assert.ok(checkpointSteps(dir).includes(2));
    const again = await runLoop(parameters, settings, work, ignore);
    assert.equal(again.step, 5);
  });

  it("a first held-out loss that is not a number does not become the best", async () => {
    const parameters = parametersOf();
    const losses = [NaN, 2];
    const work = { ...bowl(parameters), validate: () => Promise.resolve(losses.shift()!) };
    const state = await runLoop(parameters, settingsIn(tempDir(), { validationSteps: 1, totalSteps: 2 }), work, ignore);
    assert.equal(state.bestStep, 2);
  });

  it("accumulation is the mean of its micro-batches", async () => {
    const [single, split] = [parametersOf(), parametersOf()];
    const constant = (parameters: FlatParameters, values: (micro: number) => number): LoopWork => ({
      step(_step, micro) {
        parameters.gradients.fill(values(micro));
        return Promise.resolve(values(micro));
      },
    });
    const one = settingsIn(tempDir(), { totalSteps: 3 });
    const three = settingsIn(tempDir(), { totalSteps: 3, accumulationSteps: 3 });
    await runLoop(
      single,
      one,
      constant(single, () => 2),
      ignore,
    );
    await runLoop(
      split,
      three,
      constant(split, (micro) => micro + 1),
      ignore,
    );
    split.weights.forEach((value, i) => assert.ok(Math.abs(value - single.weights[i]!) < 1e-6));
  });

  it("starting anew clears the abandoned run's later checkpoints", async () => {
    const dir = tempDir();
    const first = parametersOf();
    await runLoop(first, settingsIn(dir), bowl(first), ignore);
    const second = parametersOf();
    await runLoop(second, settingsIn(dir, { resume: "never", totalSteps: 4 }), bowl(second), ignore);
    assert.deepEqual(checkpointSteps(dir), [4, 2]);
  });

  it("goes on from a named checkpoint and refuses a foreign one", async () => {
    const [dir, elsewhere] = [tempDir(), tempDir()];
    const straight = parametersOf();
    await runLoop(straight, settingsIn(dir), bowl(straight), ignore);
    const path = join(elsewhere, "kept.safetensors");
    copyFileSync(checkpointPath(dir, 6), path);
    const resumed = parametersOf();
    await runLoop(resumed, settingsIn(elsewhere, { resume: { path } }), bowl(resumed), ignore);
    assert.deepEqual(resumed.weights, straight.weights);
    const foreign = settingsIn(elsewhere, { resume: { path }, fingerprint: "other" });
    await assert.rejects(runLoop(parametersOf(), foreign, bowl(resumed), ignore), { code: "CHECKPOINT_FOREIGN" });
  });

  it("a cancelled run saves where it is", async () => {
    const dir = tempDir();
    const parameters = parametersOf();
    const abort = new AbortController();
    const stopAt3 = (event: TrainEvent) => {
      if (event.type === "step" && event.step === 3) abort.abort();
    };
    const state = await runLoop(
      parameters,
      settingsIn(dir, { saveSteps: 100 }),
      bowl(parameters),
      stopAt3,
      abort.signal,
    );
    assert.equal(state.step, 3);
    assert.deepEqual(checkpointSteps(dir), [3]);
  });
});
