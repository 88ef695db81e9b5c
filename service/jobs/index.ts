export { readBase, type Base } from "./base.ts";
export { silent, toErrorBody, type Log } from "./failure.ts";
export type { DrawRequest, JobSnapshot, SampleSnapshot, TrainRequest, VoiceTrainRequest } from "./job.ts";
export { peftConfigOf } from "./voice-module.ts";
export { readNamedVoiceBase, readVoiceBase, type VoiceBase } from "./voice-base.ts";
export { Voices, type Line, type VoiceRequest, type VoicesOptions } from "./voices.ts";
export { Suggestions } from "./suggestions.ts";
export { fixStack } from "./stack.ts";
export { Jobs, type JobsOptions, type SlotDrawing } from "./jobs.ts";
