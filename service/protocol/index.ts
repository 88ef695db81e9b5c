export { limits } from "./limits.ts";
export {
  errorMessage,
  errorTexts,
  readErrorBody,
  ServiceError,
  type ErrorBody,
  type ErrorCode,
  type Language,
} from "./errors.ts";
export { parseSlotKey, paths, roles, roomNames, slotKey, slotKinds, type Role, type SlotKind } from "./names.ts";
export { loraTag, tagModule, type LoraTag, type TagModule } from "./tag.ts";
export {
  ChatLine,
  DatasetState,
  jobKinds,
  JobState,
  jobStatuses,
  ModuleState,
  PlayerState,
  SampleState,
  SceneState,
  SlotState,
  StudioState,
  type JobKind,
  type JobStatus,
} from "./state.ts";
export {
  displayName,
  sceneMessages,
  scenePermissions,
  studioMessages,
  trainSettings,
  trainTargets,
  type DrawJobRequest,
  type SceneJoinOptions,
  type SceneMessage,
  type SceneReplies,
  type SlotHistoryEntry,
  type StudioMessage,
  type StudioReplies,
  type TrainSettings,
} from "./messages.ts";
export {
  captionsRequest,
  datasetRequest,
  sessionRequest,
  type BaseReply,
  type DatasetImage,
  type DatasetReply,
  type ModuleReply,
  type ModuleVersion,
  type ReportReply,
  type SessionReply,
  type UploadReply,
} from "./routes.ts";
