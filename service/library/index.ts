export { cardOfVoice, voiceOfCard, type CardVersion } from "./character-card.ts";
export { cardInPicture, pictureOfCard } from "./card-picture.ts";
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
  ShownPicture,
  ShownVersion,
  SlotRecord,
  SpokenLine,
} from "./types.ts";
