/** Runs one drawing job: each picture is looked up first and drawn only if nobody drew it before. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Library } from "../library/index.ts";
import { ServiceError } from "../protocol/index.ts";
import { DrawingProcessGone, DrawingRefused, type DrawWorker, type WorkerModule } from "../workers/index.ts";
import { assetKey, drawnProvenance } from "./asset-key.ts";
import type { Base } from "./base.ts";
import { toErrorBody, type Log } from "./failure.ts";
import { addLog, endJob, requeue, type DrawJob } from "./job.ts";
import type { JobRecords } from "./job-records.ts";

/** A drawing begins anew when its process dies; after so many deaths it is the drawing that kills it. */
const DEATHS_MAX = 3;

export interface DrawingContext {
  readonly library: Library;
  readonly records: JobRecords;
  readonly base: Base;
  readonly log: Log;
  readonly worker: DrawWorker;
  /** Where pictures lie until they are assets. */
  readonly temporary: string;
  readonly pathOf: (sha256: string) => string;
}

/** Takes over the pictures that were drawn before. Returns the seeds that are still missing. */
export async function takeKnown(job: DrawJob, library: Library, base: Base): Promise<number[]> {
  const { request } = job;
  const missing: number[] = [];
  for (const seed of request.seeds) {
    const sha256 = await library.findAsset(assetKey(base, request, seed));
    if (sha256 === undefined) missing.push(seed);
    else addSample(job, seed, sha256);
  }
  return missing;
}

function addSample({ state, request }: DrawJob, seed: number, sha256: string): void {
  const index = request.seeds.indexOf(seed);
  const others = state.samples.filter((sample) => sample.index !== index);
  const sample = { step: 0, index, prompt: request.prompt, seed, sha256 };
  state.samples = [...others, sample].toSorted((a, b) => a.index - b.index);
}

export class DrawingRun {
  readonly job: DrawJob;
  readonly #context: DrawingContext;
  readonly #abort = new AbortController();
  #asked: "cancel" | "interrupt" | undefined;

  constructor(job: DrawJob, context: DrawingContext) {
    this.job = job;
    this.#context = context;
  }

  get pid(): number | undefined {
    return this.#context.worker.pid;
  }

  cancel(): void {
    this.#stop("cancel");
  }

  interrupt(): void {
    this.#stop("interrupt");
  }

  #stop(why: "cancel" | "interrupt"): void {
    this.#asked ??= why;
    this.#abort.abort();
  }

  /** Resolves when the job is over. Never rejects. */
  async run(): Promise<void> {
    const { records, library, base, log } = this.#context;
    const { state, request } = this.job;
    try {
      state.status = "running";
      state.steps = request.seeds.length * request.steps;
      state.startedAt ||= Date.now();
      for (let missing = await takeKnown(this.job, library, base); missing.length > 0;) {
        state.phase = "opening the base";
        records.changed(this.job);
        await this.#draw(missing);
        missing = await takeKnown(this.job, library, base);
      }
      state.step = state.steps;
      if (this.#asked === undefined) endJob(state, "done");
    } catch (error) {
      if (this.#asked === undefined) endJob(state, "failed", toErrorBody(drawingFailure(error), log));
    }
    if (this.#asked === "interrupt" && state.status === "running") requeue(state);
    await records.save(this.job).catch((error: unknown) => log.error({ err: error, job: state.id }, "job not saved"));
  }

  async #draw(seeds: readonly number[]): Promise<void> {
    const { worker, temporary, log, records } = this.#context;
    const { state } = this.job;
    await mkdir(temporary, { recursive: true });
    const folder = await mkdtemp(join(temporary, "drawing-"));
    let kept: Promise<void> = Promise.resolve();
    try {
      await worker.draw(
        { ...this.job.request, stack: this.#stack(), seeds, folder },
        {
          signal: this.#abort.signal,
          onReady: () => this.#moved("drawing", state.step),
          onStep: (picture, step, steps) => {
            const drawn = (this.job.request.seeds.length - seeds.length + picture) * steps;
            this.#moved("drawing", drawn + step);
          },
          onPicture: (seed, path) => {
            kept = kept.then(() => this.#keep(seed, path));
            kept.catch(() => undefined); // told below, when it is waited for
          },
        },
      );
      await kept;
    } catch (error) {
      await kept.catch(() => undefined);
      if (!(error instanceof DrawingProcessGone) || this.#asked !== undefined) throw error;
      this.job.deaths++;
      log.error({ job: state.id, deaths: this.job.deaths, problem: error.message }, "drawing process died");
      if (this.job.deaths > DEATHS_MAX) throw error;
      addLog(
        state,
        `the drawing process ended (${error.message}); starting it again, ${this.job.deaths} of ${DEATHS_MAX}`,
      );
      records.changed(this.job);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #stack(): WorkerModule[] {
    return this.job.request.stack.map(({ name, sha256, weight }) => ({
      name,
      sha256,
      weight,
      path: this.#context.pathOf(sha256),
    }));
  }

  #moved(phase: string, step: number): void {
    const { state } = this.job;
    if (state.status !== "running") return;
    state.phase = phase;
    state.step = step;
    this.#context.records.changed(this.job);
  }

  async #keep(seed: number, path: string): Promise<void> {
    const { library, base, records } = this.#context;
    const { request, owner } = this.job;
    const png = await readFile(path);
    const sha256 = await library.saveAsset(assetKey(base, request, seed), png, drawnProvenance(base, request, owner));
    addSample(this.job, seed, sha256);
    records.changed(this.job);
  }
}

/** What a person is told of a worker that failed. */
export function drawingFailure(error: unknown): unknown {
  const isWorkers = error instanceof DrawingRefused || error instanceof DrawingProcessGone;
  return isWorkers ? new ServiceError("DRAWING_FAILED", { problem: error.message }) : error;
}
