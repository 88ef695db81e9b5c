/** Runs one training job to its end: done, failed, cancelled, or interrupted by the end of the service. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "../protocol/index.ts";
import {
  endLeftover,
  endText,
  startTraining,
  TRAINING_CONFIG,
  type TrainingWorker,
  type WorkerEnd,
} from "../workers/index.ts";
import { toErrorBody, type Log } from "./failure.ts";
import { addLog, endJob, requeue, type TrainingJob } from "./job.ts";
import type { JobRecords } from "./job-records.ts";
import { addReply, kindOf, savedSteps, type TrainingParts } from "./training-kinds.ts";
import { readLine, type DrawnSample, type TrainingError } from "./training-lines.ts";

/** After so many deaths of its worker a job is no longer started by itself. */
const DEATHS_MAX = 3;
/** Exit code for input that the trainer refuses: it would refuse it again. */
const EXIT_INPUT_ERROR = 2;

export interface TrainingContext extends TrainingParts {
  readonly records: JobRecords;
  readonly log: Log;
}

export class TrainingRun {
  readonly job: TrainingJob;
  readonly #context: TrainingContext;
  #worker: TrainingWorker | undefined;
  readonly #abort = new AbortController();
  #asked: "cancel" | "interrupt" | undefined;

  constructor(job: TrainingJob, context: TrainingContext) {
    this.job = job;
    this.#context = context;
  }

  /** Number of the worker process while there is one. */
  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** The job is over for whoever watches it; its worker saves a checkpoint and ends. */
  cancel(): void {
    this.#stop("cancel");
  }

  /** The service is ending: the job goes on when it is back. */
  interrupt(): void {
    this.#stop("interrupt");
  }

  #stop(why: "cancel" | "interrupt"): void {
    this.#asked ??= why;
    this.#abort.abort();
    this.#worker?.stop();
  }

  /** Resolves when no worker of this run is left. Never rejects. */
  async run(): Promise<void> {
    const { records, log } = this.#context;
    const { state } = this.job;
    try {
      state.status = "running";
      state.phase = "opening the base";
      state.startedAt ||= Date.now();
      await records.save(this.job);
      await this.#prepare();
      await this.#train();
    } catch (error) {
      // Cancelled meanwhile: what failed no longer matters to anyone.
      if (this.#asked !== "cancel") endJob(state, "failed", toErrorBody(error, log));
    }
    if (this.#asked === "interrupt" && state.status === "running") requeue(state);
    await records.save(this.job).catch((error: unknown) => log.error({ err: error, job: state.id }, "job not saved"));
  }

  async #prepare(): Promise<void> {
    const { folder } = this.#context;
    const kind = kindOf(this.job);
    await mkdir(folder, { recursive: true });
    await endLeftover(folder);
    this.job.state.savedSteps = savedSteps(this.job, folder);
    await this.#askBefore();
    // Data and settings stay those of the first start: a checkpoint fits no others.
    if (this.job.data.length > 0) return;
    const data = await kind.exportData(this.job, this.#context);
    const config = kind.config(this.job, this.#context);
    await writeFile(join(folder, TRAINING_CONFIG), JSON.stringify(config, null, 2));
    this.job.data = data;
    await this.#context.records.save(this.job);
  }

  /** What it says before training is only shown: a training is not lost for it. */
  async #askBefore(): Promise<void> {
    const { log, records } = this.#context;
    const { state } = this.job;
    try {
      await kindOf(this.job).before(this.job, this.#context, this.#abort.signal);
      records.changed(this.job);
    } catch (error) {
      log.error({ err: error, job: state.id }, "no replies before training");
      if (error instanceof ServiceError) addLog(state, error.message);
    }
  }

  /** Starts the worker again when it dies. */
  async #train(): Promise<void> {
    const { state } = this.job;
    while (this.#asked === undefined) {
      const { end, error } = await this.#attempt();
      if (this.#asked !== undefined) return;
      if (end.code === 0) return endJob(state, "done");
      if (error || end.code === EXIT_INPUT_ERROR) throw trainingFailure(error, end);
      this.job.deaths++;
      this.#context.log.error({ job: state.id, end, deaths: this.job.deaths }, "training worker died");
      if (this.job.deaths > DEATHS_MAX) throw new ServiceError("WORKER_DIED", { how: endText(end), times: DEATHS_MAX });
      addLog(state, `the worker ended (${endText(end)}); starting it again, ${this.job.deaths} of ${DEATHS_MAX}`);
      state.phase = "opening the base";
      await this.#context.records.save(this.job);
    }
  }

  async #attempt(): Promise<{ end: WorkerEnd; error: TrainingError | undefined }> {
    const { folder, log, records } = this.#context;
    let error: TrainingError | undefined;
    let samples: Promise<void> = Promise.resolve();
    const reader = {
      state: this.job.state,
      onSample: (sample: DrawnSample) => void (samples = samples.then(() => this.#keepSample(sample))),
      onError: (said: TrainingError) => void (error = said),
    };
    this.#worker = startTraining(folder, (line) => {
      const { status, phase, savedSteps: before } = this.job.state;
      const savedBefore = before.at(-1);
      readLine(line, reader);
      // A cancelled run still saves; what it does meanwhile is nobody's concern.
      if (status !== "running") this.job.state.phase = phase;
      // The curve up to a checkpoint belongs to it: whoever goes on from there must find it.
      if (this.job.state.savedSteps.at(-1) === savedBefore) records.changed(this.job);
      else
        records
          .save(this.job)
          .catch((cause: unknown) => log.error({ err: cause, job: this.job.state.id }, "job not saved"));
    });
    const end = await this.#worker.ended;
    this.#worker = undefined;
    await samples;
    return { end, error };
  }

  /** A reply is shown as it is. A picture becomes an asset; one that cannot be kept is missing from the row of samples and nothing else. */
  async #keepSample({ path, prompt, step, index, seed, text }: DrawnSample): Promise<void> {
    const { library, base, log, records } = this.#context;
    const { state, owner } = this.job;
    if (text !== undefined) {
      addReply(state, { step, index, prompt, text });
      records.changed(this.job);
      return;
    }
    try {
      const key = { sampleOf: state.id, step, index };
      const provenance = { by: owner, job: state.id, step, prompt, seed, base: { name: base.name, hash: base.hash } };
      const sha256 = await library.saveAsset(key, await readFile(path), provenance);
      const others = state.samples.filter((each) => each.step !== step || each.index !== index);
      state.samples = [...others, { step, index, prompt, seed, sha256 }];
      records.changed(this.job);
    } catch (error) {
      log.error({ err: error, job: state.id, step }, "sample not kept");
    }
  }
}

/** Codes of the engine for a file system that is full. */
const NO_SPACE = "FILE_NO_SPACE";

function trainingFailure(error: TrainingError | undefined, end: WorkerEnd): ServiceError {
  if (error?.code === NO_SPACE) return new ServiceError("DISK_FULL");
  const problem = error?.message ?? end.stderr.trim().split("\n").at(-1) ?? endText(end);
  return new ServiceError("TRAINING_FAILED", { problem });
}
