/** A training run: the command itself in a process of its own, its JSON lines read as they come. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startWorker, type WorkerEnd } from "./worker-process.ts";

const COMMAND = fileURLToPath(new URL("../../lora/cli/main.ts", import.meta.url));
/** Saving a checkpoint of a large module takes seconds; after this a worker that was asked to stop is ended. */
const STOP_MS_MAX = 15_000;

/** File in the job's folder that is its configuration (JSON is YAML). */
export const TRAINING_CONFIG = "job.yaml";
const PID_FILE = "worker.pid";

export interface TrainingWorker {
  readonly pid: number | undefined;
  /** Resolves when the process is gone and every line was given to `onLine`. */
  readonly ended: Promise<WorkerEnd>;
  /** Asks it to save a checkpoint and end, then ends it. */
  stop(): void;
}

/** Trains as `folder`/job.yaml says. `onLine` gets each JSON line; what is not JSON is left out. */
export function startTraining(
  folder: string,
  onLine: (line: Readonly<Record<string, unknown>>) => void,
): TrainingWorker {
  const config = join(folder, TRAINING_CONFIG);
  const { child, ended } = startWorker(COMMAND, ["train", "--config", config, "--json"], folder);
  if (child.pid !== undefined) writeFileSync(join(folder, PID_FILE), String(child.pid));
  const lines = createInterface({ input: child.stdout! });
  lines.on("line", (text) => {
    const line = parseLine(text);
    if (line) onLine(line);
  });
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  let killing: NodeJS.Timeout | undefined;
  const gone = (async () => {
    const [end] = await Promise.all([ended, read]);
    clearTimeout(killing);
    rmSync(join(folder, PID_FILE), { force: true });
    return end;
  })();
  return {
    pid: child.pid,
    ended: gone,
    stop() {
      child.kill("SIGTERM");
      killing ??= setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    },
  };
}

function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Ends the worker that a killed service left behind in this folder, if it is still there: two must not write to it. */
export async function endLeftover(folder: string): Promise<void> {
  const file = join(folder, PID_FILE);
  const pid = Number(readOr(file, "0"));
  rmSync(file, { force: true });
  // The system may have given the number to another process since.
  while (pid > 0 && commandOf(pid).includes(join(folder, TRAINING_CONFIG))) {
    process.kill(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Command line of a running process; "" if there is none, or the system does not tell. */
function commandOf(pid: number): string {
  if (process.platform === "linux") return readOr(`/proc/${pid}/cmdline`, "");
  try {
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
