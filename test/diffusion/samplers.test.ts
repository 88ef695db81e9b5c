import assert from "node:assert/strict";
import { Random } from "../../lora/diffusion/gaussian.ts";
import { createSampler, parseSamplerName, samplerNames } from "../../lora/diffusion/samplers.ts";
import type { Sampler, SamplerOptions } from "../../lora/diffusion/samplers.ts";
import { NoiseSchedule } from "../../lora/diffusion/schedule.ts";
import { closeTo } from "../support/close-to.ts";
import { openGoldenTensors, readGoldenJson } from "./golden.ts";
import type { SamplerCase } from "./golden.ts";

const { samplers } = readGoldenJson<{ samplers: SamplerCase[] }>("samplers.json");
const SIZE = 12;

/** Denoises towards one known picture with a model that sees through the noise: every sampler must arrive there. */
function denoise(sampler: Sampler, schedule: NoiseSchedule, picture: Float32Array, seed: number): Float32Array {
  let x: Float32Array = new Random(seed)
    .fillNormal(new Float32Array(picture.length))
    .map((value) => value * sampler.initNoiseSigma);
  for (let i = 0; i < sampler.timesteps.length; i++) {
    const input = sampler.scaleInput(x, i);
    const alpha = schedule.alphaCumprod(Math.round(sampler.timesteps[i]!));
    const epsilon = input.map((value, k) => (value - Math.sqrt(alpha) * picture[k]!) / Math.sqrt(1 - alpha));
    x = sampler.step(x, epsilon, i);
  }
  return x;
}

describe("diffusion/samplers", () => {
  const tensor = openGoldenTensors();
  for (const { key, name, config, steps, initNoiseSigma, ...options } of samplers) {
    const title = [name, steps, JSON.stringify({ ...config, ...options })].join(" ");
    it(`equals diffusers: ${title}`, () => {
      const schedule = new NoiseSchedule({ steps_offset: 0, set_alpha_to_one: true, ...config });
      const noise = tensor(`${key}.noise`);
      const outputs = tensor(`${key}.outputs`);
      const xs = tensor(`${key}.x`);
      const row = (values: Float32Array, i: number) => values.subarray(i * SIZE, (i + 1) * SIZE);
      let at = 0;
      const sampler = createSampler(name, schedule, steps, { ...options, noise: () => row(noise, at) });
      closeTo(sampler.timesteps, tensor(`${key}.timesteps`), { rtol: 1e-5, atol: 1e-3 }, "timesteps");
      closeTo([sampler.initNoiseSigma], [initNoiseSigma], { rtol: 1e-5 }, "initNoiseSigma");
      let x = row(xs, 0);
      // The whole trajectory, so errors add up over its steps; atol counts against values as large as the sigmas.
      const atol = 1e-5 * Math.max(...xs.map(Math.abs));
      for (at = 0; at < steps; at++) {
        const scaled = sampler.scaleInput(x, at);
        closeTo(scaled, row(tensor(`${key}.scaled`), at), { rtol: 1e-5, atol: 1e-5 * 4 }, `scaled ${at}`);
        x = sampler.step(x, row(outputs, at), at);
        closeTo(x, row(xs, at + 1), { rtol: 1e-5, atol }, `x ${at + 1}`);
      }
    });
  }

  const picture = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
  for (const name of samplerNames()) {
    it(`${name} arrives at the picture a perfect model sees`, () => {
      const schedule = new NoiseSchedule();
      const random = new Random(9);
      const options: SamplerOptions = { noise: (length) => random.fillNormal(new Float32Array(length)) };
      const sampler = createSampler(name, schedule, 12, options);
      assert.equal(sampler.label, name);
      // DDIM keeps the noise of the first timestep, 0.03.
      closeTo(denoise(sampler, schedule, picture, 3), picture, { atol: 0.1 });
    });
  }

  it("one step starts from the noisiest timestep", () => {
    const schedule = new NoiseSchedule();
    for (const name of ["euler", "euler-a", "dpmpp-2m", "DPM++ 2M Karras", "Euler Karras"]) {
      const sampler = createSampler(name, schedule, 1);
      closeTo(sampler.timesteps, [999], { atol: 1e-6 }, name);
      assert.ok(sampler.step(picture, picture, 0).every(Number.isFinite));
    }
  });

  it("every sampler stays finite at its most steps", () => {
    for (const spacing of ["leading", "linspace", "trailing"] as const) {
      const schedule = new NoiseSchedule({ num_train_timesteps: 50, timestep_spacing: spacing, steps_offset: 1 });
      for (const name of samplerNames()) {
        const sampler = createSampler(name, schedule, 49, { noise: (length) => new Float32Array(length) });
        let x = Float32Array.of(1, -1);
        for (let i = 0; i < 49; i++) x = Float32Array.from(sampler.step(x, sampler.scaleInput(x, i), i));
        assert.ok(x.every(Number.isFinite), `${name} ${spacing}`);
      }
    }
  });

  it("takes names as WebUI and we spell them", () => {
    for (const [name, id, karras] of [
      ["Euler a", "euler-a", false],
      ["EULER", "euler", false],
      ["euler_a", "euler-a", false],
      ["DPM++ 2M Karras", "dpmpp-2m", true],
      ["dpmpp-2m-karras", "dpmpp-2m", true],
      ["dpmpp_2m", "dpmpp-2m", false],
      [" ddim ", "ddim", false],
      ["lcm", "lcm", false],
    ] as const) {
      assert.deepEqual(parseSamplerName(name), { id, karras }, name);
    }
    for (const name of samplerNames()) parseSamplerName(name);
  });

  it("refuses what it cannot do", () => {
    const schedule = new NoiseSchedule();
    for (const name of ["UniPC", "", "constructor", "DDIM Karras", "Euler a Karras"]) {
      assert.throws(() => createSampler(name, schedule, 10), { code: "SAMPLER_UNKNOWN" }, name);
    }
    assert.throws(() => createSampler("DDIM", schedule, 10, { karras: true }), { code: "SAMPLER_UNKNOWN" });
    for (const steps of [0, -1, 1.5, 1000, Number.NaN]) {
      assert.throws(() => createSampler("euler", schedule, steps), { code: "SAMPLER_STEPS" });
    }
    assert.throws(() => createSampler("lcm", schedule, 51), { code: "SAMPLER_STEPS", message: /from 1 to 50/ });
    assert.throws(() => createSampler("ddim", schedule, 10, { eta: 2 }), { code: "GUIDANCE_RANGE" });
    const zeroSnr = new NoiseSchedule({ rescale_betas_zero_snr: true, timestep_spacing: "trailing" });
    assert.throws(() => createSampler("ddim", zeroSnr, 10), { code: "SCHEDULE_FIELD" });
    assert.throws(() => createSampler("euler-a", schedule, 2).step(picture, picture, 0), RangeError);
  });
});
