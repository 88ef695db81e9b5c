import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";
import { tempDir } from "../support/temp-dir.ts";

const MAIN = join(import.meta.dirname, "../../lora/cli/main.ts");
const BASE = join(import.meta.dirname, "../golden/sd/tiny");
const STEPS = 8;

/** Six different small pictures and a configuration that trains on them. */
async function makeRun(dir: string, output: string): Promise<string> {
  for (let i = 0; i < 6; i++) {
    const background = { r: 40 * i, g: 255 - 30 * i, b: (97 * i) % 256 };
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background } });
    await picture.png().toFile(join(dir, `${i}.png`));
  }
  writeFileSync(
    join(dir, "metadata.csv"),
    Array.from({ length: 6 }, (_, i) => `${i}.png,picture number ${i}\n`).join(""),
  );
  const config = join(dir, `${output}.yaml`);
  const settings = {
    train_data_dir: dir,
    base_model: BASE,
    lora_rank: 2,
    batch_size: 2,
    resolution: 64,
    max_train_steps: STEPS,
    save_steps: 2,
    learning_rate: 1e-3,
    output_dir: join(dir, output),
    output_name: "module",
  };
  writeFileSync(config, JSON.stringify(settings));
  return config;
}

interface Line {
  readonly type: string;
  readonly step?: number;
}

/** Runs `animula train --json`; kills it with SIGKILL at the first line that `isFatal` accepts. */
function train(
  config: string,
  isFatal: (line: Line) => boolean = () => false,
): Promise<{ code: number | null; lines: Line[] }> {
  const child = spawn(process.execPath, [MAIN, "train", "--json", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (isFatal(line)) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, lines })));
}

describe("a training run that is killed", () => {
  it("goes on from its last checkpoint and ends with the same bytes as one never stopped", async function () {
    this.timeout(180_000);
    const dir = tempDir();
    const straight = await train(await makeRun(dir, "straight"));
    assert.equal(straight.code, 0);
    const config = await makeRun(dir, "killed");
    const killed = await train(config, ({ type, step }) => type === "step" && step === 5);
    assert.equal(killed.code, null, "the run was to die by a signal");
    const resumed = await train(config);
    assert.equal(resumed.code, 0);
    const from = resumed.lines.find(({ type }) => type === "resume")?.step;
    assert.equal(from, 4);
    const bytes = (output: string) => readFileSync(join(dir, output, "module.safetensors"));
    assert.deepEqual(bytes("killed"), bytes("straight"));
    const last = `checkpoints/step-${String(STEPS).padStart(8, "0")}.safetensors`;
    assert.deepEqual(readFileSync(join(dir, "killed", last)), readFileSync(join(dir, "straight", last)));
  });

  it("is not taken for a run with other settings", async function () {
    this.timeout(180_000);
    const dir = tempDir();
    const config = await makeRun(dir, "run");
    await train(config, ({ type, step }) => type === "step" && step === 3);
    writeFileSync(config, readFileSync(config, "utf8").replace('"lora_rank":2', '"lora_rank":3'));
    const other = await train(config);
    assert.equal(other.code, 2);
  });
});
