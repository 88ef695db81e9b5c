import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModule, siteKey, writeKohya, writePeft } from "../../lora/adapter/index.ts";
import { languageModelSites, moduleSites } from "../../lora/models/index.ts";
import { openTiny } from "../models/tiny-stable-diffusion.ts";
import { openTinyText, textGoldens } from "../models/tiny-language-model.ts";
import { tempDir } from "../support/temp-dir.ts";

const byPeft = fileURLToPath(new URL("../golden/text/peft", import.meta.url));
const sites = languageModelSites(openTinyText("qwen2"));
const goldens = textGoldens();

describe("modules of language models", () => {
  it("reads the folder that PEFT wrote: every matrix, rank and alpha", () => {
    const { module, report } = readModule(byPeft, sites);
    assert.equal(module.layers.size, sites.length);
    assert.deepEqual(report.ignored, []);
    for (const site of sites) {
      const { down, up, rank, alpha } = module.layers.get(siteKey(site))!;
      assert.deepEqual([rank, alpha], [4, 8]);
      assert.deepEqual(down, goldens.floats(`qwen2/initial/${site.name}.down`).data);
      assert.deepEqual(up, goldens.floats(`qwen2/initial/${site.name}.up`).data);
    }
  });

  it("writes a folder that PEFT reads, and reads it back", () => {
    const { module } = readModule(byPeft, sites);
    const folder = tempDir();
    writePeft(folder, module, sites, "language_model", { baseModel: "org/base" });
    const config = JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8")) as Record<string, unknown>;
    assert.equal(config["task_type"], "CAUSAL_LM");
    assert.equal(config["base_model_name_or_path"], "org/base");
    assert.deepEqual([config["r"], config["lora_alpha"]], [4, 8]);
    const endings = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"];
    assert.deepEqual((config["target_modules"] as string[]).toSorted(), endings);
    assert.deepEqual(readModule(folder, sites).module.layers, module.layers);
  });

  it("names whole layers where not all of a kind are adapted", () => {
    const { module } = readModule(byPeft, sites);
    const folder = tempDir();
    const one = "language_model.model.layers.1.self_attn.q_proj";
    const part = { layers: new Map([[one, module.layers.get(one)!]]), metadata: {} };
    writePeft(folder, part, sites, "language_model");
    const config = JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8")) as Record<string, unknown>;
    assert.deepEqual(config["target_modules"], ["model.layers.1.self_attn.q_proj"]);
  });

  it("goes through one file with alphas, too", () => {
    const { module } = readModule(byPeft, sites);
    const file = join(tempDir(), "voice.safetensors");
    writeKohya(file, module, sites);
    assert.deepEqual(readModule(file, sites).module.layers, module.layers);
  });

  it("a module for another base says so, in both directions", async () => {
    const pictures = moduleSites(await openTiny("tiny"));
    assert.throws(() => readModule(byPeft, pictures), /MODULE_NOTHING_APPLIED|a LoRA for a language model/);
    const other = fileURLToPath(new URL("../golden/sd/foreign/kohya.safetensors", import.meta.url));
    assert.throws(() => readModule(other, sites), /nothing could be applied/);
    const wide = languageModelSites(openTinyText("qwen3"));
    assert.throws(() => readModule(byPeft, wide), /expected shape/);
  });
});
