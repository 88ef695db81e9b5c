import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readModule } from "../../lora/adapter/index.ts";
import { languageModelSites, openLanguageModel } from "../../lora/models/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, filesBelow } from "./animula.ts";

const TALKER = resolve(import.meta.dirname, "../golden/text/talker");
const STEPS = 20;

interface Line {
  readonly type: string;
  readonly step?: number;
  readonly loss?: number;
  readonly perplexity?: number;
  readonly skipped?: number;
  readonly dialogues?: number;
  readonly path?: string;
  readonly prompt?: string;
  readonly text?: string;
}

const lines = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

/** A guard's few lines, one of them broken, and a configuration; `output` below the folder. */
function makeRun(dir: string, settings: Readonly<Record<string, unknown>> = {}): void {
  const said: [string, string][] = [
    ["Who are you?", "A guard. Keep walking."],
    ["May I pass?", "No. Go away."],
    ["Where is the inn?", "Do I look like a map?"],
    ["你好", "站住！"],
    ["Nice day.", "It is never a nice day."],
    ["I have gold.", "Show me."],
    ["What is your name?", "None of your business."],
    ["Goodbye.", "Finally."],
  ];
  const rows = said.map(([instruction, response]) => JSON.stringify({ instruction, response }));
  writeFileSync(join(dir, "guard.jsonl"), `${rows.join("\n")}\n{"instruction": "half a li\n`);
  const config = {
    task_type: "text-generation",
    train_data_dir: "./guard.jsonl",
    base_model: TALKER,
    lora_rank: 4,
    batch_size: 2,
    learning_rate: 0.03,
    scheduler: "constant",
    targets: ["attention", "feed-forward"],
    max_train_steps: STEPS,
    save_steps: 5,
    validation_split: 2,
    system_prompt: "You are a guard.",
    output_dir: "./output",
    output_name: "guard",
    ...settings,
  };
  writeFileSync(join(dir, "run.yaml"), JSON.stringify(config, null, 1));
}

const train = (dir: string) => animula(["train", "--config", "run.yaml", "--json"], { cwd: dir });

describe("animula train on text", () => {
  it("reports the lines, learns, measures perplexity and leaves a PEFT folder", async () => {
    const dir = tempDir();
    makeRun(dir, { sample_prompts: ["Who are you?", "Where is the inn?"] });
    const { code, stdout, stderr } = await train(dir);
    assert.equal(code, 0, stderr);
    const all = lines(stdout);
    const report = all.find(({ type }) => type === "report");
    assert.deepEqual([report?.dialogues, report?.skipped], [6, 1]);
    const losses = all.filter(({ type }) => type === "step").map(({ loss }) => loss!);
    assert.equal(losses.length, STEPS);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    assert.ok(mean(losses.slice(-5)) < 0.9 * mean(losses.slice(0, 5)), `losses ${losses.join(" ")}`);
    const held = all.filter(({ type }) => type === "validation");
    assert.ok(held.length > 0);
    for (const { loss, perplexity } of held) assert.equal(perplexity, Math.exp(loss!));
    const output = join(dir, "output");
    const saves = all.filter(({ type }) => type === "module").map(({ path }) => path!);
    assert.ok(saves.includes(join(output, "steps", "guard-00000005")));
    assert.ok(filesBelow(output).includes("adapter_config.json"));
    const samples = all.filter(({ type }) => type === "sample");
    assert.equal(samples.length, 2 * saves.length, "each prompt is said at each save");
    const [first] = samples;
    assert.equal(readFileSync(first!.path!, "utf8"), `${first!.prompt}\n\n${first!.text}\n`);
    const sites = languageModelSites(openLanguageModel(TALKER));
    const { module, report: read } = readModule(output, sites);
    assert.equal(read.ignored.length, 0);
    assert.equal(module.layers.size, 2 * 7, "all linear layers of two blocks");
  });

  it("on a GGUF base; what it leaves for llama.cpp is the module of the PEFT folder", async () => {
    const dir = tempDir();
    const base = resolve(import.meta.dirname, "../golden/gguf/talker.gguf");
    makeRun(dir, { base_model: base, max_train_steps: 2, save_steps: 2 });
    const { code, stderr } = await train(dir);
    assert.equal(code, 0, stderr);
    const sites = languageModelSites(openLanguageModel(TALKER));
    const file = join(dir, "output", "guard.gguf");
    const [peft, gguf] = [join(dir, "output"), file].map((path) => readModule(path, sites).module.layers);
    assert.ok(peft!.size > 0);
    assert.deepEqual(gguf, peft);
    const args = [
      "say",
      "--base",
      base,
      "--prompt",
      "Who are you?",
      "--max-tokens",
      "4",
      "--temperature",
      "0",
      "--json",
    ];
    const said = await Promise.all(
      [file, join(dir, "output")].map((lora) => animula([...args, "--lora", lora], { cwd: dir })),
    );
    assert.equal(said[0]!.code, 0, said[0]!.stderr);
    const text = ({ stdout }: { stdout: string }) => (JSON.parse(stdout.trim().split("\n").at(-1)!) as Line).text;
    assert.equal(text(said[0]!), text(said[1]!));
  });

  it("killed, it goes on from its last checkpoint and ends with the same bytes", async () => {
    const [straight, killed] = [tempDir(), tempDir()];
    for (const dir of [straight, killed]) makeRun(dir);
    assert.equal((await train(straight)).code, 0);
    const first = await animula(["train", "--config", "run.yaml", "--json"], {
      cwd: killed,
      onLine: (line, interrupt) => {
        if ((JSON.parse(line) as Line).step === 7) interrupt();
      },
    });
    assert.equal(first.code, 130, first.stderr);
    const second = await train(killed);
    assert.ok(lines(second.stdout).some(({ type, step }) => type === "resume" && step! >= 7));
    const bytes = (dir: string) => readFileSync(join(dir, "output", "adapter_model.safetensors"));
    assert.deepEqual(bytes(killed), bytes(straight));
  });

  it("says in one line what is wrong", async () => {
    const refused = async (settings: Readonly<Record<string, unknown>>, expected: RegExp, data?: string) => {
      const dir = tempDir();
      makeRun(dir, settings);
      if (data !== undefined) writeFileSync(join(dir, "guard.jsonl"), data);
      const { code, stderr } = await train(dir);
      assert.equal(code, 2);
      assert.match(stderr, expected);
      assert.deepEqual(filesBelow(join(dir, "output")), []);
    };
    await refused({ train_data_dir: "./nothing.jsonl" }, /TEXT_NOT_FOUND\n.*nothing\.jsonl/);
    await refused({}, /TEXT_ALL_BROKEN\n.*guard\.jsonl:1: expected JSON/, "not json\n");
    await refused({ max_length: 8 }, /DIALOGUES_NONE\n.*within 8 tokens/);
    await refused({ strict: true }, /DATA_NOT_CLEAN/);
    await refused({ base_model: resolve(TALKER, "../../sd/tiny") }, /BASE_TEXT_NOT_FOUND\n.*without config\.json/);
    await refused({ targets: ["conv"] }, /CONFIG_CONFLICT\n.*a language model has no other layers/);
  });
});
