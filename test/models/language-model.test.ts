import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLanguageWeights } from "../../lora/models/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { openTinyText } from "./tiny-language-model.ts";

function copy(family: string): string {
  const path = join(tempDir(), family);
  cpSync(fileURLToPath(new URL(`../golden/text/${family}`, import.meta.url)), path, { recursive: true });
  return path;
}

type Json = Record<string, unknown>;
function edit(path: string, change: (config: Json) => Json, name = "config.json"): void {
  const file = join(path, name);
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Json)));
}

describe("opening a language model", () => {
  it("reads weights of several files through their index, and of whatever files there are without it", () => {
    const path = copy("llama2");
    const { weights } = openLanguageWeights(path);
    assert.equal(new Set([...weights.values()].map((tensor) => tensor.path)).size, 3);
    rmSync(join(path, "model.safetensors.index.json"));
    assert.deepEqual(new Set(openLanguageWeights(path).weights.keys()), new Set(weights.keys()));
  });

  it("takes rope settings as transformers 5 and as older versions write them", () => {
    const path = copy("llama3");
    const now = openLanguageWeights(path).config.rope;
    assert.equal(now.kind, "llama3");
    edit(path, ({ rope_parameters: parameters, ...rest }) => {
      const { rope_theta, ...scaling } = parameters as Json;
      return { ...rest, rope_theta, rope_scaling: scaling };
    });
    assert.deepEqual(openLanguageWeights(path).config.rope, now);
    edit(path, ({ rope_scaling: _, ...rest }) => ({ ...rest, rope_scaling: { type: "linear", factor: 2 } }));
    const linear = { kind: "linear", theta: 10_000, factor: 2, attentionFactor: 1 };
    assert.deepEqual(openLanguageWeights(path).config.rope, linear);
  });

  it("knows where a window limits what a token sees", () => {
    assert.deepEqual(openTinyText("mistral").config.windows, [6, 6]);
    assert.deepEqual(openTinyText("qwen2").config.windows, [undefined, 5]);
    const path = copy("mistral");
    edit(path, (config) => ({ ...config, sliding_window: null }));
    assert.deepEqual(openLanguageWeights(path).config.windows, [undefined, undefined]);
  });

  it("knows how much of a head turns", () => {
    assert.deepEqual([openTinyText("glm").config.headSize, openTinyText("glm").config.rotarySize], [16, 8]);
    const path = copy("glm4");
    // As older configs have it, and as the model's code has it without.
    edit(path, ({ rope_parameters: _, ...config }) => ({ ...config, partial_rotary_factor: 0.25 }));
    assert.equal(openLanguageWeights(path).config.rotarySize, 2);
    edit(path, ({ partial_rotary_factor: _, ...config }) => config);
    assert.equal(openLanguageWeights(path).config.rotarySize, 4);
  });

  it("refuses what it does not know", () => {
    const refused = (family: string, change: (config: Json) => Json, message: RegExp) => {
      const path = copy(family);
      edit(path, change);
      assert.throws(() => openLanguageWeights(path), { code: "BASE_CONFIG_INVALID", message });
    };
    refused(
      "llama3",
      (config) => ({ ...config, model_type: "bert" }),
      /model_type: expected one of llama, .*got "bert"/,
    );
    refused(
      "llama3",
      (config) => ({ ...config, rope_parameters: { rope_type: "mrope", factor: 4 } }),
      /rope_type.*mrope/,
    );
    const longrope = { rope_type: "longrope", short_factor: [1, 1, 1, 1], long_factor: [1, 1] };
    refused(
      "llama3",
      (config) => ({ ...config, rope_parameters: longrope }),
      /long_factor: expected 4 positive numbers/,
    );
    refused("llama3", (config) => ({ ...config, hidden_act: "gelu" }), /hidden_act/);
    refused("llama3", (config) => ({ ...config, partial_rotary_factor: 0.5 }), /partial_rotary_factor: expected 1/);
    const half = { rope_type: "default", partial_rotary_factor: 0.5 };
    refused("llama3", (config) => ({ ...config, rope_parameters: half }), /partial_rotary_factor: expected 1/);
    refused(
      "glm4",
      (config) => ({ ...config, rope_parameters: { ...half, partial_rotary_factor: 2 } }),
      /a share of 1/,
    );
    refused("glm4", (config) => ({ ...config, head_dim: 6 }), /head_dim: expected an even number/);
    refused("llama3", (config) => ({ ...config, num_key_value_heads: 3 }), /a divisor of 4 heads/);
    refused("llama3", ({ hidden_size: _, ...config }) => config, /hidden_size.*got nothing/);
  });

  it("says what is missing", () => {
    assert.throws(() => openLanguageWeights("no/such/folder"), { code: "BASE_TEXT_NOT_FOUND" });
    const path = copy("llama2");
    assert.throws(() => openLanguageWeights(join(path, "config.json")), /got a file/);
    rmSync(join(path, "model-00002-of-00003.safetensors"));
    assert.throws(() => openLanguageWeights(path), { code: "BASE_TEXT_PART_MISSING", message: /model-00002/ });
    rmSync(join(path, "config.json"));
    assert.throws(() => openLanguageWeights(path), { code: "BASE_TEXT_NOT_FOUND" });
    const pickle = copy("qwen2");
    rmSync(join(pickle, "model.safetensors"));
    writeFileSync(join(pickle, "pytorch_model.bin"), "PK");
    assert.throws(() => openLanguageWeights(pickle), /pytorch_model.bin/);
  });

  it("an index cannot name files outside the folder", () => {
    const path = copy("llama2");
    edit(
      path,
      () => ({ weight_map: { "model.norm.weight": "../secret.safetensors" } }),
      "model.safetensors.index.json",
    );
    assert.throws(() => openLanguageWeights(path), { code: "BASE_CONFIG_INVALID", message: /weight_map/ });
  });
});
