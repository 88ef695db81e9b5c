/** What both kinds of worker have in common: a child process that may die at any time, and how it is started and ended. */
import { fork, type ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";

/** How a process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it wrote to stderr. */
  readonly stderr: string;
}

export const endText = ({ code, signal }: Pick<WorkerEnd, "code" | "signal">): string => signal ?? `code ${code}`;

const STDERR_CHARS_KEPT = 4000;
const END_WITH_PARENT = new URL("./end-with-parent.ts", import.meta.url).href;

export interface WorkerChild {
  readonly child: ChildProcess;
  /** Resolves when the process is gone and everything it wrote has been read. Never rejects. */
  readonly ended: Promise<WorkerEnd>;
}

/** Trainings and drawings leave the processor to the rooms, whose patches come before their steps. */
const { PRIORITY_BELOW_NORMAL, PRIORITY_NORMAL } = constants.priority;
/** Someone waits for each word, and between them there is nothing to do. */
export const SPEAKING_PRIORITY = PRIORITY_NORMAL;

/** Starts a script of ours in a process of its own with a message channel. It ends when this process does. */
export function startWorker(
  script: string,
  args: readonly string[],
  cwd: string,
  priority = PRIORITY_BELOW_NORMAL,
): WorkerChild {
  const child = fork(script, args, {
    cwd,
    execArgv: ["--import", END_WITH_PARENT],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS_KEPT);
  });
  const ended = new Promise<WorkerEnd>((resolve) => {
    // Only a process that could not be started has no number; one that a message did not reach goes on.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, stderr: error.message });
    });
    child.once("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  if (child.pid !== undefined) setPriorityOf(child.pid, priority);
  return { child, ended };
}

function setPriorityOf(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It may have ended already, or the system may not allow it; it then runs as it is.
  }
}
