/** A job as the service holds it, and as a row. */
import type * as z from "zod";
import { limits, type ErrorBody, type JobKind, type JobStatus, type studioMessages } from "../protocol/index.ts";
import type { tables } from "../store/index.ts";

export interface SampleSnapshot {
  readonly step: number;
  readonly index: number;
  readonly prompt: string;
  readonly seed: number;
  readonly sha256: string;
}

export interface ReplySnapshot {
  readonly step: number;
  readonly index: number;
  readonly prompt: string;
  readonly text: string;
}

/** Every field of the protocol's JobState, as plain values. */
export interface JobSnapshot {
  readonly id: string;
  readonly kind: JobKind;
  status: JobStatus;
  readonly name: string;
  readonly nodeId: string;
  readonly datasetId: string;
  phase: string;
  step: number;
  steps: number;
  loss: number;
  imagesPerSecond: number;
  secondsLeft: number;
  bestStep: number;
  lossSteps: number[];
  losses: number[];
  validationSteps: number[];
  validationLosses: number[];
  savedSteps: number[];
  samples: SampleSnapshot[];
  /** By step and index. */
  replies: ReplySnapshot[];
  log: string[];
  /** JSON of an ErrorBody; "" if none. */
  error: string;
  moduleId: string;
  readonly createdAt: number;
  startedAt: number;
  endedAt: number;
}

export type TrainRequest = z.output<(typeof studioMessages)["train.start"]>;
export type VoiceTrainRequest = z.output<(typeof studioMessages)["voice.train"]>;
export type DrawRequest = z.output<(typeof studioMessages)["draw"]>;

/** A module of a drawing's stack, fixed to the version that was newest when the drawing was asked for. */
export interface StackModule {
  readonly module: string;
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly weight: number;
}
export type FixedDrawRequest = Omit<DrawRequest, "stack" | "guidanceScale"> & {
  readonly stack: readonly StackModule[];
  readonly guidanceScale: number;
};

interface JobBase {
  readonly owner: string;
  readonly state: JobSnapshot;
  /** How often its worker died since it was last started by a person. */
  deaths: number;
}
interface TrainingJobBase extends JobBase {
  /** Hashes of the pictures or lines it trains on, in their order; empty before it first ran. */
  data: readonly string[];
}
export interface TrainJob extends TrainingJobBase {
  readonly kind: "train";
  readonly request: TrainRequest;
}
export interface VoiceTrainJob extends TrainingJobBase {
  readonly kind: "train-voice";
  readonly request: VoiceTrainRequest;
}
export type TrainingJob = TrainJob | VoiceTrainJob;
export interface DrawJob extends JobBase {
  readonly kind: "draw";
  readonly request: FixedDrawRequest;
}
export type Job = TrainingJob | DrawJob;
export const isTraining = (job: Job | undefined): job is TrainingJob =>
  job?.kind === "train" || job?.kind === "train-voice";

export function newState(
  given: Pick<JobSnapshot, "id" | "kind" | "name" | "nodeId" | "datasetId"> & Partial<JobSnapshot>,
): JobSnapshot {
  return {
    status: "queued",
    phase: "waiting",
    step: 0,
    steps: 0,
    loss: 0,
    imagesPerSecond: 0,
    secondsLeft: 0,
    bestStep: 0,
    lossSteps: [],
    losses: [],
    validationSteps: [],
    validationLosses: [],
    savedSteps: [],
    samples: [],
    replies: [],
    log: [],
    error: "",
    moduleId: "",
    createdAt: Date.now(),
    startedAt: 0,
    endedAt: 0,
    ...given,
  };
}

export const isOver = (status: JobStatus): boolean => status !== "queued" && status !== "running";

export function addLog({ log }: JobSnapshot, line: string): void {
  log.push(line);
  if (log.length > limits.logLinesKept) log.splice(0, log.length - limits.logLinesKept);
}

/** The end of a job, in any way. */
export function endJob(state: JobSnapshot, status: JobStatus, error?: ErrorBody): void {
  state.status = status;
  state.phase = "";
  state.secondsLeft = 0;
  state.endedAt = Date.now();
  state.error = error ? JSON.stringify(error) : "";
}

/** Back into the queue: resumed, or interrupted by the service's own end. */
export function requeue(state: JobSnapshot): void {
  state.status = "queued";
  state.phase = "waiting";
  state.secondsLeft = 0;
  state.endedAt = 0;
  state.error = "";
}

type JobRow = typeof tables.jobs.$inferSelect;

export function toRow(job: Job): JobRow {
  const { id, kind, status, nodeId, createdAt, startedAt, endedAt, ...live } = job.state;
  const progress = { ...live, deaths: job.deaths, ...(isTraining(job) ? { data: job.data } : {}) };
  const { owner, request } = job;
  return { id, kind, status, nodeId, owner, request: { ...request }, progress, createdAt, startedAt, endedAt };
}

/** Rows are written by `toRow` alone, so their shape is known. */
export function fromRow(row: JobRow): Job {
  const { request, progress, owner, ...fields } = row;
  const { deaths, data, ...live } = progress as unknown as JobSnapshot & { deaths: number; data?: string[] };
  // Rows from before there were voices have no replies.
  const state = { ...live, ...fields, replies: live.replies ?? [] } as JobSnapshot;
  const job = { kind: row.kind, owner, state, deaths, request };
  return (row.kind === "draw" ? job : { ...job, data: data ?? [] }) as unknown as Job;
}
