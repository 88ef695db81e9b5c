/** The narrow door between the panel and whatever it runs in: the studio page, the Babylon.js Editor, the Inspector. */
import type { SceneConnection, ServiceClient, StudioConnection, Talks } from "../core/index.ts";
import type { LoraTag, SlotKind } from "../../service/protocol/index.ts";
import type { UndoEntry } from "./undo-stack.ts";

export type PanelNodeKind = "character" | "surface" | "scene" | "other";

/** A node that a person can select. */
export interface PanelNode {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly kind: PanelNodeKind;
  /** What it can show; empty where only its tag matters. */
  readonly slots: readonly SlotKind[];
}

export type PanelClient = Pick<
  ServiceClient,
  | "base"
  | "createDataset"
  | "dataset"
  | "removeDataset"
  | "uploadImages"
  | "setCaptions"
  | "suggestCaptions"
  | "removeImage"
  | "report"
  | "lines"
  | "sendLines"
  | "importCard"
  | "exportCard"
  | "module"
  | "moduleFile"
  | "assetUrl"
>;
export type StudioLink = Pick<StudioConnection, "state" | "status" | "error" | "revision" | "onChange" | "request">;
export type SceneLink = Pick<SceneConnection, "state" | "status" | "error" | "revision" | "onChange" | "request">;

/** Something that changes: the present value, and word of its changes. `onChange` returns what ends it. */
export interface Live<T> {
  readonly get: () => T;
  readonly onChange: (listener: () => void) => () => void;
}

export interface PanelHost {
  readonly client: PanelClient;
  readonly studio: StudioLink;
  readonly scene: SceneLink;
  /** What is said to and by the scene's characters. */
  readonly talks: Pick<Talks, "of" | "revision" | "onChange">;
  readonly selection: Live<PanelNode | undefined>;
  /** Grows with every change of any tag, from here or from elsewhere. */
  readonly tagsRevision: Live<number>;
  /** The tag that stands in the node's metadata. */
  tagOf(nodeId: string): LoraTag | undefined;
  /** Writes `metadata.lora` and tells the scene room; rejects, and leaves the node as it was, where that refuses. */
  setTag(nodeId: string, tag: LoraTag | null): Promise<void>;
  /** Puts a step that was just taken on the host's undo list. */
  registerUndo(entry: UndoEntry): void;
  /** Saves the scene file with its tags; hosts that save by themselves leave it out. */
  saveScene?(): Promise<void>;
}
