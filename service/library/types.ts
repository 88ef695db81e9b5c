/** What goes into and comes out of the library, beside the replies of service/protocol/routes.ts. */
import type { LoraTag, ModuleKind, SurfaceMaps } from "../protocol/index.ts";

/** A data set in short, as the studio room shows it. */
export interface DatasetSummary {
  readonly id: string;
  readonly name: string;
  readonly nodeId: string;
  readonly owner: string;
  readonly kind: ModuleKind;
  /** Number of pictures. */
  readonly images: number;
  /** Number of dialogues, of a voice's. */
  readonly lines: number;
  readonly revision: number;
  readonly createdAt: number;
}

export interface NewDataset {
  readonly name: string;
  readonly nodeId: string;
  readonly owner: string;
  readonly kind?: ModuleKind;
}

export interface NewImage {
  /** As it was called on the person's disk; only shown, never used as a path. */
  readonly name: string;
  readonly data: AsyncIterable<Uint8Array>;
  readonly caption?: string | undefined;
}

export interface NewModuleVersion {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly kind?: ModuleKind;
  readonly triggerWord: string;
  /** Path of the .safetensors file; it is copied. */
  readonly file: string;
  readonly baseHash: string;
  readonly baseModel: string;
  readonly rank: number;
  /** Asset hash of a picture; "" if none. */
  readonly preview: string;
  /** Training configuration and hashes of the pictures it was trained on. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface PublishedModule {
  readonly moduleId: string;
  readonly version: number;
  readonly sha256: string;
}

export interface ModuleFile {
  readonly path: string;
  readonly sha256: string;
  readonly version: number;
  readonly baseHash: string;
  readonly name: string;
  readonly kind: ModuleKind;
  readonly triggerWord: string;
}

/** What a slot shows: a picture, "" for the scene's own, and the maps that belong to it. */
export interface ShownPicture {
  readonly sha256: string;
  readonly maps?: SurfaceMaps | undefined;
}
export interface ShownVersion extends ShownPicture {
  readonly version: number;
}
export interface SlotRecord extends ShownVersion {
  readonly slot: string;
}

/** What a scene room begins with. */
export interface SceneRecord {
  readonly slots: readonly SlotRecord[];
  /** Node id → its tag, `null` if an editor removed it. */
  readonly tags: ReadonlyMap<string, LoraTag | null>;
}

/** A finished exchange with a node, as it is remembered. */
export interface SpokenLine {
  readonly replyId: string;
  /** Id of who spoke: only that one's own lines are in the prompts of what it is told. */
  readonly person: string;
  /** Its name, and what was said. */
  readonly from: string;
  readonly said: string;
  /** Name of the node, and what it answered. */
  readonly name: string;
  readonly text: string;
  readonly at: number;
}

export interface AuditEntry {
  readonly at: number;
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
