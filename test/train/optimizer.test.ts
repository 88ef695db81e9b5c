import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adamWState, adamWStep, clipGradients } from "../../lora/train/adamw.ts";
import { learningRateFactor, type SchedulerName } from "../../lora/train/learning-rate.ts";
import { closeTo } from "../support/close-to.ts";

interface AdamWRun {
  readonly settings: { lr: number; betas: [number, number]; eps: number; weight_decay: number };
  readonly maxNorm: number | null;
  readonly initial: number[];
  readonly gradients: number[][];
  readonly norms: number[];
  readonly parameters: number[][];
}
interface ScheduleRun {
  readonly scheduler: SchedulerName;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly factors: number[];
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, "../golden/train/optimizer.json"), "utf8")) as {
  adamw: AdamWRun[];
  schedules: ScheduleRun[];
};

describe("AdamW", () => {
  golden.adamw.forEach((run, index) => {
    it(`takes PyTorch's steps, run ${index + 1}${run.maxNorm === null ? "" : ", gradients clipped"}`, () => {
      const { lr, betas, eps, weight_decay: weightDecay } = run.settings;
      const parameters = Float32Array.from(run.initial);
      const state = adamWState(parameters.length);
      run.gradients.forEach((gradient, i) => {
        const gradients = Float32Array.from(gradient);
        if (run.maxNorm !== null) closeTo([clipGradients(gradients, run.maxNorm)], [run.norms[i]!], { rtol: 1e-6 });
        adamWStep(parameters, gradients, state, i + 1, lr, { betas, epsilon: eps, weightDecay });
        // The golden is float64; ours keeps float32 between steps.
        closeTo(parameters, Float32Array.from(run.parameters[i]!), { rtol: 1e-6, atol: 1e-7 });
      });
    });
  });

  it("touches only its range", () => {
    const parameters = new Float32Array(4).fill(1);
    const gradients = new Float32Array(4).fill(1);
    adamWStep(
      parameters,
      gradients,
      adamWState(4),
      1,
      0.1,
      { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
      1,
      3,
    );
    assert.deepEqual(
      [...parameters].map((value) => value < 1),
      [false, true, true, false],
    );
  });
});

describe("learning rate", () => {
  for (const { scheduler, warmupSteps, totalSteps, factors } of golden.schedules) {
    it(`${scheduler}, ${warmupSteps} of ${totalSteps} steps of warm-up, as transformers`, () => {
      const ours = factors.map((_, step) => learningRateFactor(scheduler, step, warmupSteps, totalSteps));
      closeTo(ours, factors, { rtol: 1e-12, atol: 1e-12 });
    });
  }
});
