export { writeGgufModule } from "./gguf-module.ts";
export { writeDiffusers, writeKohya, writePeft, type WriteModuleOptions } from "./module-file.ts";
export type { ModuleInfo } from "./module-metadata.ts";
export { readModule, type IgnoredKey, type ModuleReport } from "./module-read.ts";
export {
  createModule,
  parameterCount,
  type CreateModuleOptions,
  type LoraLayer,
  type LoraModule,
  type TrainableModule,
} from "./module.ts";
export {
  recordSites,
  siteKey,
  type AdapterPart,
  type LayerSite,
  type ModuleSite,
  type RecordingSource,
} from "./site.ts";
export {
  stackAdapters,
  stackFeeds,
  trainingAdapters,
  trainingFeeds,
  type AdapterFeeds,
  type AdapterInputs,
  type Stack,
  type StackEntry,
} from "./stack.ts";
export { selectTargets, targetGroups, targetSites, type TargetGroup } from "./targets.ts";
