import assert from "node:assert/strict";
import { goldens } from "./goldens.ts";

describe("goldens", () => {
  it("reads a tensor with its shape", () => {
    const { data, shape } = goldens("diffusion/samplers.safetensors")("00.outputs");
    assert.equal(
      data.length,
      shape.reduce((a, b) => a * b, 1),
    );
  });

  it("names the golden and what it holds where a tensor is missing", () => {
    assert.throws(
      () => goldens("diffusion/samplers.safetensors")("absent"),
      /samplers.safetensors: expected a tensor "absent"/,
    );
  });
});
