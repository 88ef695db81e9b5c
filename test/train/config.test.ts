import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { AnimulaError } from "../../lora/format/index.ts";
import { loadTrainConfig, parseTrainConfig, warmupStepCount } from "../../lora/train/config.ts";
import { type ConfigKey, configHelp, configKeys, configSpellings } from "../../lora/train/config-keys.ts";
import { trainErrors } from "../../lora/train/errors.ts";
import { editDistance, nearestName } from "../../lora/train/nearest-name.ts";
import { tempDir } from "../support/temp-dir.ts";

/** The seed document's example, line for line. */
const seedYaml = `# 数据配置
train_data_dir: "./data/style_train"
metadata_path: "./data/style_train/metadata.csv"

# 模型配置
base_model: "./models/Stable-diffusion/v1-5-pruned.safetensors"
lora_rank: 8
lora_alpha: 16

# 训练配置
batch_size: 4
epochs: 10
learning_rate: 2e-4
optimizer: "AdamW"
scheduler: "cosine"

# 输出配置
output_dir: "./output/my_style_lora"
save_steps: 100
logging_dir: "./output/my_style_lora/logs"
`;

const least = "train_data_dir: d\nbase_model: b.safetensors\noutput_dir: out/me\n";
const parse = (more: string) => parseTrainConfig(least + more, "my.yaml", "/w");

function failure(run: () => unknown): AnimulaError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AnimulaError, String(error));
    return error;
  }
  assert.fail("expected an error");
}
const refuse = (yaml: string): string => {
  const { code, message } = failure(() => parseTrainConfig(yaml, "my.yaml", "/w"));
  return `${code} ${message}`;
};

describe("training configuration", () => {
  it("takes the seed's YAML unchanged", () => {
    const config = parseTrainConfig(seedYaml, "my.yaml", "/w");
    assert.equal(config.taskType, "text-to-image");
    assert.equal(config.trainDataDir, resolve("/w/data/style_train"));
    assert.equal(config.metadataPath, resolve("/w/data/style_train/metadata.csv"));
    assert.equal(config.baseModel, resolve("/w/models/Stable-diffusion/v1-5-pruned.safetensors"));
    assert.deepEqual([config.rank, config.alpha, config.batchSize, config.epochs], [8, 16, 4, 10]);
    assert.deepEqual([config.learningRate, config.optimizer, config.scheduler], [2e-4, "AdamW", "cosine"]);
    assert.equal(config.outputDir, resolve("/w/output/my_style_lora"));
    assert.equal(config.outputName, "my_style_lora");
    assert.equal(config.saveSteps, 100);
    assert.equal(config.loggingDir, resolve("/w/output/my_style_lora/logs"));
  });

  it("fills in the documented defaults", () => {
    const config = parse("");
    assert.deepEqual([config.rank, config.alpha, config.batchSize, config.epochs], [8, 16, 4, 10]);
    assert.deepEqual([config.learningRate, config.weightDecay, config.epsilon], [2e-4, 0.01, 1e-8]);
    assert.deepEqual(config.targets, ["attention"]);
    assert.deepEqual([config.minSnrGamma, config.captions.dropout, config.maxGradNorm], [5, 0.05, 1]);
    assert.deepEqual([config.resume, config.saveFormat, config.seed], ["auto", "both", 42]);
    assert.equal(config.validation, undefined);
    assert.equal(config.outputName, "me");
    assert.equal(parse("lora_rank: 16").alpha, 32);
  });

  it("takes what the base suggests for itself where the file says nothing", () => {
    const dir = tempDir();
    const suggest = (text: string) => writeFileSync(join(dir, "animula.json"), text);
    const withBase = (more: string) =>
      parseTrainConfig(
        `train_data_dir: d\noutput_dir: o\nbase_model: ${JSON.stringify(dir)}\n${more}`,
        "my.yaml",
        "/w",
      );
    suggest(
      JSON.stringify({
        training: {
          learning_rate: 2e-3,
          targets: ["attention", "conv"],
          min_snr_gamma: 0,
          timestep_bias_strategy: "later",
          epochs: 3,
          save_steps: 7,
        },
      }),
    );
    const config = withBase("");
    assert.deepEqual([config.learningRate, config.targets, config.minSnrGamma], [2e-3, ["attention", "conv"], 0]);
    assert.equal(config.timestepBias, "later");
    assert.equal(config.epochs, 3);
    assert.equal(withBase("epochs: 5").epochs, 5);
    assert.equal(withBase("max_train_steps: 9").epochs, undefined);
    assert.equal(config.saveSteps, 100, "what to keep is the person's");
    assert.deepEqual([withBase("learning_rate: 1e-4").learningRate, withBase("lora_rank: 4").alpha], [1e-4, 8]);
    suggest('{"training": {"learning_rat": 1}}');
    assert.match(String(failure(() => withBase(""))), /animula\.json.*learning_rat/s);
    suggest("{");
    assert.equal(failure(() => withBase("")).code, "CONFIG_NOT_READABLE");
    suggest("[]");
    assert.equal(withBase("").learningRate, 2e-4);
  });

  it("chooses the learning rate by the pictures per update", () => {
    for (const [yaml, rate] of [
      ["batch_size: 1", 3e-4],
      ["batch_size: 2", 3e-4],
      ["batch_size: 4", 2e-4],
      ["batch_size: 8", 1e-4],
      ["batch_size: 2\ngradient_accumulation_steps: 4", 1e-4],
    ] as const) {
      assert.equal(parse(yaml).learningRate, rate, yaml);
    }
  });

  it("reads 2e-4 in every spelling as a number", () => {
    for (const spelled of ["2e-4", "2E-4", "2.0e-4", "0.0002", ".0002", "2.e-4", "2e-04"]) {
      assert.equal(parse(`learning_rate: ${spelled}`).learningRate, 2e-4, spelled);
    }
  });

  it("takes every alias of other trainers", () => {
    const aliases = {
      base_model: "pretrained_model_name_or_path model_name_or_path name_or_path",
      train_data_dir: "image_dir folder_path dataset",
      lora_rank: "network_dim rank linear",
      lora_alpha: "network_alpha linear_alpha",
      batch_size: "train_batch_size per_device_train_batch_size",
      epochs: "max_train_epochs num_train_epochs",
      max_train_steps: "steps",
      optimizer: "optimizer_type",
      scheduler: "lr_scheduler lr_scheduler_type",
      save_steps: "save_every_n_steps checkpointing_steps save_every",
    };
    for (const [key, spellings] of Object.entries(aliases)) {
      for (const spelling of spellings.split(" ")) assert.equal(configSpellings.get(spelling), key);
    }
    const config = parseTrainConfig("image_dir: d\nname_or_path: b\noutput_dir: o\nlinear: 4\nsteps: 7", "a", "/w");
    assert.deepEqual([config.rank, config.alpha, config.maxTrainSteps, config.epochs], [4, 8, 7, undefined]);
  });

  it("no spelling means two keys", () => {
    const all = (Object.entries(configKeys) as [string, ConfigKey][]).flatMap(([name, k]) => [name, ...k.aliases]);
    assert.equal(new Set(all).size, all.length);
  });

  it("an unknown key is an error with its line and the nearest key", () => {
    assert.match(
      refuse("batch_size: 4\nlora_ranck: 8"),
      /^CONFIG_KEY_UNKNOWN my\.yaml:2: .*"lora_ranck"; did you mean "lora_rank"/,
    );
    assert.match(refuse("Batch-Size: 4"), /did you mean "batch_size"/);
    assert.match(refuse("bacth_size: 4"), /did you mean "batch_size"/);
    assert.match(refuse("quux: 4"), /--help-config/);
    assert.match(refuse("__proto__: 4\nconstructor: 1"), /CONFIG_KEY_UNKNOWN.*"__proto__"[^]*"constructor"/);
    assert.match(refuse(`${"k".repeat(500)}: 4`), /CONFIG_KEY_UNKNOWN/);
  });

  it("two spellings of one setting are an error, as is one twice", () => {
    assert.match(
      refuse("lora_rank: 8\nnetwork_dim: 8"),
      /^CONFIG_KEY_TWICE my\.yaml:2: .*"network_dim".*line 1 has "lora_rank"/,
    );
    assert.match(refuse("lora_rank: 8\nlora_rank: 8"), /^CONFIG_YAML my\.yaml:2: .*unique/);
  });

  it("a wrong value names file, line, key, value, expectation and remedy", () => {
    for (const [yaml, message] of [
      [
        "lora_rank: eight",
        'my.yaml:1: lora_rank: expected a whole number from 1 to 1024, got the text "eight"; write for example "lora_rank: 8"',
      ],
      ["rank: 0", 'my.yaml:1: rank: expected a whole number from 1 to 1024, got 0; write for example "rank: 8"'],
      [
        '\nbatch_size: "4"',
        'my.yaml:2: batch_size: expected a whole number from 1 to 1024, got the text "4"; write it without quotes: batch_size: 4',
      ],
      ["flip: yes", 'my.yaml:1: flip: expected true or false, got the text "yes"; write "flip: true"'],
      ["trigger_word: 7", 'my.yaml:1: trigger_word: expected a text, got 7; put it in quotes: trigger_word: "7"'],
      [
        "seed:",
        "my.yaml:1: seed: expected a whole number from 0 to 2147483647, got nothing; write a value after the colon or delete the line",
      ],
      [
        "epochs: [1, 2]",
        'my.yaml:1: epochs: expected a whole number from 1 to 100000, got the list [1,2]; write for example "epochs: 10"',
      ],
      [
        "learning_rate: .nan",
        'my.yaml:1: learning_rate: expected a number above 0 and at most 1, got NaN; write for example "learning_rate: 2e-4"',
      ],
    ] as const) {
      assert.equal(refuse(yaml), `CONFIG_VALUE ${message}`);
    }
  });

  it("every key refuses a wrong type and takes its own example", () => {
    for (const [name, { example }] of Object.entries(configKeys) as [string, ConfigKey][]) {
      assert.match(
        refuse(`${name}: {a: {b: 1}}`),
        new RegExp(`^CONFIG_VALUE my\\.yaml:1: ${name}: expected .*, got the keys`),
      );
      const clash = name === "max_train_steps" ? "" : "max_train_steps: 9\n";
      const needs = /^(class_prompt|prior_)/.test(name) ? "class_data_dir: c\n" : "";
      const task = /^(max_length|packing|history_dialogues|system_prompt)$/.test(name)
        ? "task_type: text-generation\n"
        : "";
      const rest = (least + (name === "epochs" ? "" : clash) + needs + task)
        .split("\n")
        .filter((line) => !line.startsWith(`${name}:`))
        .join("\n");
      parseTrainConfig(`${rest}${name}: ${example}\n`, "my.yaml", "/w");
    }
  });

  it("a setting that means nothing in the task is refused, not ignored", () => {
    const text = `${least}task_type: text-generation\n`;
    assert.match(
      refuse(`${text}flip: true`),
      /^CONFIG_CONFLICT my\.yaml:\d: expected settings for text-generation, got flip/,
    );
    assert.match(refuse(`${least}max_length: 64`), /^CONFIG_CONFLICT my\.yaml:\d: expected settings for text-to-image/);
    assert.match(refuse(`${text}targets: [proj]`), /^CONFIG_CONFLICT .*expected attention, feed-forward, got proj/);
  });

  it("lists all faults at once", () => {
    const lines = refuse("lora_rank: x\nepoch: 3\nflip: 1").split("\n");
    assert.equal(lines.length, 3);
  });

  it("names what is missing", () => {
    assert.match(
      refuse("base_model: b\noutput_dir: o"),
      /^CONFIG_KEY_MISSING my\.yaml: expected the key "train_data_dir"/,
    );
  });

  it("names what is not YAML, with its line", () => {
    assert.match(refuse("a: 1\nb: [1,"), /^CONFIG_YAML my\.yaml:2/);
    assert.match(refuse("lora_rank: !!python/object 8"), /^CONFIG_YAML my\.yaml:1/);
    assert.match(refuse(""), /^CONFIG_NOT_KEYS my\.yaml: .*got nothing/);
    assert.match(refuse("# only a comment"), /^CONFIG_NOT_KEYS/);
    assert.match(refuse("- a\n- b"), /^CONFIG_NOT_KEYS .*the list/);
    assert.match(refuse(" ".repeat(1_000_001)), /^CONFIG_TOO_LARGE/);
    const bomb = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nepochs: [*c,*c,*c,*c,*c,*c]`;
    assert.match(refuse(bomb), /^CONFIG_YAML/);
  });

  it("never throws anything but a typed error, whatever the text", () => {
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom("", "null", "[1,2]", "{a: b}", "true"),
    );
    const line = fc.tuple(fc.constantFrom(...configSpellings.keys()), value).map(([k, v]) => `${k}: ${v}`);
    const yaml = fc.oneof(
      fc.string(),
      fc.array(line, { maxLength: 8 }).map((all) => all.join("\n")),
    );
    fc.assert(
      fc.property(yaml, (source) => {
        try {
          parseTrainConfig(source, "my.yaml", "/w");
        } catch (error) {
          assert.ok(error instanceof AnimulaError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses settings that contradict each other", () => {
    for (const yaml of [
      "epochs: 3\nsteps: 3",
      "warmup_steps: 3\nwarmup_ratio: 0.1",
      "random_crop: true\ncache_latents: true",
      "text_encoder_lr: 1e-5\ntargets: [attention]",
      "min_bucket_side: 512\nmax_bucket_side: 256",
      "class_prompt: a man",
      "early_stopping: 3\nvalidation_split: 0",
    ]) {
      assert.match(refuse(least + yaml), /^CONFIG_CONFLICT my\.yaml:\d/, yaml);
    }
    assert.equal(parse("random_crop: true").cacheLatents, false);
  });

  it("knows its optimisers, in any case of letters", () => {
    assert.equal(parse("optimizer: adamw").optimizer, "AdamW");
    assert.match(
      refuse(`${least}optimizer_type: AdamW8bit`),
      /^CONFIG_OPTIMIZER_UNKNOWN my\.yaml:4: optimizer_type: expected one of AdamW, got "AdamW8bit"/,
    );
    assert.equal(parse("lr_scheduler: Cosine").scheduler, "cosine");
  });

  it("resolves paths from the given folder, and ~ to home", () => {
    assert.equal(parse("logging_dir: ~/logs").loggingDir, join(homedir(), "logs"));
    assert.equal(parse("logging_dir: /abs/logs").loggingDir, resolve("/abs/logs"));
    assert.deepEqual(parse("resume: ckpt/10").resume, { path: resolve("/w/ckpt/10") });
    assert.equal(parse("resume: false").resume, "never");
    assert.equal(parse("resume: true").resume, "auto");
    assert.match(refuse(`${least}output_name: ../x`), /CONFIG_VALUE .*output_name/);
    assert.match(refuse(`${least}output_name: ..`), /CONFIG_VALUE .*output_name/);
  });

  it("reads a resolution as a side or as width and height", () => {
    assert.deepEqual(parse("resolution: 512").resolution, { width: 512, height: 512 });
    assert.deepEqual(parse('resolution: "512,768"').resolution, { width: 512, height: 768 });
    assert.deepEqual(parse("resolution: 512x768").resolution, { width: 512, height: 768 });
    assert.deepEqual(parse("resolution: [512, 768]").resolution, { width: 512, height: 768 });
    assert.match(refuse(`${least}resolution: 500`), /CONFIG_VALUE .*multiple of 8/);
  });

  it("adds the text encoder with its rate", () => {
    assert.deepEqual(parse("text_encoder_lr: 5e-5").targets, ["attention", "text-encoder"]);
    const config = parse("targets: attention, feed-forward, text-encoder\nlearning_rate: 1e-4");
    assert.deepEqual(config.targets, ["attention", "feed-forward", "text-encoder"]);
    assert.equal(config.textEncoderLearningRate, 5e-5);
    assert.match(refuse(`${least}targets: [attn]`), /CONFIG_VALUE .*feed-forward/);
  });

  it("early stopping holds pictures back by itself", () => {
    const config = parse("early_stopping: 4\nsave_steps: 50");
    assert.deepEqual(config.validation, { split: 0.1, everySteps: 50 });
    assert.deepEqual(config.earlyStopping, { patience: 4 });
  });

  it("reads sample prompts as keys, lines with flags, and a prompt file", () => {
    const file = join(tempDir(), "prompts.txt");
    writeFileSync(file, "# two\nzhangsan in rain --n blurry, bad --d 7 --s 20 --l 7.5 --w 512 --h 768\n\na -- dash\n");
    const expected = [
      {
        prompt: "zhangsan in rain",
        negative: "blurry, bad",
        seed: 7,
        steps: 20,
        guidance: 7.5,
        width: 512,
        height: 768,
      },
      { prompt: "a -- dash" },
    ];
    assert.deepEqual(parse(`sample_prompts: ${file}`).samplePrompts, expected);
    assert.deepEqual(parse("sample_prompts: a man --d 3").samplePrompts, [{ prompt: "a man", seed: 3 }]);
    assert.deepEqual(parse("sample_prompts:\n  - a man\n  - {prompt: b, steps: 5}").samplePrompts, [
      { prompt: "a man" },
      { prompt: "b", steps: 5 },
    ]);
    assert.match(
      refuse(`${least}sample_prompts: a --q 3`),
      /CONFIG_VALUE my\.yaml:4: .*--n --d --s --l --w --h, got --q/,
    );
    assert.match(refuse(`${least}sample_prompts: a --s many`), /whole number from 1 to 1000 after --s, got "many"/);
    assert.match(refuse(`${least}sample_prompts: --s 3`), /a prompt before the flags/);
    assert.match(refuse(`${least}sample_prompts: none.txt`), /CONFIG_VALUE .*none\.txt \(ENOENT\); check the path/);
    assert.match(refuse(`${least}sample_prompts:\n  - {prompt: b, stepz: 5}`), /CONFIG_VALUE/);
  });

  it("counts warm-up steps", () => {
    assert.equal(warmupStepCount(parse("warmup_steps: 50"), 1000), 50);
    assert.equal(warmupStepCount(parse("warmup_steps: 50"), 10), 10);
    assert.equal(warmupStepCount(parse(""), 1000), 50);
    assert.equal(warmupStepCount(parse("scheduler: constant"), 1000), 0);
  });

  it("loads a file, and names one that is not there", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "a.yaml"), `\uFEFF${seedYaml.replaceAll("\n", "\r\n")}`);
    assert.equal(loadTrainConfig("a.yaml", dir).rank, 8);
    assert.equal(failure(() => loadTrainConfig("b.yaml", dir)).code, "CONFIG_NOT_READABLE");
  });

  it("the help names every spelling", () => {
    const help = configHelp();
    for (const spelling of configSpellings.keys()) assert.ok(help.includes(spelling), spelling);
  });

  it("every error of the table was reached above", () => {
    const reached =
      "CONFIG_NOT_READABLE CONFIG_TOO_LARGE CONFIG_YAML CONFIG_NOT_KEYS CONFIG_KEY_UNKNOWN CONFIG_KEY_TWICE " +
      "CONFIG_KEY_MISSING CONFIG_VALUE CONFIG_CONFLICT CONFIG_OPTIMIZER_UNKNOWN";
    const codes = Object.keys(trainErrors).filter((code) => code.startsWith("CONFIG_"));
    assert.deepEqual(codes.toSorted(), reached.split(" ").toSorted());
  });
});

describe("nearestName", () => {
  it("counts swaps of neighbours as one", () => {
    assert.equal(editDistance("bacth", "batch"), 1);
    assert.equal(editDistance("kitten", "sitting"), 3);
    assert.equal(editDistance("", "abc"), 3);
  });

  it("is a symmetric distance", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      }),
    );
  });

  it("suggests nothing for what is far from everything", () => {
    assert.equal(nearestName("zzzz", ["epochs", "seed"]), undefined);
  });
});
