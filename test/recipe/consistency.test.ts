import assert from "node:assert/strict";
import { createSampler, NoiseSchedule, Random, type PredictionType } from "../../lora/diffusion/index.ts";
import { solverStep, solverSteps, studentCoefficients, teacherStep } from "../../lora/recipe/consistency.ts";
import { ConsistencyTrainer } from "../../lora/recipe/consistency-trainer.ts";
import { openTiny } from "../models/tiny-stable-diffusion.ts";
import { closeTo } from "../support/close-to.ts";

const normal = (count: number, seed: number): Float32Array<ArrayBuffer> => {
  const values = new Float32Array(count);
  new Random(seed).fillNormal(values);
  return values;
};

describe("consistency distillation", () => {
  for (const prediction of ["epsilon", "v_prediction", "sample"] satisfies PredictionType[])
    it(`the teacher walks as DDIM does over fifty steps, which diffusers' goldens prove: ${prediction}`, () => {
      const schedule = new NoiseSchedule({ prediction_type: prediction, timestep_spacing: "trailing" });
      const ddim = createSampler("ddim", schedule, solverSteps(schedule));
      const [x, conditional, unconditional] = [1, 2, 3].map((seed) => normal(20, seed)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const guided = unconditional.map((value, i) => value + 3 * (conditional[i]! - value));
      for (let i = 0; i < solverSteps(schedule); i++) {
        const step = solverStep(schedule, solverSteps(schedule) - 1 - i);
        assert.equal(step.start, ddim.timesteps[i]);
        const walked = teacherStep(schedule, step, x, { conditional, unconditional }, 3);
        closeTo(walked, ddim.step(x, guided, i), { rtol: 1e-5, atol: 1e-5 }, `step ${i}`);
      }
    });

  it("the student leaves what is clean as it is, and sees through what is not as the sampler does", () => {
    const schedule = new NoiseSchedule();
    const [a, b] = studentCoefficients(schedule, 0);
    assert.deepEqual([a, Math.abs(b)], [1, 0]);
    const [x, output] = [normal(20, 1), normal(20, 2)];
    // The only step of one is the last, which adds no noise: what it returns is the student's picture.
    const sampler = createSampler("lcm", schedule, 1);
    const [onX, onOutput] = studentCoefficients(schedule, sampler.timesteps[0]!);
    const seen = x.map((value, i) => onX * value + onOutput * output[i]!);
    closeTo(seen, sampler.step(x, output, 0), { rtol: 1e-5, atol: 1e-4 }, "seen");
  });

  it("brings the student nearer to its teacher", async function () {
    this.timeout(240_000);
    const base = await openTiny("tiny-v2");
    const trainer = await ConsistencyTrainer.open(base, { rank: 4, seed: 1, guidance: [2, 3] });
    const [rows, width] = [2, base.unet.crossAttentionDim];
    const shape = [rows, base.vae.latentChannels, 8, 8];
    const text = (seed: number) => ({ data: normal(rows * 77 * width, seed), dims: [rows, 77, width] });
    const batch = {
      latents: { data: normal(rows * base.vae.latentChannels * 64, 4), dims: shape },
      captions: text(5),
      empty: text(6),
    };
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) losses.push(await trainer.train(batch, 1e-2));
    const { layers } = trainer.module;
    await trainer.close();
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [first, last] = [mean(losses.slice(0, 15)), mean(losses.slice(-15))];
    assert.ok(last < 0.8 * first, `${first} → ${last}`);
    const idle = [...layers].filter(([, { up }]) => up.every((value) => value === 0)).map(([name]) => name);
    // In the middle of so small a picture is one position, which has only itself to attend to.
    const alone = ["to_q", "to_k"].map((name) => `unet.mid_block.attentions.0.transformer_blocks.0.attn1.${name}`);
    assert.deepEqual(
      idle.filter((name) => !alone.includes(name)),
      [],
    );
  });
});
