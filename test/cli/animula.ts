/** Runs the real command, as its users do, and makes the small inputs it works on. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "lora/cli/bin.js");
export const TINY = join(ROOT, "test/golden/sd/tiny");
export const TINY_V2 = join(ROOT, "test/golden/sd/tiny-v2");

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Each line of stdout as it comes. */
  readonly onLine?: (line: string, interrupt: () => void) => void;
  /** What is typed. */
  readonly input?: string;
  /** Largest file that the command may write, KiB: what a full disk looks like. Needs bash. */
  readonly fileKibMax?: number;
}

export function animula(
  args: readonly string[],
  { cwd = ROOT, onLine, input, fileKibMax }: RunOptions = {},
): Promise<Run> {
  const command = [process.execPath, BIN, ...args] as const;
  const [file, ...rest] =
    fileKibMax === undefined ? command : ["bash", "-c", `ulimit -f ${fileKibMax}; exec "$0" "$@"`, ...command];
  const env = { ...process.env, NODE_OPTIONS: "", XDG_CACHE_HOME: join(cwd, ".cache") };
  const child = spawn(file, rest, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input ?? "");
  let [stdout, stderr] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout += `${line}\n`;
    onLine?.(line, () => child.kill("SIGINT"));
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stdout, stderr })));
}

/** Small pictures of one colour each, with captions. */
export async function makePictures(dir: string, count = 4): Promise<void> {
  mkdirSync(dir, { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: 40 * i, g: 255 - 30 * i, b: (97 * i) % 256 };
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background } });
    await picture.png().toFile(join(dir, `${i}.png`));
  }
  const lines = Array.from({ length: count }, (_, i) => `${i}.png,picture number ${i}\n`);
  writeFileSync(join(dir, "metadata.csv"), lines.join(""));
}

/** Writes `run.yaml` (JSON is YAML) in `dir`: trains on `dir/pictures` into `dir/output`. */
export function writeConfig(dir: string, settings: Readonly<Record<string, unknown>> = {}): void {
  const config = {
    train_data_dir: "./pictures",
    base_model: TINY,
    lora_rank: 2,
    batch_size: 2,
    resolution: 64,
    max_train_steps: 1,
    output_dir: "./output",
    output_name: "module",
    ...settings,
  };
  writeFileSync(join(dir, "run.yaml"), JSON.stringify(config, null, 1));
}

/** Every file below a folder, relative to it; none where there is no folder. */
export function filesBelow(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1));
  } catch {
    return [];
  }
}
