import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import {
  readModule,
  siteKey,
  stackAdapters,
  stackFeeds,
  targetGroups,
  targetSites,
  writeDiffusers,
  writeKohya,
  writePeft,
  type LoraModule,
  type ModuleSite,
} from "../../lora/adapter/index.ts";
import { AnimulaError, openSafetensors, writeSafetensors, type SafetensorsTensor } from "../../lora/format/index.ts";
import { Graph } from "../../lora/graph/index.ts";
import { FrozenWeights, moduleSites, unet, type StableDiffusion } from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session } from "../../lora/runtime/index.ts";
import { goldenPath, openGoldens, openTiny, unetInputs } from "../models/tiny-stable-diffusion.ts";
import { closeTo } from "../support/close-to.ts";
import { tempDir } from "../support/temp-dir.ts";
import { randomModule } from "./tiny-sites.ts";

const goldens = openGoldens("goldens.safetensors");
let base: StableDiffusion;
let sites: ModuleSite[];
before(async () => {
  base = await openTiny("tiny");
  sites = moduleSites(base);
});

function sameLayers(actual: LoraModule, expected: LoraModule): void {
  assert.deepEqual([...actual.layers.keys()].toSorted(), [...expected.layers.keys()].toSorted());
  for (const [key, layer] of expected.layers) assert.deepEqual(actual.layers.get(key), layer, key);
}

/** The goldens' matrices of a set, which the foreign files were written from. */
function assertGolden(module: LoraModule, set: string, alphas: Record<string, number>): void {
  let count = 0;
  for (const site of sites) {
    const name = `${set}/initial/${site.part}/${site.name}`;
    if (!goldens.names.includes(`${name}.down`)) continue;
    const layer = module.layers.get(siteKey(site));
    assert.ok(layer, siteKey(site));
    assert.deepEqual(layer.down, goldens.floats(`${name}.down`).data, name);
    assert.deepEqual(layer.up, goldens.floats(`${name}.up`).data, name);
    assert.equal(layer.alpha, alphas[site.part], name);
    count++;
  }
  assert.equal(module.layers.size, count);
}

describe("module files of other tools", () => {
  for (const name of ["kohya.safetensors", "diffusers.safetensors"])
    it(`foreign/${name}: every matrix and alpha`, () => {
      const path = goldenPath(`foreign/${name}`);
      const { module, report } = readModule(path, sites);
      assertGolden(module, "everything", { unet: 4, text_encoder: 4 });
      assert.equal(report.applied.length + report.ignored.length, openSafetensors(path).tensors.size);
      assert.deepEqual(report.ignored, []);
    });

  for (const [name, alpha, output] of [
    ["diffusers-old.safetensors", 4, "foreign/diffusers-old/output"],
    ["peft", 8, "attention/output"],
  ] as const)
    it(`foreign/${name}: every matrix, and the output that diffusers gives`, async () => {
      const { module, report } = readModule(goldenPath(`foreign/${name}`), sites);
      assertGolden(module, "attention", { unet: alpha });
      assert.equal(report.ignored.length, 0);
      const graph = new Graph();
      const inputs = unetInputs(graph, base);
      const own = sites.filter(({ part }) => part === "unet");
      const weights = new FrozenWeights(graph, "unet", base.weights.unet, stackAdapters(graph, own).forPart("unet"));
      const session = await Session.open({ prediction: unet(new Scope(weights), inputs, base.unet) });
      const { prediction } = await session.run({
        sample: goldens.floats("unet16x16/latents"),
        timestep: goldens.asFloats("unet16x16/timesteps"),
        textEmbeddings: goldens.floats("unet16x16/embeddings"),
        ...stackFeeds([[{ module, weight: 1, textEncoderWeight: 1 }]], sites),
      });
      await session.close();
      const expected = goldens.floats(output).data;
      const size = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      closeTo(prediction.data as Float32Array, expected, { atol: 1e-4 * size });
    });
});

describe("writing module files", () => {
  const moduleOf = (): LoraModule => {
    const own = targetSites(sites, targetGroups);
    const mixed = randomModule(own, 3, 6, 7);
    const other = randomModule(own.slice(0, 5), 2, 1, 8);
    return { layers: new Map([...mixed.layers, ...other.layers]), metadata: {} };
  };

  it("kohya → diffusers → kohya gives equal modules, and equal bytes in the end", () => {
    const folder = tempDir();
    const [first, second, third] = ["a", "b", "c"].map((name) => join(folder, `${name}.safetensors`)) as [
      string,
      string,
      string,
    ];
    const module = moduleOf();
    writeKohya(first, module, sites);
    const one = readModule(first, sites);
    sameLayers(one.module, module);
    assert.equal(one.report.ignored.length, 0);
    writeDiffusers(second, one.module, sites);
    const two = readModule(second, sites);
    sameLayers(two.module, module);
    writeKohya(third, two.module, sites);
    assert.deepEqual(fs.readFileSync(third), fs.readFileSync(first));
    assert.deepEqual(fs.readdirSync(folder).toSorted(), ["a.safetensors", "b.safetensors", "c.safetensors"]);
  });

  it("PEFT folders, part by part", () => {
    const module = moduleOf();
    for (const part of ["unet", "text_encoder"] as const) {
      const folder = join(tempDir(), "adapter");
      writePeft(folder, module, sites, part);
      const layers = new Map([...module.layers].filter(([key]) => key.startsWith(`${part}.`)));
      sameLayers(readModule(folder, sites).module, { layers, metadata: {} });
    }
  });

  it("F32 keeps every bit", () => {
    const path = join(tempDir(), "exact.safetensors");
    const module = randomModule(targetSites(sites, ["attention"]), 2, 2, 9);
    for (const { down } of module.layers.values()) down[0] = 0.1;
    writeKohya(path, module, sites, { dtype: "F32" });
    sameLayers(readModule(path, sites).module, module);
  });

  it("kohya files carry shapes, alphas, metadata and hashes as sd-scripts writes them", () => {
    const path = join(tempDir(), "full.safetensors");
    const module = randomModule(targetSites(sites, targetGroups), 3, 6, 7);
    writeKohya(path, module, sites, {
      info: { title: "zhangsan", triggerPhrase: "zhangsan", resolution: "128x128", training: { ss_seed: "7" } },
    });
    const { tensors, metadata } = openSafetensors(path);
    assert.deepEqual(tensors.get("lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight")!.shape, [3, 16, 3, 3]);
    assert.deepEqual(tensors.get("lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight")!.shape, [16, 3, 1, 1]);
    assert.deepEqual(
      tensors.get("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight")!.shape,
      [3, 16, 1, 1],
    );
    assert.deepEqual(tensors.get("lora_unet_down_blocks_0_attentions_0_proj_in.alpha")!.shape, []);
    const { sshs_model_hash: hash, sshs_legacy_hash: legacy, ...rest } = metadata;
    assert.deepEqual(rest, {
      format: "pt",
      ss_v2: "False",
      ss_base_model_version: "sd_v1",
      ss_network_module: "networks.lora",
      ss_network_dim: "3",
      ss_network_alpha: "6",
      ss_network_args: '{"conv_dim":"3","conv_alpha":"6"}',
      ss_output_name: "zhangsan",
      ss_seed: "7",
      "modelspec.sai_model_spec": "1.0.1",
      "modelspec.architecture": "stable-diffusion-v1/lora",
      "modelspec.implementation": "diffusers",
      "modelspec.title": "zhangsan",
      "modelspec.resolution": "128x128",
      "modelspec.trigger_phrase": "zhangsan",
      "modelspec.prediction_type": "epsilon",
    });
    const bytes = fs.readFileSync(path);
    const data = bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
    assert.equal(hash, createHash("sha256").update(data).digest("hex"));
    assert.match(legacy!, /^[0-9a-f]{8}$/);
  });

  it("refuses what the file could not hold, and leaves nothing behind", () => {
    const folder = tempDir();
    const module = randomModule(targetSites(sites, ["attention"]), 2, 2, 9);
    const first = [...module.layers.values()][0]!;
    const write = (options = {}) => writeKohya(join(folder, "x.safetensors"), module, sites, options);
    first.up[0] = 7e4;
    assert.throws(write, hasCode("MODULE_OVERFLOW"));
    write({ dtype: "F32" });
    fs.rmSync(join(folder, "x.safetensors"));
    first.up[0] = Number.NaN;
    assert.throws(write, hasCode("MODULE_VALUE"));
    assert.deepEqual(fs.readdirSync(folder), []);
  });
});

const hasCode =
  (code: string, message = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AnimulaError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

describe("reading module files", () => {
  const key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";
  const floats = (shape: number[], value = 0.5): SafetensorsTensor => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    return { dtype: "F32", shape, data };
  };
  const good = () => ({ [`${key}.lora_down.weight`]: floats([2, 32]), [`${key}.lora_up.weight`]: floats([16, 2]) });
  const read = (tensors: Record<string, SafetensorsTensor>, metadata?: Record<string, string>) => {
    const path = join(tempDir(), "m.safetensors");
    writeSafetensors(path, tensors, metadata);
    return readModule(path, sites);
  };
  const site = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";

  it("takes alpha = rank where it is absent or 0, and any number type for it", () => {
    const alphaOf = (extra: Record<string, SafetensorsTensor>) =>
      read({ ...good(), ...extra }).module.layers.get(site)!.alpha;
    assert.equal(alphaOf({}), 2);
    assert.equal(alphaOf({ [`${key}.alpha`]: floats([], 0) }), 2);
    assert.equal(alphaOf({ [`${key}.alpha`]: floats([1], 7) }), 7);
    assert.equal(alphaOf({ [`${key}.alpha`]: { dtype: "I64", shape: [], data: BigInt64Array.of(5n) } }), 5);
  });

  it("reports what it leaves out, with the reason", () => {
    const conv = "lora_unet_down_blocks_0_resnets_0_conv1";
    const { report } = read({
      ...good(),
      "lora_unet_nowhere.lora_down.weight": floats([2, 3]),
      [`${conv}.lora_down.weight`]: floats([2, 16, 3, 3]),
      "lora_unet_conv_in.hada_w1_a": floats([2, 2]),
      stray: floats([1]),
    });
    assert.deepEqual(report.applied.toSorted(), Object.keys(good()).toSorted());
    const reasons = Object.fromEntries(report.ignored.map((item) => [item.key, item.reason]));
    assert.match(reasons["lora_unet_nowhere.lora_down.weight"]!, /no such layer/);
    assert.match(reasons[`${conv}.lora_down.weight`]!, /up half is missing/);
    assert.match(reasons["lora_unet_conv_in.hada_w1_a"]!, /LoHa/);
    assert.match(reasons["stray"]!, /not a tensor of a LoRA/);
  });

  it("never applies half of a DoRA as a LoRA", () => {
    const tensors = { ...good(), [`${key}.dora_scale`]: floats([16, 1]) };
    assert.throws(() => read(tensors), hasCode("MODULE_NOTHING_APPLIED", /LoHa, LoKr, OFT or DoRA/));
  });

  it("refuses a file of which nothing applies, saying what it looks like", () => {
    const sdxl = { "lora_unet_input_blocks_4_1_proj_in.lora_down.weight": floats([2, 3]) };
    assert.throws(
      () => read(sdxl),
      hasCode("MODULE_NOTHING_APPLIED", /m\.safetensors.*SDXL.*use it with a base of that kind/),
    );
    assert.throws(() => read({}), hasCode("MODULE_NOTHING_APPLIED"));
  });

  it("refuses wrong shapes, naming the likely base", () => {
    const [down, up] = [`${key}.lora_down.weight`, `${key}.lora_up.weight`];
    const wrong = (tensors: Record<string, SafetensorsTensor>, message: RegExp) =>
      assert.throws(() => read({ ...good(), ...tensors }), hasCode("MODULE_SHAPE", message));
    wrong({ [down]: floats([2, 1024]) }, /expected shape \[rank, 32\], got \[2, 1024\].*Stable Diffusion 2\.x/);
    wrong({ [down]: floats([2, 31]) }, /another size/);
    wrong({ [up]: floats([16, 3]) }, /expected shape \[16, 2\], got \[16, 3\]/);
    wrong({ [up]: floats([2, 16]) }, /got \[2, 16\]/);
    wrong({ [down]: floats([2, 32, 3, 3]) }, /got \[2, 32, 3, 3\]/);
    wrong({ [`${key}.alpha`]: floats([2]) }, /expected shape \[\]/);
  });

  it("refuses numbers that are none, and layers that come twice", () => {
    const down = { [`${key}.lora_down.weight`]: floats([2, 32], Number.POSITIVE_INFINITY) };
    assert.throws(() => read({ ...good(), ...down }), hasCode("MODULE_VALUE", /finite/));
    assert.throws(() => read({ ...good(), [`${key}.alpha`]: floats([], -1) }), hasCode("MODULE_VALUE", /at least 0/));
    const twice = { [`${site}.lora_A.weight`]: floats([2, 32]) };
    assert.throws(() => read({ ...good(), ...twice }), hasCode("MODULE_TWICE"));
  });

  it("reads PEFT's settings: patterns and rank-stabilised scale; refuses those it cannot honour", () => {
    const tensors = { [`${site}.lora_A.weight`]: floats([4, 32]), [`${site}.lora_B.weight`]: floats([16, 4]) };
    const alpha = (fields: Record<string, unknown>) => {
      const own = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`unet.${name}`, value]));
      return read(tensors, { lora_adapter_metadata: JSON.stringify(own) }).module.layers.get(site)!.alpha;
    };
    assert.equal(alpha({ r: 4, lora_alpha: 3 }), 3);
    assert.equal(alpha({ lora_alpha: 3, alpha_pattern: { "attn2.to_k": 9, to_q: 1 } }), 9);
    assert.equal(alpha({ lora_alpha: 3, alpha_pattern: { "^attn2.to_k": 9 } }), 3);
    assert.equal(alpha({ lora_alpha: 3, use_rslora: true }), 6);
    assert.equal(alpha({ r: 4 }), 4);
    for (const fields of [
      { use_dora: true },
      { peft_type: "LOHA" },
      { lora_alpha: "x" },
      { fan_in_fan_out: true },
      { alpha_pattern: { "(a+)+": 1 } },
    ])
      assert.throws(() => alpha(fields), hasCode("MODULE_CONFIG"), JSON.stringify(fields));
    assert.throws(() => read(tensors, { lora_adapter_metadata: "{" }), hasCode("MODULE_CONFIG", /JSON/));
  });

  it("refuses a folder without a module, and a pickle", () => {
    const folder = tempDir();
    assert.throws(() => readModule(folder, sites), hasCode("MODULE_FOLDER"));
    const pickle = join(folder, "m.pt");
    fs.writeFileSync(pickle, "x");
    assert.throws(() => readModule(pickle, sites), hasCode("PICKLE_REFUSED"));
  });
});
