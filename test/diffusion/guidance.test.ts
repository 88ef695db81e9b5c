import assert from "node:assert/strict";
import { combineGuidance, rescaleGuidance } from "../../lora/diffusion/guidance.ts";
import { closeTo } from "../support/close-to.ts";
import { openGoldenTensors } from "./golden.ts";

describe("diffusion/guidance", () => {
  const tensor = openGoldenTensors();
  const unconditional = tensor("guidance.unconditional");
  const conditional = tensor("guidance.conditional");

  it("equals diffusers, with and without rescale", () => {
    const guided = combineGuidance(unconditional, conditional, 7.5);
    closeTo(guided, tensor("guidance.guided"), { rtol: 1e-6, atol: 1e-6 });
    closeTo(rescaleGuidance(guided, conditional, 0.7, 3), tensor("guidance.rescaled"), { rtol: 1e-5, atol: 1e-6 });
  });

  it("scale 1 is the conditional, 0 the unconditional; rescale 0 changes nothing, also at zero deviation", () => {
    closeTo(combineGuidance(unconditional, conditional, 1), conditional, { rtol: 1e-6, atol: 1e-7 });
    assert.deepEqual(combineGuidance(unconditional, conditional, 0), unconditional);
    assert.deepEqual(rescaleGuidance(conditional, unconditional, 0, 3), conditional);
    assert.deepEqual(rescaleGuidance(Float32Array.of(2, 2), Float32Array.of(1, 3), 1), Float32Array.of(2, 2));
  });

  it("arrays of different lengths are a programmer's error", () => {
    assert.throws(() => combineGuidance(unconditional, new Float32Array(2), 1), RangeError);
    assert.throws(() => rescaleGuidance(unconditional, conditional, 1, 7), RangeError);
  });
});
