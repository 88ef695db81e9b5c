import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, filesBelow, makePictures, TINY, writeConfig, type Run } from "./animula.ts";

const tensor = (...shape: number[]) => ({
  dtype: "F32" as const,
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const UNET = "unet/diffusion_pytorch_model.safetensors";

/** A copy of the tiny base with one value of a config changed. */
function changedBase(dir: string, part: string, change: object): string {
  cpSync(TINY, join(dir, "base"), { recursive: true });
  const file = join(dir, "base", part, "config.json");
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as object), ...change }));
  return "base";
}

interface BadInput {
  readonly what: string;
  readonly code: string;
  /** In the message: the place, and what to do. */
  readonly says: RegExp;
  /** Puts the bad thing into the folder; returns the settings that lead to it. */
  readonly make: (dir: string) => Record<string, unknown> | void;
}

const badInputs: readonly BadInput[] = [
  {
    what: "a base cut off in its header",
    code: "SAFETENSORS_HEADER_TRUNCATED",
    says: /cut\.safetensors: .*download or copy it again/,
    make: (dir) => {
      writeFileSync(join(dir, "cut.safetensors"), readFileSync(join(TINY, UNET)).subarray(0, 1000));
      return { base_model: "cut.safetensors" };
    },
  },
  {
    what: "a base cut off in its weights",
    code: "SAFETENSORS_FILE_TRUNCATED",
    says: /diffusion_pytorch_model\.safetensors: .*did not finish, repeat it/,
    make: (dir) => {
      const base = changedBase(dir, "unet", {});
      writeFileSync(join(dir, base, UNET), readFileSync(join(TINY, UNET)).subarray(0, -1));
      return { base_model: base };
    },
  },
  {
    what: "a base that claims a header of 2⁶² bytes",
    code: "SAFETENSORS_HEADER_TOO_LARGE",
    says: /hostile\.safetensors: expected a header of at most/,
    make: (dir) => {
      const bytes = Buffer.alloc(64);
      bytes.writeBigUInt64LE(1n << 62n);
      writeFileSync(join(dir, "hostile.safetensors"), bytes);
      return { base_model: "hostile.safetensors" };
    },
  },
  {
    what: "a .ckpt base",
    code: "PICKLE_REFUSED",
    says: /v1-5\.ckpt: .*can run any program.*download the \.safetensors version/,
    make: (dir) => {
      writeFileSync(join(dir, "v1-5.ckpt"), "PK");
      return { base_model: "v1-5.ckpt" };
    },
  },
  {
    what: "a diffusers folder with pickled weights",
    code: "PICKLE_REFUSED",
    says: /unet\/diffusion_pytorch_model\.bin: /,
    make: (dir) => {
      const base = changedBase(dir, "unet", {});
      rmSync(join(dir, base, UNET));
      writeFileSync(join(dir, base, "unet/diffusion_pytorch_model.bin"), "PK");
      return { base_model: base };
    },
  },
  {
    what: "a language model for a base",
    code: "BASE_PART_MISSING",
    says: /llm\.safetensors: expected a Stable Diffusion .*another kind of model/,
    make: (dir) => {
      const names = ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "lm_head.weight"];
      writeSafetensors(join(dir, "llm.safetensors"), Object.fromEntries(names.map((name) => [name, tensor(8, 8)])));
      return { base_model: "llm.safetensors" };
    },
  },
  {
    what: "a LoRA module for a base",
    code: "BASE_PART_MISSING",
    says: /lora\.safetensors: /,
    make: (dir) => {
      const site = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q";
      const tensors = { [`${site}.lora_down.weight`]: tensor(2, 8), [`${site}.lora_up.weight`]: tensor(8, 2) };
      writeSafetensors(join(dir, "lora.safetensors"), tensors);
      return { base_model: "lora.safetensors" };
    },
  },
  {
    what: "an SDXL folder for a base",
    code: "BASE_CONFIG_INVALID",
    says: /addition_embed_type: .*SDXL is not supported.*use a model of a supported kind/,
    make: (dir) => ({ base_model: changedBase(dir, "unet", { addition_embed_type: "text_time" }) }),
  },
  {
    what: "an inpainting base",
    code: "BASE_INPUTS",
    says: /expected a UNet with 4 input channels, got 9; .*use the plain one/,
    make: (dir) => ({ base_model: changedBase(dir, "unet", { in_channels: 9 }) }),
  },
  {
    what: "a base that is not there",
    code: "BASE_NOT_FOUND",
    says: /nowhere: .*check the path/,
    make: () => ({ base_model: "nowhere" }),
  },
  {
    what: "a setting of the wrong type",
    code: "CONFIG_VALUE",
    says: /run\.yaml:4: lora_rank: expected a whole number.*got the text "eight"; write for example/,
    make: () => ({ lora_rank: "eight" }),
  },
  {
    what: "an unknown setting",
    code: "CONFIG_KEY_UNKNOWN",
    says: /run\.yaml:\d+: .*got "lerning_rate"; did you mean "learning_rate"\?/,
    make: () => ({ lerning_rate: 1e-4 }),
  },
  {
    what: "a data folder that is not there",
    code: "DATASET_NOT_FOUND",
    says: /missing: expected a folder with pictures, got nothing; check the path/,
    make: () => ({ train_data_dir: "./missing" }),
  },
  {
    what: "a data folder without pictures",
    code: "DATASET_EMPTY",
    says: /empty: expected pictures/,
    make: (dir) => {
      mkdirSync(join(dir, "empty"));
      return { train_data_dir: "./empty" };
    },
  },
  {
    what: "pictures of which none can be read",
    code: "DATASET_UNREADABLE",
    says: /broken: .*got 2 that cannot be read \(first: a\.png\); export them again/,
    make: (dir) => {
      mkdirSync(join(dir, "broken"));
      for (const name of ["a.png", "b.jpg"]) writeFileSync(join(dir, "broken", name), "no picture");
      return { train_data_dir: "./broken" };
    },
  },
  {
    what: "a caption file that is not there",
    code: "METADATA_NOT_READABLE",
    says: /captions\.csv: .*correct metadata_path or leave it out/,
    make: () => ({ metadata_path: "./captions.csv" }),
  },
  {
    what: "a sample prompt with a module, before the first step",
    code: "MODULE_UNKNOWN",
    says: /<lora:hero:…>.*sample_prompts draw with the module in training alone/,
    make: () => ({ sample_prompts: ["a cat <lora:hero:1>"] }),
  },
  {
    what: "a sample picture of a size that does not fit, before the first step",
    code: "SIZE_INVALID",
    says: /width: expected a positive multiple of \d+, got 72; choose the nearest/,
    make: () => ({ sample_prompts: ["a cat --w 72 --h 64"] }),
  },
  {
    what: "warnings about the data under strict",
    code: "DATA_NOT_CLEAN",
    says: /pictures: expected clean data.*drop --strict/,
    make: () => ({ strict: true }),
  },
  {
    what: "a setting for pictures in a task on text",
    code: "CONFIG_CONFLICT",
    says: /expected settings for text-generation, got resolution/,
    make: () => ({ task_type: "text-generation" }),
  },
];

/** One code, one message, exit code 2, no stack trace. */
function assertInputError({ code, stderr }: Run, expected: string, says: RegExp): void {
  assert.match(stderr, new RegExp(`^\nanimula: ${expected}\n`));
  assert.match(stderr, says);
  assert.ok(!/^ +at /m.test(stderr), stderr);
  assert.equal(code, 2);
}

describe("animula train with bad input", () => {
  for (const { what, code, says, make } of badInputs)
    it(`${what}: ${code}, and nothing is written`, async () => {
      const dir = tempDir();
      await makePictures(join(dir, "pictures"), 2);
      writeConfig(dir, make(dir) ?? {});
      assertInputError(await animula(["train", "--config", "run.yaml"], { cwd: dir }), code, says);
      assert.deepEqual(filesBelow(join(dir, "output")), []);
    });

  it("no configuration file, or one that is not YAML", async () => {
    const dir = tempDir();
    const missing = await animula(["train", "--config", "my.yaml"], { cwd: dir });
    assertInputError(missing, "CONFIG_NOT_READABLE", /my\.yaml: .*ENOENT; check the path/);
    writeFileSync(join(dir, "my.yaml"), "a: [1,\nb: }");
    assertInputError(await animula(["train", "--config", "my.yaml"], { cwd: dir }), "CONFIG_YAML", /my\.yaml:\d: /);
  });

  it("too little memory: what would help, and only the log folder is there", async () => {
    const dir = tempDir();
    await makePictures(join(dir, "pictures"), 2);
    writeConfig(dir, { max_memory_mb: 64 });
    const run = await animula(["train", "--config", "run.yaml", "--json"], { cwd: dir });
    assertInputError(run, "MEMORY_TOO_SMALL", /got 64 MB; set batch_size: 1/);
    const last = JSON.parse(run.stdout.trim().split("\n").at(-1)!) as { type: string; code: string };
    assert.deepEqual([last.type, last.code], ["error", "MEMORY_TOO_SMALL"]);
    assert.ok(filesBelow(join(dir, "output")).every((name) => name.startsWith("logs")));
  });

  it("a file where the output folder should be", async () => {
    const dir = tempDir();
    await makePictures(join(dir, "pictures"), 2);
    writeConfig(dir);
    writeFileSync(join(dir, "output"), "mine");
    const run = await animula(["train", "--config", "run.yaml"], { cwd: dir });
    assertInputError(run, "FOLDER_NOT_WRITABLE", /output: .*a file of that name; choose another/);
    assert.equal(readFileSync(join(dir, "output"), "utf8"), "mine");
  });

  it("a full disk: says so and leaves no half file", async function () {
    if (process.platform === "win32") this.skip();
    const dir = tempDir();
    await makePictures(join(dir, "pictures"), 2);
    writeConfig(dir);
    // The checkpoint is 170 KiB; the log is smaller than 32.
    const run = await animula(["train", "--config", "run.yaml"], { cwd: dir, fileKibMax: 32 });
    assertInputError(run, "FILE_NO_SPACE", /checkpoints\/step-00000001\.safetensors: .*EFBIG; free some space/);
    assert.ok(filesBelow(join(dir, "output")).every((name) => name.startsWith("logs")));
  });

  it("one unreadable picture and a caption for an absent one are named (in Chinese if asked) and left out", async () => {
    const dir = tempDir();
    const pictures = join(dir, "pictures");
    await makePictures(pictures, 3);
    writeFileSync(join(pictures, "2.png"), readFileSync(join(pictures, "2.png")).subarray(0, 50));
    const captions = readFileSync(join(pictures, "metadata.csv"), "utf8");
    writeFileSync(join(pictures, "metadata.csv"), `${captions}ghost.png,nobody\n`);
    writeConfig(dir);
    const { code, stdout, stderr } = await animula(["train", "--config", "run.yaml", "--lang", "zh"], { cwd: dir });
    assert.equal(stderr, "");
    assert.match(stdout, /：2 张图片/);
    assert.match(stdout, /打不开的图片 \(1\)\n +2\.png /);
    assert.match(stdout, /标注对应的文件不存在 \(1\)\n.*ghost\.png/);
    assert.equal(code, 0);
    assert.ok(filesBelow(join(dir, "output")).includes("module.safetensors"));
  });
});
