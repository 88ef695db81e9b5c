/**
 * What every host shares, without Babylon and without React: tags, the service over HTTP, rooms.
 *
 * ```ts
 * const client = new ServiceClient({ url: location.origin });
 * await client.signIn({ role: "editor" });
 * const studio = await joinStudio(client);               // studio.state.jobs, studio.state.modules …
 * const scene = await joinScene(client, "square");       // scene.state.slots, scene.state.players …
 * const { jobId } = await studio.request("train.start", { datasetId, name: "smith" });
 * const revision = useSyncExternalStore(studio.onChange, () => studio.revision); // React: state changes in place
 * await client.uploadImages(datasetId, files, { onProgress: ({ filesDone, filesTotal }) => … });
 * <img src={client.assetUrl(sample.sha256)} />
 * showError(failureText(error, "zh"));                   // any failure, also JSON from `JobState.error`
 * const tag = readTag(node); writeTag(node, { ...tag, modules: [{ module: moduleId, weight: 0.8 }] });
 * ```
 *
 * readTag(node): LoraTag | undefined          throws ServiceError REQUEST_INVALID for a bad one
 * writeTag(node, tag | null): LoraTag | undefined   validates whole, replaces node.metadata; a bad tag changes nothing
 * parseTag(value, nodeId): LoraTag            hasTag(node): boolean
 * findTags(nodes): { tags: Map<id, LoraTag>, faults: ServiceError[] }
 * displayNameOf(node): string                 speakerNameOf(node): string | undefined   exportedExtras(metadata): for the glTF exporter's metadataSelector
 * ServiceClient: signIn close token url base datasets createDataset dataset removeDataset uploadImages setCaptions
 *   removeImage report lines sendLines importCard exportCard modules module moduleFile asset assetUrl
 * RoomConnection: state sessionId status error revision onChange onEvents request leave
 * new Talks(scene): what NPCs and people say to each other, as it grows: of(nodeId): Exchange[] onChange revision dispose
 */
export {
  displayNameOf,
  exportedExtras,
  hasTag,
  metadataValue,
  putTag,
  speakerNameOf,
  type TagCarrier,
} from "./metadata.ts";
export { findTags, parseTag, readTag, writeTag } from "./tags.ts";
export { failureText, toServiceError } from "./failure.ts";
export { ServiceClient, type ClientOptions, type SignIn } from "./service-client.ts";
export type { UploadFile, UploadOptions, UploadProgress } from "./upload.ts";
export { Talks, type Exchange, type TalkSource } from "./talks.ts";
export {
  joinScene,
  joinStudio,
  type ConnectionStatus,
  type EventListeners,
  type RoomConnection,
  type SceneConnection,
  type StudioConnection,
} from "./room-connection.ts";
