import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModule, siteKey, writeGgufModule, type LoraModule } from "../../lora/adapter/index.ts";
import { openGguf, readGgufTensor, writeGguf } from "../../lora/format/index.ts";
import { languageModelSites } from "../../lora/models/index.ts";
import { ggufBytes, pair, text } from "../format/gguf-bytes.ts";
import { openTinyText, textGoldens } from "../models/tiny-language-model.ts";
import { tempDir } from "../support/temp-dir.ts";

const golden = fileURLToPath(new URL("../golden/gguf/llama3-adapter.gguf", import.meta.url));
const sites = languageModelSites(openTinyText("llama3"));
const file = () => join(tempDir(), "voice.gguf");

describe("LoRA modules in GGUF files", () => {
  it("reads what llama.cpp's converter writes: every matrix, its rows in transformers' order, rank and alpha", () => {
    const { module, report } = readModule(golden, sites);
    assert.equal(module.layers.size, sites.length);
    assert.equal(report.applied.length, 2 * sites.length);
    assert.deepEqual(report.ignored, []);
    const goldens = textGoldens();
    for (const site of sites) {
      const { down, up, rank, alpha } = module.layers.get(siteKey(site))!;
      assert.deepEqual([rank, alpha], [4, 8]);
      assert.deepEqual(down, goldens.floats(`llama3/initial/${site.name}.down`).data, site.name);
      assert.deepEqual(up, goldens.floats(`llama3/initial/${site.name}.up`).data, site.name);
    }
  });

  it("writes the same file in other order: metadata, names, shapes and values", () => {
    const path = file();
    writeGgufModule(path, readModule(golden, sites).module, sites, "llama", { dtype: "F32" });
    const [own, expected] = [openGguf(path), openGguf(golden)];
    assert.deepEqual(own.metadata, expected.metadata);
    assert.deepEqual(new Set(own.tensors.keys()), new Set(expected.tensors.keys()));
    for (const [name, tensor] of own.tensors) {
      assert.deepEqual(tensor.shape, expected.tensors.get(name)!.shape);
      assert.deepEqual(readGgufTensor(own, tensor), readGgufTensor(expected, expected.tensors.get(name)!), name);
    }
  });

  it("half precision and layers of different alpha come back as the same change", () => {
    const { module } = readModule(golden, sites);
    const [first, second] = [siteKey(sites[0]!), siteKey(sites[2]!)];
    const two: LoraModule = {
      layers: new Map([
        [first, module.layers.get(first)!],
        [second, { ...module.layers.get(second)!, alpha: 4 }],
      ]),
      metadata: {},
    };
    const path = file();
    writeGgufModule(path, two, sites, "llama");
    const back = readModule(path, sites).module.layers;
    assert.deepEqual(back.get(first), two.layers.get(first), "these values are exact in half precision");
    const { alpha, up } = back.get(second)!;
    assert.equal(alpha, 8);
    assert.deepEqual(
      up,
      two.layers.get(second)!.up.map((value) => value / 2),
    );
  });

  it("says what it left out", () => {
    const qwen = languageModelSites(openTinyText("qwen3"));
    const path = file();
    const one = { shape: [2, 32], data: new Float32Array(64), dtype: "F32" } as const;
    const names = ["blk.0.attn_v.weight.lora_a", "blk.0.ffn_up.weight.lora_a", "token_embd.weight.lora_a", "x.bias"];
    const up = {
      name: "blk.0.attn_v.weight.lora_b",
      shape: [32, 2],
      data: new Float32Array(64),
      dtype: "F32",
    } as const;
    const metadata = { "general.type": "adapter", "adapter.type": "lora" };
    writeGguf(path, metadata, [...names.map((name) => ({ ...one, name })), up]);
    const { module, report } = readModule(path, qwen);
    assert.deepEqual(
      [...module.layers.values()].map(({ rank, alpha }) => [rank, alpha]),
      [[2, 2]],
      "no alpha is rank",
    );
    assert.deepEqual(report.ignored, [
      { key: "token_embd.weight.lora_a", reason: "this base has no such layer that a module can adapt" },
      { key: "x.bias", reason: "not a tensor of a LoRA module" },
      { key: "blk.0.ffn_up.weight.lora_a", reason: "its b half is missing" },
    ]);
  });

  it("refuses models, modules for another base and damaged ones", () => {
    const refused = (bytes: Buffer, code: string, message: RegExp) => {
      const path = file();
      writeFileSync(path, bytes);
      assert.throws(() => readModule(path, sites), { code, message });
    };
    const adapter = [pair("general.type", 8, text("adapter"))];
    refused(ggufBytes([]), "MODULE_CONFIG", /general.type: expected adapter, got nothing/);
    refused(ggufBytes([...adapter, pair("adapter.type", 8, text("dora"))]), "MODULE_CONFIG", /expected lora, got dora/);
    refused(ggufBytes([...adapter, pair("adapter.type", 8, text("lora"))]), "MODULE_NOTHING_APPLIED", /another model/);
    const wide = languageModelSites(openTinyText("qwen3"));
    assert.throws(() => readModule(golden, wide), { code: "MODULE_SHAPE" });
    const { module } = readModule(golden, sites);
    const spoilt = (value: number) => {
      const [key, layer] = [...module.layers][0]!;
      return { layers: new Map([[key, { ...layer, down: layer.down.map(() => value) }]]), metadata: {} };
    };
    assert.throws(() => writeGgufModule(file(), spoilt(NaN), sites, "llama"), { code: "MODULE_VALUE" });
    assert.throws(() => writeGgufModule(file(), spoilt(1e5), sites, "llama"), { code: "MODULE_OVERFLOW" });
    const path = file();
    const nan = {
      name: "blk.0.attn_v.weight.lora_a",
      shape: [1, 32],
      data: new Float32Array(32).fill(NaN),
      dtype: "F32",
    } as const;
    const up = {
      name: "blk.0.attn_v.weight.lora_b",
      shape: [16, 1],
      data: new Float32Array(16),
      dtype: "F32",
    } as const;
    writeGguf(path, { "general.type": "adapter", "adapter.type": "lora" }, [nan, up]);
    assert.throws(() => readModule(path, sites), { code: "MODULE_VALUE" });
  });
});
