/** The service as a process of its own, to be killed as a crash would. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "../../service/main.ts");
const READY = /ready: (http:\/\/\S+)/;

export class ServiceProcess {
  readonly url: string;
  /** What it printed so far. */
  readonly output: string[];
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string, output: string[]) {
    this.child = child;
    this.url = url;
    this.output = output;
  }

  /** Starts it on `dataDir` and waits until it says its address. `port` 0 takes a free one. */
  static async start(dataDir: string, { port = 0, env = {} }: { port?: number; env?: Record<string, string> } = {}) {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ANIMULA_DATA: dataDir, ANIMULA_PORT: String(port), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on("line", (line) => {
          output.push(line);
          const ready = READY.exec(line);
          if (ready) resolve(ready[1]!);
        });
      child.once("exit", (code) => reject(new Error(`the service ended with ${code}:\n${output.join("\n")}`)));
    });
    return new ServiceProcess(child, url, output);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** kill -9 and wait until it is gone. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }
}
