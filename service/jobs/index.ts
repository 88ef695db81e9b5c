export { readBase, type Base } from "./base.ts";
export { silent, toErrorBody, type Log } from "./failure.ts";
export type { DrawRequest, JobSnapshot, SampleSnapshot, TrainRequest } from "./job.ts";
export { Jobs, type JobsOptions, type SlotDrawing } from "./jobs.ts";
