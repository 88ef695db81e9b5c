export { pullModel, type PullOptions } from "./pull-model.ts";
export { hubFrom, type Hub, type HubFile } from "./repository.ts";
