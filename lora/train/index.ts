export { ADAMW_DEFAULTS, adamWStep, clipGradients } from "./adamw.ts";
export { FlatParameters } from "./flat-parameters.ts";
export { readBaseDefaults, type BaseDefaults } from "./base-defaults.ts";
export { loadTrainConfig, parseTrainConfig, type TrainConfig } from "./config.ts";
export { configHelp } from "./config-keys.ts";
export { nearestName } from "./nearest-name.ts";
export { trainErrors } from "./errors.ts";
export type { TrainEvent } from "./loop.ts";
export { drawTimestep } from "./examples.ts";
export { initialParameters, makeOutputFolders, toModule } from "./run-settings.ts";
export { stepsPerLine } from "./steps-per-line.ts";
export {
  planText,
  textLengthMax,
  trainText,
  type TextPlan,
  type TrainedTextModule,
  type TrainTextOptions,
} from "./train-text.ts";
export { suggestSettings, type SuggestedSettings } from "./suggested-settings.ts";
export { trainImage, type TrainedImageModule, type TrainImageOptions } from "./train-image.ts";
