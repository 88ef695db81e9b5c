/** `npm run bench`: Animula against PyTorch + diffusers + PEFT, as ratios of alternating runs. See README.md beside this. */
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Job, Result } from "./job.ts";
import { formatRow, median, type Pair } from "./table.ts";

const PARTS = ["mini", "sd15", "open", "switch"] as const;
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
const runs = Number(options.runs);
const threads = Number(options.threads);
/** Largest relative difference between what the two sides compute from the same weights and inputs. */
const CHECK_TOLERANCE = 1e-3;

function child(command: string, script: string, job: Job, env: NodeJS.ProcessEnv): Result {
  const args = [join(import.meta.dirname, script), JSON.stringify(job)];
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${script} ${job.what} ${job.base} failed with exit code ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

const ours = (job: Job): Result => child(process.execPath, "ours.ts", job, {});

function theirs(job: Job): Result | undefined {
  if (!python) return undefined;
  const preload = process.env["ANIMULA_BENCH_PRELOAD"];
  return child(python, "reference.py", job, {
    OMP_NUM_THREADS: String(threads),
    ...(preload ? { LD_PRELOAD: preload } : {}),
  });
}

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
    checkAgreement(job, mine, other);
    pairs.push({ ours: mine, theirs: other });
  }
  measured.add(pairs[0]!.ours.versions);
  if (pairs[0]!.theirs) measured.add(pairs[0]!.theirs.versions);
  if (channelsLast) measured.add(`PyTorch in channels_last: ${job.what} ${job.base}`);
  return pairs;
}

function checkAgreement(job: Job, mine: Result, other: Result | undefined): void {
  if (mine.check === undefined || other?.check === undefined) return;
  const difference = Math.abs(mine.check - other.check) / Math.abs(other.check);
  if (!(difference < CHECK_TOLERANCE))
    throw new Error(`${job.what} ${job.base}: the two sides computed ${mine.check} and ${other.check}: not comparable`);
}

const jobOf = (what: Job["what"], base: Job["base"], warmups: number, steps: number): Job => ({
  what,
  base,
  cache: resolve(options.cache),
  mini: join(root, "assets/base/mini-sd"),
  threads,
  warmups,
  steps: options.steps ? Number(options.steps) : steps,
  checkpointing: options.checkpointing,
});

function speed(label: string, job: Job): void {
  const pairs = alternate(job);
  console.log(formatRow(label, "ms", pairs, stepOf));
  console.log(formatRow("  peak memory", "MB", pairs, ({ peakMb }) => peakMb));
  console.log(formatRow("  until it can run", "ms", pairs, ({ timesMs }) => timesMs["ready"]![0]!));
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
};

function main(): void {
  const { only } = options;
  if (only !== undefined && !PARTS.includes(only as Part))
    throw new Error(`--only: expected ${PARTS.join(", ")}, got ${only}`);
  if (!(Number.isInteger(runs) && runs > 0)) throw new Error(`--runs: expected a count, got ${options.runs}`);
  if (!python)
    console.log(
      [
        "Only Animula's own numbers: for ratios, set up the reference once and name its Python.",
        "  python3 -m venv .work/bench-venv && .work/bench-venv/bin/pip install -r test/bench/requirements.txt",
        "  ANIMULA_BENCH_PYTHON=.work/bench-venv/bin/python npm run bench",
      ].join("\n"),
    );
  const [load] = loadavg();
  if (load! > 0.5)
    console.log(`Load average ${load!.toFixed(1)}: something else runs here; do not quote these numbers.`);
  console.log(`${threads} threads, ${runs} alternating runs; ratio = Animula ÷ PyTorch, median (lowest–highest).`);
  for (const part of PARTS) if (only === undefined || only === part) parts[part]();
  console.log([cpus()[0]?.model ?? "unknown processor", ...measured].join("; "));
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
