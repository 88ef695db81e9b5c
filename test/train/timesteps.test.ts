import assert from "node:assert/strict";
import { NoiseSchedule, Random, stableDiffusion2 } from "../../lora/diffusion/index.ts";
import { drawTimestep } from "../../lora/train/index.ts";

const COUNT = 20_000;
/** Share of the draws at or above a part of the schedule. */
const shareFrom = (part: number, bias: "none" | "later"): number => {
  const schedule = new NoiseSchedule(stableDiffusion2);
  const random = new Random(7);
  const draws = Array.from({ length: COUNT }, () => drawTimestep(schedule, random, bias));
  assert.ok(draws.every((t) => Number.isInteger(t) && t >= 0 && t < schedule.numTrainTimesteps));
  return draws.filter((t) => t >= part * schedule.numTrainTimesteps).length / COUNT;
};

describe("timesteps of training", () => {
  it("fall evenly over the schedule", () => {
    assert.ok(Math.abs(shareFrom(0.75, "none") - 0.25) < 0.02);
  });

  it("biased to later ones, fall half into the noisiest quarter and a tenth into the last hundredth", () => {
    assert.ok(Math.abs(shareFrom(0.75, "later") - 0.5) < 0.02);
    assert.ok(Math.abs(shareFrom(0.99, "later") - 0.1) < 0.02);
  });
});
