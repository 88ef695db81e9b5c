/** `npm run bench`: Animula against PyTorch + diffusers + PEFT, as ratios of alternating runs. See README.md beside this. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Job, Result, Settings } from "./job.ts";
import { formatRow, median, type Pair } from "./table.ts";
import { TEXT_SIZES, type TextJob } from "./text-job.ts";

const PARTS = ["mini", "sd15", "open", "switch", "text", "decode", "stacks", "first"] as const;
type Part = (typeof PARTS)[number];

const root = resolve(import.meta.dirname, "../..");
const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    runs: { type: "string", default: "3" },
    steps: { type: "string" },
    threads: { type: "string", default: "2" },
    cache: { type: "string", default: join(root, ".work/bench") },
    checkpointing: { type: "boolean", default: false },
  },
});
const python = process.env["ANIMULA_BENCH_PYTHON"];
const llamaCpp = process.env["ANIMULA_BENCH_LLAMA_CPP"];
const runs = Number(options.runs);
const threads = Number(options.threads);
/** The library and its binary for Linux on x64; other systems have others. */
const LLAMA_CPP = "node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1";
/** Largest relative difference between what the two sides compute from the same weights and inputs. */
const CHECK_TOLERANCE = 1e-3;

type AnyJob = Job | TextJob;
const nameOf = (job: AnyJob): string => ("base" in job ? `${job.what} ${job.base}` : `${job.what} of text`);

function child(command: string, script: string, job: AnyJob, env: NodeJS.ProcessEnv): Result {
  const args = [join(import.meta.dirname, script), JSON.stringify(job)];
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${script} ${nameOf(job)} failed with exit code ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

const ours = (job: AnyJob): Result => child(process.execPath, "base" in job ? "ours.ts" : "text-ours.ts", job, {});

function theirs(job: AnyJob): Result | undefined {
  if (!python) return undefined;
  const preload = process.env["ANIMULA_BENCH_PRELOAD"];
  return child(python, "base" in job ? "reference.py" : "text-reference.py", job, {
    OMP_NUM_THREADS: String(threads),
    ...(preload ? { LD_PRELOAD: preload } : {}),
  });
}

const llamaCppOf = (job: AnyJob): Result | undefined =>
  llamaCpp ? child(process.execPath, "llama-cpp.ts", job, {}) : undefined;

/** What the numbers are of: versions, and where PyTorch was faster in its other layout. */
const measured = new Set<string>();

const stepOf = (result: Result): number => median(result.timesMs["step"]!);

/** A B A B …; in the first round PyTorch runs in both layouts and keeps the faster one. */
function alternate(job: Job): Pair[] {
  const pairs: Pair[] = [];
  let channelsLast = false;
  for (let run = 0; run < runs; run++) {
    const mine = ours(job);
    let other = theirs({ ...job, channelsLast });
    if (run === 0 && other && (job.what === "train" || job.what === "infer")) {
      const alternative = theirs({ ...job, channelsLast: true })!;
      channelsLast = stepOf(alternative) < stepOf(other);
      if (channelsLast) other = alternative;
    }
    pairs.push(pairOf(job, mine, other));
  }
  if (channelsLast) measured.add(`PyTorch in channels_last: ${job.what} ${job.base}`);
  return pairs;
}

function pairOf(job: AnyJob, mine: Result, other: Result | undefined): Pair {
  checkAgreement(job, mine, other);
  for (const { versions } of [mine, ...(other ? [other] : [])]) measured.add(versions);
  return { ours: mine, theirs: other };
}

function checkAgreement(job: AnyJob, mine: Result, other: Result | undefined): void {
  if (mine.said && other?.said && mine.said.join() !== other.said.join())
    throw new Error(`${nameOf(job)}: the two sides said ${mine.said.join(" ")} and ${other.said.join(" ")}`);
  if (mine.check === undefined || other?.check === undefined) return;
  const difference = Math.abs(mine.check - other.check) / Math.abs(other.check);
  if (!(difference < CHECK_TOLERANCE))
    throw new Error(`${nameOf(job)}: the two sides computed ${mine.check} and ${other.check}: not comparable`);
}

const settingsOf = (mini: string, warmups: number, steps: number): Settings => ({
  cache: resolve(options.cache),
  mini: join(root, "assets/base", mini),
  threads,
  warmups,
  steps: options.steps ? Number(options.steps) : steps,
  checkpointing: options.checkpointing,
});
const jobOf = (what: Job["what"], base: Job["base"], warmups: number, steps: number): Job => ({
  what,
  base,
  ...settingsOf("mini-sd", warmups, steps),
});
const textJobOf = (what: TextJob["what"], warmups: number, steps: number): TextJob => ({
  what,
  ...settingsOf("mini-llama", warmups, steps),
});

function speed(label: string, job: Job): void {
  const pairs = alternate(job);
  console.log(formatRow(label, "ms", pairs, stepOf));
  console.log(formatRow("  peak memory", "MB", pairs, ({ peakMb }) => peakMb));
  console.log(formatRow("  until it can run", "ms", pairs, ({ timesMs }) => timesMs["ready"]![0]!));
}

/** Runs of the language model: ours, PyTorch, llama.cpp, ours, … */
function textRounds(job: TextJob, withLlamaCpp: boolean): { pytorch: Pair[]; llamaCpp: Pair[] } {
  const rounds = Array.from({ length: runs }, () => {
    const mine = ours(job);
    const pytorch = pairOf(job, mine, theirs(job));
    return { pytorch, llamaCpp: pairOf(job, mine, withLlamaCpp ? llamaCppOf(job) : undefined) };
  });
  return { pytorch: rounds.map((round) => round.pytorch), llamaCpp: rounds.map((round) => round.llamaCpp) };
}

const perSecond =
  (label = "step", rows = 1) =>
  ({ timesMs }: Result): number =>
    (1000 * rows) / median(timesMs[label]!);

/** What one run measured under one name, as if it were all that was timed. */
const only = (result: Result, label: string): Result => ({ ...result, timesMs: { step: result.timesMs[label]! } });

/** Weights of few bits against the same in floats, both ours. What they say differs. */
function fewBits(job: TextJob): void {
  for (const weights of ["int8", "int4"] as const) {
    const pairs = Array.from({ length: runs }, () => ({ ours: ours({ ...job, weights }), theirs: ours(job) }));
    console.log(formatRow(`  ${weights} weights, float weights`, "/s", pairs, perSecond()));
    console.log(formatRow("  peak memory", "MB", pairs, ({ peakMb }) => peakMb));
  }
}

const parts: Record<Part, () => void> = {
  mini() {
    ours(jobOf("prepare", "mini", 0, 0));
    speed("mini base, LoRA step, 4 × 16²", jobOf("train", "mini", 3, 30));
    speed("mini base, guided UNet step, 16²", jobOf("infer", "mini", 3, 50));
  },
  sd15() {
    ours(jobOf("prepare", "sd15", 0, 0));
    speed("SD 1.5 size, LoRA step, 1 × 64²", jobOf("train", "sd15", 1, 3));
    speed("SD 1.5 size, guided UNet step, 64²", jobOf("infer", "sd15", 1, 4));
  },
  open() {
    ours(jobOf("prepare", "sd15", 0, 0));
    const pairs = alternate(jobOf("open", "sd15", 0, 1));
    const mine = pairs.map((pair) => ({ ours: pair.ours, theirs: undefined }));
    console.log(formatRow("4.3 GB checkpoint, opened", "ms", mine, ({ timesMs }) => timesMs["open"]![0]!));
    console.log(formatRow("  until its UNet can run", "ms", pairs, ({ timesMs }) => timesMs["ready"]![0]!));
    console.log(formatRow("  peak memory", "MB", pairs, ({ peakMb }) => peakMb));
  },
  switch() {
    ours(jobOf("prepare", "mini", 0, 0));
    const pairs = alternate(jobOf("switch", "sd15", 5, 30));
    const mine = pairs.map((pair) => ({ ours: pair.ours, theirs: undefined }));
    const of = (label: string) => (result: Result) => median(result.timesMs[label]!);
    const added = (result: Result) => of("switched")(result) - of("same")(result);
    console.log(formatRow("switch to a kept stack (mini: added to a step)", "ms", mine, added));
    console.log(formatRow("new stack at SD 1.5 size: one, weight 1", "ms", mine, of("lone")));
    console.log(formatRow("  one, weight 0.8", "ms", pairs, of("weighted")));
    console.log(formatRow("  two mixed", "ms", pairs, of("mix")));
  },
  text() {
    ours(textJobOf("prepare", 0, 0));
    const { rows, length } = TEXT_SIZES;
    const { pytorch } = textRounds(textJobOf("train", 1, 3), false);
    console.log(formatRow(`SmolLM2-135M size, LoRA step, ${rows} × ${length}`, "ms", pytorch, stepOf));
    console.log(formatRow("  peak memory", "MB", pytorch, ({ peakMb }) => peakMb));
    console.log(formatRow("  until it can run", "ms", pytorch, ({ timesMs }) => timesMs["ready"]![0]!));
  },
  decode() {
    ours(textJobOf("prepare", 0, 0));
    const { pytorch, llamaCpp: cpp } = textRounds(textJobOf("decode", 4, 60), true);
    const generated = pytorch.map((pair) => ({ ...pair, theirs: pair.theirs && only(pair.theirs, "generate") }));
    console.log(formatRow("SmolLM2-135M size, greedy: generate()", "/s", generated, perSecond()));
    console.log(formatRow("  bare loop over the model", "/s", pytorch, perSecond()));
    if (python) console.log(formatRow("  peak memory", "MB", pytorch, ({ peakMb }) => peakMb));
    fewBits(textJobOf("decode", 4, 60));
    if (!llamaCpp) return;
    console.log(formatRow("  llama.cpp, float32", "/s", cpp, perSecond()));
    console.log(formatRow("  peak memory", "MB", cpp, ({ peakMb }) => peakMb));
  },
  stacks() {
    ours(textJobOf("prepare", 0, 0));
    const results = Array.from({ length: runs }, () => ours(textJobOf("stacks", 3, 20)));
    const { stacks } = TEXT_SIZES;
    const line = (label: string, of: string) => {
      const pairs = results.map((result) => ({
        ours: only(result, `${of} different`),
        theirs: only(result, `${of} equal`),
      }));
      console.log(formatRow(label, "/s", pairs, perSecond("step", stacks)));
    };
    line(`${stacks} different stacks, ${stacks} equal ones`, "attention");
    line("  of modules of every layer", "all");
  },
  first() {
    const job = textJobOf("first-token", 2, 20);
    if (!existsSync(join(job.mini, "model.safetensors"))) {
      console.log("first token: the embedded language model's weights are not there");
      return;
    }
    const pairs = Array.from({ length: runs }, () => ({ ours: ours(job), theirs: undefined }));
    const slowest = (name: string) => (result: Result) => Math.max(...result.timesMs[name]!);
    console.log(formatRow("mini LLaMA, until the first text", "ms", pairs, stepOf));
    console.log(formatRow("  slowest", "ms", pairs, slowest("step")));
    console.log(formatRow("  heard in the scene", "ms", pairs, ({ timesMs }) => median(timesMs["scene"]!)));
    console.log(formatRow("  slowest", "ms", pairs, slowest("scene")));
  },
};

function main(): void {
  const { only: part } = options;
  if (part !== undefined && !PARTS.includes(part as Part))
    throw new Error(`--only: expected ${PARTS.join(", ")}, got ${part}`);
  if (!(Number.isInteger(runs) && runs > 0)) throw new Error(`--runs: expected a count, got ${options.runs}`);
  if (!python)
    console.log(
      [
        "Only Animula's own numbers: for ratios, set up the reference once and name its Python.",
        "  python3 -m venv .work/bench-venv && .work/bench-venv/bin/pip install -r test/bench/requirements.txt",
        "  ANIMULA_BENCH_PYTHON=.work/bench-venv/bin/python npm run bench",
      ].join("\n"),
    );
  if (!llamaCpp && (part ?? "decode") === "decode")
    console.log(
      [
        "Without llama.cpp: for its ratio, install it once and name its folder.",
        `  npm install --prefix .work/bench-llama --omit=optional --ignore-scripts ${LLAMA_CPP}`,
        "  ANIMULA_BENCH_LLAMA_CPP=.work/bench-llama npm run bench -- --only decode",
      ].join("\n"),
    );
  const [load] = loadavg();
  if (load! > 0.5)
    console.log(`Load average ${load!.toFixed(1)}: something else runs here; do not quote these numbers.`);
  console.log(
    `${threads} threads, ${runs} alternating runs; ratio = Animula ÷ PyTorch, median (lowest–highest); of tokens per second, more is better.`,
  );
  for (const each of PARTS) if (part === undefined || part === each) parts[each]();
  console.log([cpus()[0]?.model ?? "unknown processor", ...measured].join("; "));
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
