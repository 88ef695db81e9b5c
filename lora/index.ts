/** The engine's public face: what a service or a script imports. */
export { AnimulaError, openSafetensors, readTensorRaw, writeSafetensors } from "./format/index.ts";
export {
  readModule,
  writeDiffusers,
  writeGgufModule,
  writeKohya,
  writePeft,
  type LoraModule,
  type ModuleSite,
  type ModuleReport,
  type Stack,
} from "./adapter/index.ts";
export {
  checkDataset,
  formatReport,
  readImageDataset,
  readPicture,
  type ImageDataset,
  type Report,
} from "./data/index.ts";
export { isRowReason, leadingText, parseDialogueRow, SYSTEM_SHARE } from "./data/index.ts";
export { VoiceStudio, type Reply, type ReplyRequest, type SamplingOptions } from "./generate/index.ts";
export { readPngText, writePngText } from "./generate/index.ts";
export {
  drawDefaults,
  drawnInfo,
  DrawingStudio,
  encodePng,
  readGenerationInfo,
  type DrawRequest,
  type Picture,
} from "./generate/index.ts";
export {
  languageModelSites,
  openLanguageModel,
  type ChatMessage,
  type LanguageModel,
  type WeightKind,
} from "./models/index.ts";
export { openClip, type Clip } from "./models/index.ts";
export { moduleSites, openStableDiffusion, type StableDiffusion } from "./models/index.ts";
export { encodePicture, openUpscaler, surfaceMaps, UPSCALER_NAME, type Upscaler } from "./image/index.ts";
export {
  loadTrainConfig,
  parseTrainConfig,
  readBaseDefaults,
  type BaseDefaults,
  stepsPerLine,
  suggestSettings,
  trainImage,
  type TrainConfig,
  type TrainEvent,
} from "./train/index.ts";
