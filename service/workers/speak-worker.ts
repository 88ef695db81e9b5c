/** The one warm process that speaks, as the service sees it. */
import type { ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { WeightKind } from "../../lora/index.ts";
import { ServiceError } from "../protocol/index.ts";
import type { FromSpeaking, SpeakOrder, Spoken, ToSpeaking } from "./speak-messages.ts";
import { endText, SPEAKING_PRIORITY, startWorker, type WorkerEnd } from "./worker-process.ts";

const CHILD = fileURLToPath(new URL("./speak-child.ts", import.meta.url));
/** After so long without a reply, and nobody near who might ask for one, it gives its memory back. */
const IDLE_MS = 5 * 60_000;
/** A process that speaks says something every few milliseconds; opening a large base takes longest. */
const SILENT_MS_MAX = 3 * 60_000;

export interface SpeakWatcher {
  onText?(piece: string): void;
  readonly signal?: AbortSignal | undefined;
}

interface Running {
  readonly watcher: SpeakWatcher;
  resolve(reply: Spoken): void;
  reject(error: Error): void;
}

export interface SpeakWorkerOptions {
  readonly base: string;
  readonly weights?: WeightKind | undefined;
  readonly idleMs?: number | undefined;
  readonly silentMsMax?: number | undefined;
}

export class SpeakWorker {
  readonly #arguments: readonly string[];
  readonly #idleMs: number;
  readonly #silentMsMax: number;
  readonly #running = new Map<string, Running>();
  #child: ChildProcess | undefined;
  #gone: Promise<WorkerEnd> | undefined;
  #holders = 0;
  #idle: NodeJS.Timeout | undefined;
  #silent: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ base, weights = "float", idleMs = IDLE_MS, silentMsMax = SILENT_MS_MAX }: SpeakWorkerOptions) {
    this.#arguments = [base, weights];
    this.#idleMs = idleMs;
    this.#silentMsMax = silentMsMax;
  }

  /** Number of the process while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Opens the base if it is not open, and keeps it open until the returned function is called. */
  hold(): () => void {
    this.#holders++;
    clearTimeout(this.#idle);
    if (!this.#closed) this.#send(this.#open(), { type: "warm" });
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders--;
      this.#rest();
    };
  }

  /**
   * One reply; any number at a time. Cancelled by the signal it resolves with what was said until then.
   * Errors: VOICE_WORKER_DIED, PERSONA_TOO_LONG, REPLY_FAILED.
   */
  async speak(order: SpeakOrder, watcher: SpeakWatcher = {}): Promise<Spoken> {
    if (this.#closed) throw new ServiceError("VOICE_WORKER_DIED", { how: "the service is stopping" });
    clearTimeout(this.#idle);
    const child = this.#open();
    const { id } = order;
    const onAbort = () => this.#send(child, { type: "cancel", id });
    watcher.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await new Promise<Spoken>((resolve, reject) => {
        this.#running.set(id, { watcher, resolve, reject });
        this.#listenOn();
        this.#send(child, { type: "speak", order });
        if (watcher.signal?.aborted) onAbort();
      });
    } finally {
      this.#running.delete(id);
      watcher.signal?.removeEventListener("abort", onAbort);
      this.#rest();
    }
  }

  /** Ends the process; replies on their way are lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  /** Nothing to do: it may end after a while. */
  #rest(): void {
    if (this.#running.size > 0) return;
    clearTimeout(this.#silent);
    clearTimeout(this.#idle);
    if (this.#holders === 0) this.#idle = setTimeout(() => void this.#end(), this.#idleMs).unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    clearTimeout(this.#silent);
    this.#child?.kill("SIGKILL"); // it keeps nothing
    await this.#gone;
  }

  /** A process that says nothing for long does not answer any more. */
  #listenOn(): void {
    clearTimeout(this.#silent);
    const { size } = this.#running;
    if (size > 0) this.#silent = setTimeout(() => this.#child?.kill("SIGKILL"), this.#silentMsMax).unref();
  }

  #open(): ChildProcess {
    if (this.#child) return this.#child;
    const { child, ended } = startWorker(CHILD, this.#arguments, tmpdir(), SPEAKING_PRIORITY);
    this.#child = child;
    child.stdout?.resume();
    child.on("message", (message: FromSpeaking) => this.#heed(message));
    this.#gone = ended.then((end) => {
      if (this.#child === child) this.#child = undefined;
      const died = new ServiceError("VOICE_WORKER_DIED", { how: endText(end) });
      for (const running of this.#running.values()) running.reject(died);
      return end;
    });
    return child;
  }

  /** A message that does not arrive: the process is ending, and its end is told by itself. */
  #send(child: ChildProcess, message: ToSpeaking): void {
    if (child.connected) child.send(message, () => undefined);
  }

  #heed(message: FromSpeaking): void {
    this.#listenOn();
    if (message.type === "ready") return;
    const running = this.#running.get(message.id);
    if (!running) return;
    if (message.type === "piece") running.watcher.onText?.(message.piece);
    else if (message.type === "end") running.resolve(message.reply);
    else if (message.type === "failed") running.reject(new ServiceError("REPLY_FAILED", { problem: message.message }));
    else {
      const { tokens, limit } = message;
      running.reject(new ServiceError("PERSONA_TOO_LONG", { tokens, limit }));
    }
  }
}
