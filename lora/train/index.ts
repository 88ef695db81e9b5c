export { ADAMW_DEFAULTS, adamWStep, clipGradients } from "./adamw.ts";
export { FlatParameters } from "./flat-parameters.ts";
export { loadTrainConfig, parseTrainConfig, type TrainConfig } from "./config.ts";
export { configHelp } from "./config-keys.ts";
export { nearestName } from "./nearest-name.ts";
export { trainErrors } from "./errors.ts";
export type { TrainEvent } from "./loop.ts";
export { makeOutputFolders, trainImage, type TrainedImageModule, type TrainImageOptions } from "./train-image.ts";
