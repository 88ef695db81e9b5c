export type { DrawModule, DrawOrder } from "./draw-messages.ts";
export { DrawingProcessGone, DrawingRefused, DrawWorker, type DrawWatcher } from "./draw-worker.ts";
export { endLeftover, startTraining, TRAINING_CONFIG, type TrainingWorker } from "./training-worker.ts";
export { endText, type WorkerEnd } from "./worker-process.ts";
