import { PointerEventTypes } from "@babylonjs/core/Events/pointerEvents.js";
import { SelectionOutlineLayer } from "@babylonjs/core/Layers/selectionOutlineLayer.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { LoraTag, SlotKind } from "../../../service/protocol/index.ts";
import {
  displayNameOf,
  hasTag,
  readTag,
  writeTag,
  type ServiceClient,
  type StudioConnection,
  type TagCarrier,
} from "../../core/index.ts";
import { saveFile, UndoStack, type Live, type PanelHost, type PanelNode, type UndoEntry } from "../../panel/index.ts";
import { isCharacter, nodesOf, tagNodeOf, type World } from "../../runtime/index.ts";
import { focusOn } from "./focus.ts";
import { parseSceneFile, putTags, tagsIn, WHOLE_SCENE } from "./scene-file.ts";

const outline = Color3.FromHexString("#f2a36e");
const outlinePixels = 2;

/** A value that is listened to. */
class Cell<T> implements Live<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();
  constructor(value: T) {
    this.#value = value;
  }
  readonly get = (): T => this.#value;
  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}

interface StudioHostOptions {
  readonly world: World;
  readonly studio: StudioConnection;
  readonly client: ServiceClient;
  readonly sceneId: string;
  /** Where the scene file lies. */
  readonly sceneUrl: string;
  readonly sceneName: string;
}

/** The stand-alone page as the panel sees it: nodes, selection, tags, undo. */
export class StudioHost implements PanelHost {
  readonly client: ServiceClient;
  readonly studio: StudioConnection;
  readonly scene: World["connection"];
  readonly talks: World["talks"];
  readonly selection = new Cell<PanelNode | undefined>(undefined);
  readonly tagsRevision = new Cell(0);
  readonly undoStack = new UndoStack();
  /** What can be selected, in the order of the list: the scene, characters, surfaces, the rest. */
  readonly nodes: readonly PanelNode[];
  readonly #world: World;
  readonly #options: StudioHostOptions;
  readonly #carriers = new Map<string, TagCarrier>();
  readonly #ends: (() => void)[] = [];
  /** Drawn around the node's silhouette: a line around each mesh would cover flat ones, such as windows, whole. */
  readonly #outline: SelectionOutlineLayer;
  #seenTags = "";

  constructor(options: StudioHostOptions) {
    this.#options = options;
    this.#world = options.world;
    this.client = options.client;
    this.studio = options.studio;
    this.scene = options.world.connection;
    this.talks = options.world.talks;
    this.nodes = this.#readNodes();
    this.#outline = new SelectionOutlineLayer("selection", options.world.scene);
    this.#outline.outlineColor = outline;
    this.#outline.outlineThickness = outlinePixels;
    // What stands before the node does not hide where it is; that also saves a depth pass.
    this.#outline.useDepthOcclusion = false;
    const pointer = this.#world.scene.onPointerObservable.add((info) => {
      if (info.type !== PointerEventTypes.POINTERTAP) return;
      const mesh = info.pickInfo?.pickedMesh;
      if (mesh) this.select(this.#listed(tagNodeOf(mesh)));
    });
    this.#ends.push(
      () => pointer.remove(),
      () => this.#outline.dispose(),
      this.scene.onChange(() => this.#followTags()),
    );
    this.#followTags();
  }

  /** @param focus turns the camera to it, as wanted from a list but not from a click on the thing itself */
  select(nodeId: string | undefined, focus = false): void {
    const node = this.nodes.find(({ id }) => id === nodeId);
    this.selection.set(node);
    const meshes = node === undefined ? [] : this.#meshesOf(node.id);
    this.#outline.clearSelection();
    if (meshes.length > 0) this.#outline.addSelection(meshes);
    if (focus) focusOn(this.#world.scene, meshes);
  }

  tagOf(nodeId: string): LoraTag | undefined {
    const carrier = this.#carriers.get(nodeId);
    try {
      return carrier && readTag(carrier);
    } catch {
      return undefined; // said once, at the start: `badTags`
    }
  }

  /** Nodes of the scene file whose tag cannot be read. */
  get badTags(): readonly string[] {
    return this.nodes
      .filter(({ id }) => {
        const carrier = this.#carriers.get(id)!;
        return hasTag(carrier) && this.tagOf(id) === undefined;
      })
      .map(({ name }) => name);
  }

  async setTag(nodeId: string, tag: LoraTag | null): Promise<void> {
    await this.scene.request("tag", { nodeId, tag });
    this.#write(nodeId, tag);
    this.tagsRevision.set(this.tagsRevision.get() + 1);
  }

  registerUndo(entry: UndoEntry): void {
    this.undoStack.register(entry);
  }

  /** The scene file as it came, with the tags as they are now. */
  async saveScene(): Promise<void> {
    const { sceneUrl, sceneId } = this.#options;
    const reply = await fetch(sceneUrl);
    const file = reply.ok ? parseSceneFile(await reply.text()) : undefined;
    if (file === undefined) throw new Error(`${sceneUrl}: HTTP ${reply.status}`);
    putTags(file, (nodeId) => (this.#carriers.has(nodeId) ? this.tagOf(nodeId) : undefined));
    saveFile(new Blob([JSON.stringify(file)], { type: "application/json" }), `${sceneId}.babylon`);
  }

  /**
   * Takes over the tags of a `.babylon` file for the nodes of this scene, as one step that can be undone.
   * @returns the number of nodes; undefined if the file is not a scene
   */
  async openTags(text: string, label: string): Promise<number | undefined> {
    const file = parseSceneFile(text);
    if (file === undefined) return undefined;
    const changes = [...tagsIn(file)].filter(([nodeId]) => this.#carriers.has(nodeId));
    const before = changes.map(([nodeId]) => [nodeId, this.tagOf(nodeId) ?? null] as const);
    const set = async (tags: readonly (readonly [string, LoraTag | null])[]): Promise<void> => {
      for (const [nodeId, tag] of tags) await this.setTag(nodeId, tag);
    };
    await set(changes);
    if (changes.length > 0) this.registerUndo({ label, undo: () => set(before), redo: () => set(changes) });
    return changes.length;
  }

  async dispose(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.#world.dispose();
    await this.studio.leave();
    this.client.close();
  }

  /** The room's tags win over those of the file; the world writes those of nodes, this one that of the scene. */
  #followTags(): void {
    const { tags } = this.scene.state;
    const seen = JSON.stringify([...tags.entries()]);
    if (seen === this.#seenTags) return;
    this.#seenTags = seen;
    for (const [nodeId, json] of tags.entries()) this.#write(nodeId, JSON.parse(json) as LoraTag | null);
    this.tagsRevision.set(this.tagsRevision.get() + 1);
  }

  #write(nodeId: string, tag: LoraTag | null): void {
    const carrier = this.#carriers.get(nodeId);
    if (carrier !== undefined) writeTag(carrier, tag);
  }

  #readNodes(): PanelNode[] {
    const { scene } = this.#world;
    const whole: TagCarrier = {
      id: WHOLE_SCENE,
      get metadata(): unknown {
        return scene.metadata as unknown;
      },
      set metadata(value) {
        scene.metadata = value;
      },
    };
    this.#carriers.set(WHOLE_SCENE, whole);
    const found = nodesOf(scene).filter((node) => isListed(node));
    for (const node of found) this.#carriers.set(node.id, node);
    const nodes = found.map(toPanelNode).toSorted((a, b) => rank(a) - rank(b));
    return [{ id: WHOLE_SCENE, name: this.#options.sceneName, kind: "scene", slots: [] }, ...nodes];
  }

  /** The nearest node upwards that the list has. */
  #listed(node: TransformNode): string | undefined {
    for (let each: TransformNode | undefined = node; each; each = each.parent as TransformNode | undefined) {
      if (this.#carriers.has(each.id)) return each.id;
    }
    return undefined;
  }

  #meshesOf(nodeId: string): AbstractMesh[] {
    const node = nodeId === WHOLE_SCENE ? undefined : this.#world.node(nodeId);
    if (node === undefined) return [];
    const own = "subMeshes" in node ? [node as AbstractMesh] : [];
    return [...own, ...node.getChildMeshes()].filter((mesh) => mesh.getTotalVertices() > 0 && mesh.isVisible);
  }
}

/** Characters, tagged nodes, nodes with a name for people; of the rest what has geometry and is not a part of those. */
function isListed(node: TransformNode): boolean {
  if (standsAlone(node)) return true;
  for (let above = node.parent; above !== null; above = above.parent) {
    if (standsAlone(above as TransformNode)) return false;
  }
  return "subMeshes" in node && (node as AbstractMesh).getTotalVertices() > 0 && (node as AbstractMesh).isPickable;
}

const standsAlone = (node: TransformNode): boolean =>
  isCharacter(node) || hasTag(node) || displayNameOf(node) !== (node.name || node.id);

const order = { scene: 0, character: 1, surface: 2, other: 3 } as const;
const rank = ({ kind }: PanelNode): number => order[kind];

function toPanelNode(node: TransformNode): PanelNode {
  const character = isCharacter(node);
  const slots: readonly SlotKind[] = character ? ["portrait", "albedo"] : ["albedo"];
  const kind = character ? "character" : hasTag(node) ? "surface" : "other";
  return { id: node.id, name: displayNameOf(node), kind, slots };
}
