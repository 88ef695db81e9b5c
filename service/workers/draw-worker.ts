/** The one warm process that draws, as the service sees it. */
import type { ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { Turns } from "../store/index.ts";
import type { DrawOrder, FromDrawing, RetouchOrder, ToDrawing } from "./draw-messages.ts";
import { endText, startWorker, type WorkerEnd } from "./worker-process.ts";

const CHILD = fileURLToPath(new URL("./draw-child.ts", import.meta.url));
/** An open base holds hundreds of MB; whoever draws again within this time does not wait for it. */
const IDLE_MS = 5 * 60_000;
/** A cancelled drawing ends at its next sampling step; a process that does not answer by then is ended. */
const CANCEL_MS_MAX = 5_000;

/** The process ended while it was drawing. */
export class DrawingProcessGone extends Error {
  override readonly name = "DrawingProcessGone";
}

/** The engine refused the order, or failed at it. */
export class DrawingRefused extends Error {
  override readonly name = "DrawingRefused";
}

export interface DrawWatcher {
  onReady?(): void;
  onStep?(picture: number, step: number, steps: number): void;
  onPicture?(seed: number, path: string): void;
  readonly signal?: AbortSignal;
}

interface Running {
  readonly watcher: DrawWatcher;
  resolve(): void;
  reject(error: Error): void;
}

export class DrawWorker {
  readonly #baseModel: string;
  readonly #idleMs: number;
  #child: ChildProcess | undefined;
  #gone: Promise<WorkerEnd> | undefined;
  #running: Running | undefined;
  readonly #turns = new Turns();
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ baseModel, idleMs = IDLE_MS }: { baseModel: string; idleMs?: number | undefined }) {
    this.#baseModel = baseModel;
    this.#idleMs = idleMs;
  }

  /** Number of the process while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Draws; one order after the other.
   * @throws DrawingProcessGone, DrawingRefused, and the signal's reason
   */
  draw(order: DrawOrder, watcher: DrawWatcher): Promise<void> {
    return this.#turns.take(() => this.#work({ type: "draw", order }, watcher));
  }

  /** Makes something of a picture that was drawn. @throws DrawingProcessGone, DrawingRefused */
  retouch(order: RetouchOrder): Promise<void> {
    return this.#turns.take(() => this.#work({ type: "retouch", order }, {}));
  }

  async #work(message: ToDrawing, watcher: DrawWatcher): Promise<void> {
    watcher.signal?.throwIfAborted();
    if (this.#closed) throw new DrawingProcessGone("the service is stopping");
    clearTimeout(this.#idle);
    const child = this.#open();
    let killing: NodeJS.Timeout | undefined;
    const onAbort = () => {
      this.#send(child, { type: "cancel" });
      killing = setTimeout(() => child.kill("SIGKILL"), CANCEL_MS_MAX);
    };
    watcher.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#running = { watcher, resolve, reject };
        this.#send(child, message);
      });
    } catch (error) {
      watcher.signal?.throwIfAborted();
      throw error;
    } finally {
      this.#running = undefined;
      clearTimeout(killing);
      watcher.signal?.removeEventListener("abort", onAbort);
      this.#idle = setTimeout(() => void this.#end(), this.#idleMs).unref();
    }
  }

  /** Ends the process; an order in work is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL"); // it keeps nothing that is not written
    await this.#gone;
  }

  #open(): ChildProcess {
    if (this.#child) return this.#child;
    const { child, ended } = startWorker(CHILD, [this.#baseModel], tmpdir());
    this.#child = child;
    child.stdout?.resume();
    child.on("message", (message: FromDrawing) => this.#heed(message));
    this.#gone = ended.then((end) => {
      if (this.#child === child) this.#child = undefined;
      const said = end.stderr.trim().split("\n").at(-1);
      this.#running?.reject(new DrawingProcessGone([endText(end), said].filter(Boolean).join(": ")));
      return end;
    });
    return child;
  }

  /** A message that does not arrive: the process is ending, and its end is told by itself. */
  #send(child: ChildProcess, message: ToDrawing): void {
    if (child.connected) child.send(message, () => undefined);
  }

  #heed(message: FromDrawing): void {
    const running = this.#running;
    if (!running) return;
    const { watcher } = running;
    if (message.type === "ready") watcher.onReady?.();
    else if (message.type === "step") watcher.onStep?.(message.picture, message.step, message.steps);
    else if (message.type === "picture") watcher.onPicture?.(message.seed, message.path);
    else if (message.type === "done") running.resolve();
    else running.reject(new DrawingRefused(message.message));
  }
}
