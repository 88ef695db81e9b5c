export { Library, type LibraryOptions } from "./library.ts";
export { blockOtherLoaders, cleanPicture, thumbnail, type CleanPicture } from "./pictures.ts";
export type {
  AuditEntry,
  DatasetSummary,
  ModuleFile,
  NewDataset,
  NewImage,
  NewModuleVersion,
  PublishedModule,
  SceneRecord,
  SlotRecord,
  SuggestedSettings,
} from "./types.ts";
