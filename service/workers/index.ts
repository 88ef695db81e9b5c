export type { DrawOrder, RetouchOrder, WorkerModule } from "./draw-messages.ts";
export { DrawingProcessGone, DrawingRefused, DrawWorker, type DrawWatcher } from "./draw-worker.ts";
export { labelFolder, LabellingFailed } from "./label-worker.ts";
export type { SpeakOrder, Spoken, Turn } from "./speak-messages.ts";
export { SpeakWorker, type SpeakWatcher, type SpeakWorkerOptions } from "./speak-worker.ts";
export { endLeftover, startTraining, TRAINING_CONFIG, type TrainingWorker } from "./training-worker.ts";
export { endText, type WorkerEnd } from "./worker-process.ts";
