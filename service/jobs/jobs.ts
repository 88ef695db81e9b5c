import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { drawDefaults } from "../../lora/index.ts";
import type { Identity } from "../access/index.ts";
import type { Library, PublishedModule } from "../library/index.ts";
import {
  jobKinds,
  limits,
  readErrorBody,
  ServiceError,
  studioMessages,
  type JobKind,
  type JobStatus,
  type SlotKind,
  type TagModule,
} from "../protocol/index.ts";
import type { Store } from "../store/index.ts";
import { DrawWorker } from "../workers/index.ts";
import { assetKey, requestKey } from "./asset-key.ts";
import type { Base } from "./base.ts";
import { DrawingRun, takeKnown } from "./drawing-job.ts";
import { silent, type Log } from "./failure.ts";
import {
  addLog,
  endJob,
  isOver,
  isTraining,
  newState,
  requeue,
  type DrawJob,
  type DrawRequest,
  type FixedDrawRequest,
  type Job,
  type JobSnapshot,
  type TrainingJob,
  type TrainRequest,
  type VoiceTrainRequest,
} from "./job.ts";
import { JobRecords } from "./job-records.ts";
import { Queue } from "./queue.ts";
import { Retouching } from "./retouching.ts";
import { fixStack } from "./stack.ts";
import { trainedRank } from "./training-config.ts";
import { TrainingRun } from "./training-job.ts";
import { kindOf } from "./training-kinds.ts";
import type { Voices } from "./voices.ts";

export interface JobsOptions {
  readonly store: Store;
  readonly library: Library;
  readonly base: Base;
  readonly voices: Voices;
  readonly log?: Log;
  /** After so long without a drawing its process ends and gives its memory back. */
  readonly drawingIdleMs?: number;
}

interface JobsEvents {
  /** A job is new or changed. The snapshot is the live one: read it, keep no hold of it. */
  job: [snapshot: Readonly<JobSnapshot>];
  /** A job is no longer shown. */
  removed: [id: string];
}

/** What a slot is to show. */
export interface SlotDrawing {
  readonly nodeId: string;
  readonly kind: SlotKind;
  readonly prompt: string;
  readonly negative: string;
  readonly modules: readonly TagModule[];
  readonly seed: number;
}

type PublishRequest = z.output<(typeof studioMessages)["module.publish"]>;
type Owner = Pick<Identity, "name">;

/** Training and drawing: a queue that outlives the service, workers that may die, and what all of them are doing. */
export class Jobs extends EventEmitter<JobsEvents> {
  readonly base: Base;
  /** Enlarges pictures and makes their maps. */
  readonly retouching: Retouching;
  readonly #store: Store;
  readonly #library: Library;
  readonly #voices: Voices;
  readonly #log: Log;
  readonly #records: JobRecords;
  readonly #queue: Queue;
  readonly #drawing: DrawWorker;
  readonly #runs = new Map<string, { run: TrainingRun | DrawingRun; ended: Promise<void> }>();
  /** Drawings that are just being asked for, by what is to be drawn. */
  readonly #asking = new Map<string, Promise<DrawJob>>();
  /** One training at a time, also where the queue hands out a second one. */
  #device: Promise<void> = Promise.resolve();
  #closing = false;

  private constructor(options: JobsOptions, log: Log, records: JobRecords, queue: Queue) {
    super();
    this.setMaxListeners(0); // every waiting request listens
    this.base = options.base;
    this.#store = options.store;
    this.#library = options.library;
    this.#voices = options.voices;
    this.#log = log;
    this.#records = records;
    this.#queue = queue;
    this.#drawing = new DrawWorker({ baseModel: options.base.path, idleMs: options.drawingIdleMs });
    const { temporary, pathOf } = this.#paths();
    this.retouching = new Retouching({ library: options.library, worker: this.#drawing, temporary, pathOf });
    records.on("change", ({ state }) => this.emit("job", state));
    records.on("remove", (id) => this.emit("removed", id));
  }

  /** What was queued or running when the service ended goes on. */
  static async open(options: JobsOptions): Promise<Jobs> {
    const log = options.log ?? silent;
    const records = await JobRecords.open(options.store.db, log);
    const queue = await Queue.open(await options.store.boss());
    const jobs = new Jobs(options, log, records, queue);
    for (const kind of jobKinds) await queue.work(kind, (id) => jobs.#handle(id));
    for (const job of records.all()) if (!isOver(job.state.status)) await jobs.#enqueue(job);
    return jobs;
  }

  /** All that are shown, oldest first. */
  list(): Readonly<JobSnapshot>[] {
    return this.#records.all().map(({ state }) => state);
  }

  /** Process number of a job's worker while it has one. */
  workerPid(jobId: string): number | undefined {
    return this.#runs.get(jobId)?.run.pid;
  }

  /** Resolves when the job is durable. Errors: NOT_FOUND, WRONG_KIND, DATASET_EMPTY. */
  startTraining(request: TrainRequest, { name: owner }: Owner): Promise<{ jobId: string }> {
    const job = { kind: "train", owner, request, state: stateOf("train", request), deaths: 0, data: [] } as const;
    return this.#startTraining(job);
  }

  /** As `startTraining`. Errors: VOICE_BASE_MISSING, NOT_FOUND, WRONG_KIND, DATASET_WITHOUT_LINES. */
  startVoiceTraining(request: VoiceTrainRequest, { name: owner }: Owner): Promise<{ jobId: string }> {
    const state = stateOf("train-voice", request);
    return this.#startTraining({ kind: "train-voice", owner, request, state, deaths: 0, data: [] });
  }

  async #startTraining(job: TrainingJob): Promise<{ jobId: string }> {
    const kind = kindOf(job);
    kind.base({ base: this.base, voices: this.#voices });
    await kind.checkData(job.request.datasetId, this.#library);
    await this.#add(job);
    return { jobId: job.state.id };
  }

  /**
   * Equal requests share a job; pictures that were drawn before are there at once.
   * Errors: NOT_FOUND, MODULE_WRONG_BASE, QUEUE_FULL.
   */
  async draw(request: DrawRequest, { name: owner }: Owner): Promise<{ jobId: string }> {
    const { state } = await this.#shareDrawing(await this.#fix(request), owner);
    return { jobId: state.id };
  }

  /** Resolves with the asset's hash when it is drawn, at once if it was drawn before. Errors: as `draw`; DRAWING_FAILED. */
  async drawForSlot({ modules, seed, ...wanted }: SlotDrawing, { name: owner }: Owner): Promise<string> {
    const request = await this.#fix(
      studioMessages.draw.parse({
        ...wanted,
        stack: modules,
        seeds: [seed],
        tiling: wanted.kind === "albedo",
      }),
    );
    const known = await this.#library.findAsset(assetKey(this.base, request, seed));
    if (known !== undefined) return known;
    const { state } = await this.#shareDrawing(request, owner);
    await this.#over(state);
    const [sample] = state.samples;
    if (sample) return sample.sha256;
    const body = readErrorBody(state.error);
    throw body
      ? new ServiceError(body.code, body.params)
      : new ServiceError("DRAWING_FAILED", { problem: "it was cancelled" });
  }

  /** Everyone sees it cancelled at once; its worker ends by itself or is ended. Errors: NOT_FOUND, JOB_STATE. */
  async cancel(jobId: string): Promise<{ status: JobStatus }> {
    const job = this.#find(jobId);
    if (isOver(job.state.status)) throw wrongState(job, "cancelled");
    endJob(job.state, "cancelled");
    const saved = this.#records.save(job);
    this.#runs.get(jobId)?.run.cancel();
    await saved;
    return { status: job.state.status };
  }

  /** A training that failed or was cancelled goes on from its last checkpoint. Errors: NOT_FOUND, JOB_STATE. */
  async resume(jobId: string, { name }: Owner): Promise<{ status: JobStatus }> {
    const job = this.#find(jobId);
    const { status } = job.state;
    if (!isTraining(job) || (status !== "failed" && status !== "cancelled")) throw wrongState(job, "resumed");
    job.deaths = 0;
    addLog(job.state, `resumed by ${name}`);
    await this.#enqueue(job);
    return { status: job.state.status };
  }

  /** Forgets a job that is over, with its checkpoints; assets and published modules stay. Errors: NOT_FOUND, JOB_STATE. */
  async remove(jobId: string): Promise<{ removed: true }> {
    const job = this.#find(jobId);
    if (!isOver(job.state.status)) throw wrongState(job, "removed");
    await this.#runs.get(jobId)?.ended; // a cancelled worker may still be saving
    await this.#records.remove(jobId);
    await rm(this.#folder(jobId), { recursive: true, force: true });
    return { removed: true };
  }

  /** A saved step becomes a version in the library. Errors: NOT_FOUND, JOB_STATE, STEP_UNKNOWN, NAME_INVALID, DISK_FULL. */
  async publish({ jobId, step, name, description }: PublishRequest, { name: owner }: Owner): Promise<PublishedModule> {
    const job = this.#find(jobId);
    if (!isTraining(job)) throw wrongState(job, "published");
    const { state, request } = job;
    const kind = kindOf(job);
    if (!state.savedSteps.includes(step)) throw new ServiceError("STEP_UNKNOWN", { id: state.name, step });
    const { settings, samplePrompts } = request;
    const { hash: baseHash, name: baseModel } = kind.base({ base: this.base, voices: this.#voices });
    const published = await this.#library.publishModule({
      name,
      owner,
      description,
      kind: kind.moduleKind,
      triggerWord: job.kind === "train" ? (job.request.triggerWord ?? "") : "",
      file: kind.moduleFile(this.#folder(jobId), step),
      baseHash,
      baseModel,
      rank: trainedRank(this.#folder(jobId)),
      preview: previewOf(state, step),
      provenance: { jobId, step, trainedBy: job.owner, settings, samplePrompts, data: job.data },
    });
    state.moduleId = published.moduleId;
    addLog(state, `step ${step} published as ${name}, version ${published.version}`);
    await this.#records.save(job);
    return published;
  }

  /** Workers save and end; their jobs go on when the service is back. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#queue.close();
    const runs = [...this.#runs.values()];
    for (const { run } of runs) run.interrupt();
    await this.#drawing.close();
    await Promise.all(runs.map(({ ended }) => ended));
    await this.#records.close();
  }

  #find(id: string): Job {
    const job = this.#records.get(id);
    if (!job) throw new ServiceError("NOT_FOUND", { what: "job", id });
    return job;
  }

  #folder(jobId: string): string {
    return join(this.#store.dataDir, "jobs", jobId);
  }

  async #fix({ stack, seeds, guidanceScale, ...request }: DrawRequest): Promise<FixedDrawRequest> {
    return {
      ...request,
      guidanceScale: guidanceScale ?? drawDefaults(this.base.drawing, request).guidanceScale,
      seeds: [...new Set(seeds)],
      stack: await fixStack(stack, this.#library, { kind: "picture", hash: this.base.hash }),
    };
  }

  #shareDrawing(request: FixedDrawRequest, owner: string): Promise<DrawJob> {
    const key = requestKey(this.base, request);
    const same = (job: Job): job is DrawJob =>
      job.kind === "draw" && !isOver(job.state.status) && requestKey(this.base, job.request) === key;
    const running = this.#records.all().find(same);
    if (running) return Promise.resolve(running);
    const asked = this.#asking.get(key) ?? this.#addDrawing(request, owner).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #addDrawing(request: FixedDrawRequest, owner: string): Promise<DrawJob> {
    const { prompt, nodeId, seeds, steps } = request;
    const name = prompt.slice(0, limits.nameCharsMax);
    const state = newState({
      id: randomUUID(),
      kind: "draw",
      name,
      nodeId,
      datasetId: "",
      steps: seeds.length * steps,
    });
    const job: DrawJob = { kind: "draw", owner, request, state, deaths: 0 };
    const missing = await takeKnown(job, this.#library, this.base);
    if (missing.length === 0) {
      state.step = state.steps;
      endJob(state, "done");
      await this.#records.add(job);
      return job;
    }
    const waiting = this.#records.all().filter((each) => each.kind === "draw" && !isOver(each.state.status));
    if (waiting.length >= limits.drawsQueuedMax) throw new ServiceError("QUEUE_FULL", { limit: limits.drawsQueuedMax });
    await this.#add(job);
    return job;
  }

  async #add(job: Job): Promise<void> {
    await this.#records.add(job);
    await this.#queue.send(job.kind, job.state.id);
  }

  async #enqueue(job: Job): Promise<void> {
    requeue(job.state);
    await this.#records.save(job);
    await this.#queue.send(job.kind, job.state.id);
  }

  /** Resolves when the job is done, failed or cancelled. */
  #over(state: Readonly<JobSnapshot>): Promise<void> {
    return new Promise((resolve) => {
      const look = ({ id, status }: Readonly<JobSnapshot>) => {
        if (id !== state.id || !isOver(status)) return;
        this.off("job", look);
        resolve();
      };
      this.on("job", look);
      look(state);
    });
  }

  /** The queue hands out a job; what became of it meanwhile is in its record. */
  async #handle(id: string): Promise<void> {
    for (let run = this.#runs.get(id); run; run = this.#runs.get(id)) await run.ended;
    const job = this.#records.get(id);
    if (job?.kind === "draw") return this.#run(new DrawingRun(job, this.#drawingContext()));
    if (!isTraining(job)) return;
    const turn = this.#device.then(() => this.#run(new TrainingRun(job, this.#trainingContext(job))));
    this.#device = turn;
    return turn;
  }

  async #run(run: TrainingRun | DrawingRun): Promise<void> {
    const { id, status } = run.job.state;
    if (status !== "queued" || this.#closing) return;
    const ended = run.run();
    this.#runs.set(id, { run, ended });
    await ended;
    this.#runs.delete(id);
  }

  #trainingContext({ state }: TrainingJob) {
    const [library, records, base, log] = [this.#library, this.#records, this.base, this.#log];
    return { library, records, base, voices: this.#voices, log, folder: this.#folder(state.id) };
  }

  #drawingContext() {
    const [library, records, base, log] = [this.#library, this.#records, this.base, this.#log];
    return { library, records, base, log, worker: this.#drawing, ...this.#paths() };
  }

  #paths() {
    const pathOf = (sha256: string): string => this.#store.objects.path(sha256);
    return { temporary: this.#store.temporaryDir, pathOf };
  }
}

function stateOf(kind: JobKind, request: TrainRequest | VoiceTrainRequest): JobSnapshot {
  const { datasetId, nodeId, name, settings } = request;
  return newState({ id: randomUUID(), kind, name, nodeId, datasetId, steps: settings.steps ?? 0 });
}

function wrongState({ state }: Job, action: string): ServiceError {
  return new ServiceError("JOB_STATE", { id: state.name, status: state.status, action });
}

/** The sample of that step or, where it drew none, of the nearest one before. */
function previewOf({ samples }: JobSnapshot, step: number): string {
  const before = samples
    .filter((sample) => sample.step <= step)
    .toSorted((a, b) => b.step - a.step || a.index - b.index);
  return before[0]?.sha256 ?? "";
}
