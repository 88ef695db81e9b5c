/**
 * Tags on anything that has an id and metadata: Babylon nodes, serialised nodes of a `.babylon` file, glTF nodes.
 * A tag is `metadata.lora`; after a way through GLB it is `metadata.gltf.extras.lora`.
 */
import { loraTag, ServiceError, type LoraTag } from "../../service/protocol/index.ts";
import { metadataValue, putTag, type TagCarrier } from "./metadata.ts";

/**
 * Checks a tag from anywhere and fills in its defaults.
 * @throws ServiceError REQUEST_INVALID naming the field, e.g. `npc-smith: metadata.lora.modules.0.weight`
 */
export function parseTag(value: unknown, nodeId: string): LoraTag {
  const parsed = loraTag.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = [`${nodeId}: metadata.lora`, ...(issue?.path ?? [])].join(".");
  throw new ServiceError("REQUEST_INVALID", { where, problem: issue?.message ?? "not a tag" });
}

/**
 * The tag of a node, or undefined if it has none.
 * @throws ServiceError REQUEST_INVALID if it has one that is not valid
 */
export function readTag(node: TagCarrier): LoraTag | undefined {
  const raw = metadataValue(node, "lora");
  return raw === undefined ? undefined : parseTag(raw, node.id);
}

/**
 * Checks a tag and puts it on a node, or takes it away with null.
 * @returns the tag as it was saved
 * @throws ServiceError REQUEST_INVALID; the node is then as it was
 */
export function writeTag(node: TagCarrier, tag: unknown): LoraTag | undefined {
  const saved = tag === null || tag === undefined ? undefined : parseTag(tag, node.id);
  putTag(node, saved);
  return saved;
}

/** All tags of a scene. A node with a bad tag is left out and told of: one bad node must not hide the others. */
export function findTags(nodes: Iterable<TagCarrier>): { tags: Map<string, LoraTag>; faults: ServiceError[] } {
  const tags = new Map<string, LoraTag>();
  const faults: ServiceError[] = [];
  for (const node of nodes) {
    try {
      const tag = readTag(node);
      if (tag !== undefined) tags.set(node.id, tag);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      faults.push(error);
    }
  }
  return { tags, faults };
}
