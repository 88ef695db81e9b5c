/** Tags in the JSON of a `.babylon` file: the rest of the file stays as it is, to the last number. */
import { readTag, writeTag, type TagCarrier } from "../../core/index.ts";
import type { LoraTag } from "../../../service/protocol/index.ts";

/** Under this id the scene room keeps the tag of the scene as a whole. */
export const WHOLE_SCENE = "scene";

type SceneFile = { metadata?: unknown } & Record<string, unknown>;

const nodeLists = ["meshes", "transformNodes", "lights", "cameras"] as const;

/** The file's JSON, or undefined if it is not one of a scene. */
export function parseSceneFile(text: string): SceneFile | undefined {
  try {
    const file: unknown = JSON.parse(text);
    return typeof file === "object" && file !== null && Array.isArray((file as SceneFile)["meshes"])
      ? (file as SceneFile)
      : undefined;
  } catch {
    return undefined; // any other text; the caller says so
  }
}

/** Every node that can carry a tag, and the scene itself under `WHOLE_SCENE`. Instances stand inside their meshes. */
function* carriersOf(file: SceneFile): Generator<TagCarrier> {
  const whole: TagCarrier = {
    id: WHOLE_SCENE,
    get metadata() {
      return file.metadata;
    },
    set metadata(value) {
      file.metadata = value;
    },
  };
  yield whole;
  for (const list of nodeLists) {
    for (const node of (file[list] ?? []) as (TagCarrier & { instances?: TagCarrier[] })[]) {
      yield node;
      yield* node.instances ?? [];
    }
  }
}

/** Puts the tags into the file, and takes away those of nodes that have none any more. */
export function putTags(file: SceneFile, tagOf: (nodeId: string) => LoraTag | undefined): void {
  for (const carrier of carriersOf(file)) {
    const tag = tagOf(carrier.id);
    if (tag !== undefined || hasTag(carrier)) writeTag(carrier, tag ?? null);
  }
}

function hasTag(carrier: TagCarrier): boolean {
  try {
    return readTag(carrier) !== undefined;
  } catch {
    return true; // one that cannot be read is one to be replaced
  }
}

/** Node id → tag, for nodes whose tag can be read. */
export function tagsIn(file: SceneFile): Map<string, LoraTag> {
  const tags = new Map<string, LoraTag>();
  for (const carrier of carriersOf(file)) {
    try {
      const tag = readTag(carrier);
      if (tag !== undefined) tags.set(carrier.id, tag);
    } catch {
      // One bad tag must not keep the others from being read; its node keeps the tag it has.
    }
  }
  return tags;
}
