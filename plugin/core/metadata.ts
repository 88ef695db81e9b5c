/** Reading what stands in a node's metadata, without checking it: a game needs no more than this. */
import type { LoraTag } from "../../service/protocol/index.ts";

/** What a tag can be put on. Babylon nodes are such; `metadata` is what Babylon types as `any`. */
export interface TagCarrier {
  id: string;
  name?: string;
  metadata?: unknown;
}

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `value[key]` where that is an object. */
export function fieldsIn(value: unknown, key: string): Fields | undefined {
  const inner = isFields(value) ? value[key] : undefined;
  return isFields(inner) ? inner : undefined;
}

/** What came with a node through GLB. */
export const extrasOf = (metadata: unknown): Fields | undefined => fieldsIn(fieldsIn(metadata, "gltf"), "extras");

/** A key of the node's own metadata or, after a way through GLB, of its glTF extras. */
export function metadataValue(node: TagCarrier, key: string): unknown {
  const own = isFields(node.metadata) ? node.metadata[key] : undefined;
  return own ?? extrasOf(node.metadata)?.[key] ?? undefined;
}

/** Whether a node carries something under `metadata.lora`, valid or not. */
export const hasTag = (node: TagCarrier): boolean => metadataValue(node, "lora") !== undefined;

/**
 * Puts a tag that is known to be valid on a node, or takes it away with undefined. `metadata` is replaced, not changed
 * in place: instances share it. Other keys stay. The tag then stands under `metadata.lora` alone.
 */
export function putTag(node: TagCarrier, tag: LoraTag | undefined): void {
  const { lora: _old, ...rest } = isFields(node.metadata) ? node.metadata : {};
  const extras = extrasOf(rest);
  if (extras !== undefined && "lora" in extras) {
    const { lora: _oldExtra, ...kept } = extras;
    rest["gltf"] = { ...fieldsIn(rest, "gltf"), extras: kept };
  }
  node.metadata = tag === undefined ? rest : { ...rest, lora: tag };
}

/** What people call a node: `metadata.displayName`, else its name, else its id. */
export function displayNameOf(node: TagCarrier): string {
  const given = metadataValue(node, "displayName");
  return typeof given === "string" && given !== "" ? given : node.name || node.id;
}

/** What a node is called when it speaks: the name in its tag's voice, else its own; undefined for one that is mute. */
export function speakerNameOf(node: TagCarrier): string | undefined {
  const voice = fieldsIn(metadataValue(node, "lora"), "voice");
  if (voice === undefined) return undefined;
  const { name } = voice;
  return typeof name === "string" && name.trim() !== "" ? name.trim() : displayNameOf(node);
}

/**
 * What a glTF exporter should write as a node's extras so that tags survive:
 * `GLTF2Export.GLBAsync(scene, name, { metadataSelector: exportedExtras })`.
 */
export function exportedExtras(metadata: unknown): unknown {
  if (!isFields(metadata)) return metadata;
  const { gltf: _gltf, ...own } = metadata;
  return { ...extrasOf(metadata), ...own };
}
