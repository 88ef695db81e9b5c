/** Plain values → synchronised state, touching only what differs: each touch is bytes to every client. */
import type { ArraySchema } from "@colyseus/schema";
import type { JobSnapshot } from "../jobs/index.ts";
import type { DatasetSummary } from "../library/index.ts";
import { DatasetState, JobState, ModuleState, ReplyState, SampleState, type ModuleReply } from "../protocol/index.ts";

type Scalar = string | number | boolean;
type Scalars = Readonly<Record<string, Scalar>>;

/** Every field must be set once: one that never was is undefined on the client. */
function setFields(state: object, values: Scalars): void {
  const fields = state as Record<string, Scalar>;
  for (const [name, value] of Object.entries(values)) if (fields[name] !== value) fields[name] = value;
}

/** Lists of a job grow at their end; anything else is rare and sends the whole list anew. */
function setList<T>(list: ArraySchema<T>, wanted: readonly T[]): void {
  const last = list.length - 1;
  const same = (i: number): boolean => list[i] === wanted[i];
  if (last >= 0 && !(last < wanted.length && same(0) && same(last))) list.clear();
  for (const value of wanted.slice(list.length)) list.push(value);
}

const jobScalars = (job: Readonly<JobSnapshot>): Scalars => {
  const { id, kind, status, name, nodeId, datasetId, phase, step, steps, loss, imagesPerSecond, secondsLeft } = job;
  const { bestStep, error, moduleId, createdAt, startedAt, endedAt } = job;
  const live = { status, phase, step, steps, loss, imagesPerSecond, secondsLeft, bestStep, error, moduleId };
  return { id, kind, name, nodeId, datasetId, createdAt, startedAt, endedAt, ...live };
};

export function mirrorJob(state: JobState, job: Readonly<JobSnapshot>): void {
  setFields(state, jobScalars(job));
  setCurve(state.lossSteps, state.losses, job.lossSteps, job.losses);
  setCurve(state.validationSteps, state.validationLosses, job.validationSteps, job.validationLosses);
  setList(state.savedSteps, job.savedSteps);
  setLog(state.log, job.log);
  mirrorSamples(state.samples, job);
  mirrorReplies(state.replies, job);
}

/** Both lists change alike, so that a point is never half there. */
function setCurve(
  steps: ArraySchema<number>,
  values: ArraySchema<number>,
  wantedSteps: readonly number[],
  wantedValues: readonly number[],
): void {
  const last = steps.length - 1;
  const same = (i: number): boolean => steps[i] === wantedSteps[i] && values[i] === wantedValues[i];
  if (last >= 0 && !(last < wantedSteps.length && same(0) && same(last))) {
    steps.clear();
    values.clear();
  }
  const from = steps.length;
  for (const step of wantedSteps.slice(from)) steps.push(step);
  for (const value of wantedValues.slice(from)) values.push(value);
}

/** The oldest lines go as new ones come. */
function setLog(list: ArraySchema<string>, wanted: readonly string[]): void {
  const dropped = list.length === 0 ? 0 : list.indexOf(wanted[0] ?? "");
  for (let i = 0; i < dropped; i++) list.shift();
  setList(list, wanted);
}

function mirrorSamples(list: JobState["samples"], { samples }: Readonly<JobSnapshot>): void {
  const same = (i: number): boolean => list[i]?.sha256 === samples[i]?.sha256 && list[i]?.step === samples[i]?.step;
  if (!Array.from(list, (_, i) => same(i)).every(Boolean)) list.clear();
  for (const sample of samples.slice(list.length)) {
    const state = new SampleState();
    setFields(state, { ...sample });
    list.push(state);
  }
}

function mirrorReplies(list: JobState["replies"], { replies }: Readonly<JobSnapshot>): void {
  const same = (i: number): boolean =>
    list[i]?.step === replies[i]?.step && list[i]?.index === replies[i]?.index && list[i]?.text === replies[i]?.text;
  if (!Array.from(list, (_, i) => same(i)).every(Boolean)) list.clear();
  for (const reply of replies.slice(list.length)) {
    const state = new ReplyState();
    setFields(state, { ...reply });
    list.push(state);
  }
}

export function newJobState(job: Readonly<JobSnapshot>): JobState {
  const state = new JobState();
  mirrorJob(state, job);
  return state;
}

export function mirrorDataset(known: DatasetState | undefined, dataset: DatasetSummary): DatasetState {
  const state = known ?? new DatasetState();
  const { id, name, nodeId, kind, images, lines, revision, createdAt } = dataset;
  setFields(state, { id, name, nodeId, kind, images, lines, revision, createdAt });
  return state;
}

/** The newest version; undefined if there is none. */
export function mirrorModule(known: ModuleState | undefined, module: ModuleReply): ModuleState | undefined {
  const [newest] = module.versions;
  if (!newest) return undefined;
  const state = known ?? new ModuleState();
  const { id, name, owner, description, kind } = module;
  const { version, sha256, triggerWord, baseModel, preview, createdAt } = newest;
  setFields(state, { id, name, version, sha256, kind, triggerWord, owner, baseModel, preview, description, createdAt });
  return state;
}
