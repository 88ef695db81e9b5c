import assert from "node:assert/strict";
import { NoiseSchedule, stableDiffusion1, stableDiffusion2 } from "../../lora/diffusion/schedule.ts";
import { closeTo } from "../support/close-to.ts";
import { openGoldenTensors, readGoldenJson } from "./golden.ts";
import type { ScheduleCase } from "./golden.ts";

const { schedules } = readGoldenJson<{ schedules: ScheduleCase[] }>("samplers.json");

describe("diffusion/schedule", () => {
  const tensor = openGoldenTensors();
  const x0 = tensor("x0");
  const noise = tensor("noise");
  for (const { key, config, timesteps } of schedules) {
    it(`${key}: equals diffusers`, () => {
      const schedule = new NoiseSchedule({ ...config, steps_offset: 0 });
      // The reference multiplies 1000 factors in float32: up to 2e-5 off at the noisy end, where ᾱ is under 0.01.
      closeTo(schedule.alphasCumprod, tensor(`${key}.alphas_cumprod`), { rtol: 2e-5, atol: 1e-7 });
      const noisy = timesteps.flatMap((t) => Array.from(schedule.addNoise(x0, noise, t)));
      closeTo(noisy, tensor(`${key}.noisy`), { rtol: 1e-5, atol: 2e-6 });
      const velocity = timesteps.flatMap((t) => Array.from(schedule.velocity(x0, noise, t)));
      closeTo(velocity, tensor(`${key}.velocity`), { rtol: 1e-5, atol: 2e-6 });
      // ᾱ and 1 − ᾱ near 1 lose bits in the reference's float32: 1e-7 / (1 − ᾱ_0) at the clean end.
      const ratios = timesteps.map((t) => schedule.signalToNoise(t));
      closeTo(ratios, tensor(`${key}.snr`), { rtol: key === "cosine" ? 2e-3 : 1e-3 });
    });
  }

  it("target follows the prediction type", () => {
    const schedule = new NoiseSchedule(stableDiffusion2);
    assert.deepEqual(schedule.target(x0, noise, 500), schedule.velocity(x0, noise, 500));
    assert.equal(schedule.target(x0, noise, 500, "epsilon"), noise);
    assert.equal(schedule.target(x0, noise, 500, "sample"), x0);
  });

  it("min-SNR weights follow the paper's three spaces", () => {
    const schedule = new NoiseSchedule();
    for (const t of [0, 100, 400, 999]) {
      const snr = schedule.signalToNoise(t);
      closeTo([schedule.minSnrWeight(t, 5)], [Math.min(snr, 5) / snr], { rtol: 1e-15 });
      closeTo([schedule.minSnrWeight(t, 5, "v_prediction")], [Math.min(snr, 5) / (snr + 1)], { rtol: 1e-15 });
      closeTo([schedule.minSnrWeight(t, 5, "sample")], [Math.min(snr, 5)], { rtol: 1e-15 });
    }
    const zeroSnr = new NoiseSchedule({ ...stableDiffusion2, rescale_betas_zero_snr: true });
    assert.equal(zeroSnr.alphasCumprod[999], 0);
    assert.equal(zeroSnr.minSnrWeight(999, 5, "epsilon"), 1);
    assert.equal(zeroSnr.minSnrWeight(999, 5), 0);
  });

  it("takes diffusers' null fields and unknown fields", () => {
    const file: unknown = {
      ...stableDiffusion1,
      trained_betas: null,
      _class_name: "PNDMScheduler",
      skip_prk_steps: true,
    };
    assert.equal(new NoiseSchedule(file as object).numTrainTimesteps, 1000);
    assert.equal(new NoiseSchedule({ trained_betas: [0.1, 0.2] }).alphasCumprod[1], 0.9 * 0.8);
  });

  for (const [field, value] of [
    ["beta_start", -1],
    ["beta_end", "0.012"],
    ["beta_schedule", "sigmoid"],
    ["num_train_timesteps", 1],
    ["num_train_timesteps", 1e9],
    ["prediction_type", "flow"],
    ["steps_offset", 0.5],
    ["timestep_spacing", "random"],
    ["set_alpha_to_one", "no"],
    ["clip_sample_range", 0],
    ["trained_betas", [0.1, 2]],
  ] as const) {
    it(`refuses ${field} ${JSON.stringify(value)}`, () => {
      const config = { ...stableDiffusion1, [field]: value } as object;
      assert.throws(() => new NoiseSchedule(config, "base/scheduler_config.json"), {
        code: "SCHEDULE_FIELD",
        message: new RegExp(`^base/scheduler_config.json: expected ${field}`),
      });
    });
  }

  it("refuses dynamic thresholding", () => {
    const config = { ...stableDiffusion1, thresholding: true } as object;
    assert.throws(() => new NoiseSchedule(config), { code: "SCHEDULE_UNSUPPORTED" });
  });
});
