import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import {
  parseSlotKey,
  ServiceError,
  slotKey,
  type Language,
  type LoraTag,
  type SlotKind,
  type SlotState,
} from "../../service/protocol/index.ts";
import {
  displayNameOf,
  failureText,
  hasTag,
  joinScene,
  putTag,
  ServiceClient,
  speakerNameOf,
  Talks,
  toServiceError,
  type ConnectionStatus,
  type SceneConnection,
} from "../core/index.ts";
import { Avatars } from "./avatars.ts";
import { Encounter } from "./encounter.ts";
import { Overlay, type Label } from "./overlay.ts";
import { isCharacter, nodesOf } from "./scene-nodes.ts";
import { SlotPainter } from "./slot-painter.ts";
import { Speech } from "./speech.ts";
import { TextureCache, textureLoader, type LoadTexture } from "./texture-cache.ts";
import { whenReady } from "./when-ready.ts";

export interface WorldOptions {
  readonly scene: Scene;
  /** Where the service listens; the page's own address if absent. */
  readonly url?: string;
  readonly sceneId: string;
  /** A player's or editor's token; without one, the service is asked for a player's. */
  readonly token?: string;
  readonly name?: string;
  /** Takes the place of `url` and `token` where the host already talks to the service. */
  readonly client?: ServiceClient;
  /** Element over which name tags hang; the canvas's parent if absent. */
  readonly overlay?: HTMLElement;
  readonly language?: Language;
  /**
   * Lets a player who walks up to a character that has a voice talk to it: Enter opens the line, Escape closes it. Where
   * one is it knows from `move`.
   */
  readonly talk?: boolean;
  /** Told of every failure that nobody waits for; they are logged if absent. */
  readonly onError?: (error: ServiceError) => void;
  /** How to load a texture; only tests without a GPU need another way. */
  readonly loadTexture?: LoadTexture;
}

/** Where a player stands. `heading` in radians around the vertical axis. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly heading: number;
}

const moveMsMin = 50;
const labelGap = 0.16;

/** A Babylon scene that shows what its room holds. Made by `connectWorld`. */
export class World {
  readonly scene: Scene;
  readonly connection: SceneConnection;
  readonly client: ServiceClient;
  /** What is said to and by the characters. */
  readonly talks: Talks;
  readonly #options: WorldOptions;
  readonly #nodes = new Map<string, TransformNode>();
  readonly #painter: SlotPainter;
  readonly #overlay: Overlay | undefined;
  readonly #avatars: Avatars | undefined;
  readonly #encounter: Encounter | undefined;
  readonly #labels = new Map<string, Label>();
  readonly #slotVersions = new Map<string, string>();
  readonly #tags = new Map<string, string>();
  readonly #ends: (() => void)[] = [];
  /** Until then nothing hangs over heads, which are not to be seen yet, and nobody is invited to talk. */
  #isShown = false;
  /** What was said before one came is history: it hangs over nobody's head. */
  #chatAt = 0;
  readonly #chatSeen = new WeakSet<object>();
  #moved = { at: 0, pose: "", next: undefined as Pose | undefined };

  constructor(options: WorldOptions, client: ServiceClient, connection: SceneConnection) {
    this.#options = options;
    this.scene = options.scene;
    this.client = client;
    this.connection = connection;
    this.talks = new Talks(connection);
    for (const line of connection.state.chat) {
      this.#chatAt = line.at;
      this.#chatSeen.add(line);
    }
    const cache = new TextureCache(options.loadTexture ?? textureLoader(this.scene), (hash) => client.assetUrl(hash));
    this.#painter = new SlotPainter(cache, (nodeId, error) => this.#fail(error, nodeId));
    const parent = options.overlay ?? this.scene.getEngine().getRenderingCanvas()?.parentElement;
    if (parent) {
      this.#overlay = new Overlay(this.scene, parent);
      this.#avatars = new Avatars(this.scene, this.#overlay);
      if (options.talk === true) this.#encounter = this.#meet(this.#overlay.root);
    }
    const speech = new Speech(
      this.talks,
      (id) => this.#labelAt(id),
      ({ from, said }) => this.#saidBy(from, said),
    );
    for (const node of nodesOf(this.scene)) this.#adopt(node);
    const frame = this.scene.onBeforeRenderObservable.add(() => this.#frame());
    const late = this.scene.onAfterRenderObservable.add(() => {
      if (this.#isShown) this.#overlay?.frame();
    });
    const disposed = this.scene.onDisposeObservable.addOnce(() => void this.dispose());
    this.#ends.push(
      connection.onChange(() => this.#sync()),
      this.talks.onChange((nodeId) => {
        speech.heard(nodeId);
        this.#encounter?.heard(nodeId);
      }),
      () => frame.remove(),
      () => late.remove(),
      () => disposed?.remove(),
      whenReady(this.scene, () => (this.#isShown = true)),
    );
    // Who comes while somebody speaks hears the rest.
    for (const nodeId of this.#nodes.keys()) speech.heard(nodeId);
    this.#sync();
  }

  get status(): ConnectionStatus {
    return this.connection.status;
  }
  /** Whether every slot shows what the room says. */
  get settled(): boolean {
    return this.#painter.settled;
  }
  /** A tagged or labelled node of the scene by id. */
  node(id: string): TransformNode | undefined {
    return this.#nodes.get(id) ?? this.scene.getTransformNodeById(id) ?? this.scene.getMeshById(id) ?? undefined;
  }

  /** Tells the room where one stands; call it every frame if you like, it is sent at most 20 times a second. */
  move(pose: Pose): void {
    this.#moved.next = pose;
  }
  /**
   * Says something to everyone or, with a node's id before it, to a character: its answer grows in a bubble over its head
   * for all who are near. Resolves when it was heard. @throws ServiceError
   */
  say(text: string): Promise<void>;
  say(nodeId: string, text: string): Promise<void>;
  async say(...words: [text: string] | [nodeId: string, text: string]): Promise<void> {
    if (words.length === 1) await this.connection.request("chat", { text: words[0] });
    else await this.connection.request("say", { nodeId: words[0], text: words[1] });
  }
  /** Asks for a picture for a node's slot; resolves when everyone sees it. @throws ServiceError */
  request(nodeId: string, kind: SlotKind, prompt = "", seed = 1): Promise<{ sha256: string; version: number }> {
    return this.connection.request("request", { slot: slotKey(nodeId, kind), prompt, seed });
  }

  /** Leaves the room and gives the scene back as it was. */
  async dispose(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    this.talks.dispose();
    this.#encounter?.dispose();
    this.#avatars?.dispose();
    this.#overlay?.dispose();
    this.#labels.clear();
    this.#painter.dispose();
    await this.connection.leave();
    if (this.#options.client === undefined) this.client.close();
  }

  /** Makes a node ready at load: its materials take textures, a character gets its name tag. */
  #adopt(node: TransformNode): void {
    if (!hasTag(node)) return;
    this.#nodes.set(node.id, node);
    this.#painter.prepare(node);
    if (!isCharacter(node)) return;
    const label = this.#labelOf(node);
    if (label !== undefined) label.name = speakerNameOf(node) ?? displayNameOf(node);
  }

  #labelAt(nodeId: string): Label | undefined {
    const node = this.node(nodeId);
    return node && this.#labelOf(node);
  }

  #labelOf(node: TransformNode): Label | undefined {
    const known = this.#labels.get(node.id);
    if (known !== undefined || this.#overlay === undefined) return known;
    const height = node.getHierarchyBoundingVectors(true).max.y - node.getAbsolutePosition().y + labelGap;
    const above = new Vector3(0, height, 0);
    const label = this.#overlay.label((result) =>
      node.isDisposed() || !node.isEnabled() ? null : result.copyFrom(node.getAbsolutePosition()).addInPlace(above),
    );
    label.name = speakerNameOf(node) ?? displayNameOf(node);
    label.element.dataset["node"] = node.id;
    this.#labels.set(node.id, label);
    return label;
  }

  #frame(): void {
    this.#painter.frame();
    this.#avatars?.frame(this.scene.getEngine().getDeltaTime() / 1000);
    this.#sendMove();
    const { next } = this.#moved;
    if (next !== undefined && this.#isShown) this.#encounter?.look(this.#nodes.values(), next);
  }

  #meet(root: HTMLElement): Encounter {
    const { talks } = this;
    const language = this.#options.language ?? "en";
    const told = (failure: unknown): string => failureText(toServiceError(failure, this.client.url), language);
    return new Encounter({ talks, root, language, failureText: told, say: (id, text) => this.say(id, text) });
  }

  #sendMove(): void {
    const { next, at, pose } = this.#moved;
    if (next === undefined || this.status !== "online" || performance.now() - at < moveMsMin) return;
    const text = [next.x, next.y, next.z, next.heading].map((value) => value.toFixed(3)).join();
    if (text === pose) return;
    this.#moved = { at: performance.now(), pose: text, next };
    // Lost moves do not matter: the next one says where one is. A refused one does.
    this.connection.request("move", next).catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.code === "CONNECTION_LOST")) this.#fail(error);
    });
  }

  #sync(): void {
    const { state, status, error, sessionId } = this.connection;
    if (this.#overlay !== undefined) this.#overlay.notice = this.#noticeFor(status, error);
    if (status !== "online") return;
    for (const slot of state.slots.values()) this.#syncSlot(slot);
    for (const [nodeId, json] of state.tags.entries()) this.#syncTag(nodeId, json);
    this.#avatars?.sync(state.players.entries(), sessionId);
    this.#syncChat();
  }

  #noticeFor(status: ConnectionStatus, error: ServiceError | undefined): string {
    const language = this.#options.language ?? "en";
    if (error !== undefined) return failureText(error, language);
    return status === "reconnecting" ? failureText(new ServiceError("CONNECTION_LOST"), language) : "";
  }

  #syncSlot({ slot, sha256, normal, roughness, occlusion, version, pending }: SlotState): void {
    const seen = `${version} ${sha256} ${normal} ${pending}`;
    if (this.#slotVersions.get(slot) === seen) return;
    const place = parseSlotKey(slot);
    const node = place && this.node(place.nodeId);
    if (!place || !node) return; // another version of the scene has it; a node that comes later is painted then
    this.#slotVersions.set(slot, seen);
    if (place.kind === "albedo") {
      this.#painter.want(node, sha256, normal === "" ? undefined : { normal, roughness, occlusion });
      return;
    }
    const label = this.#labelOf(node);
    if (label === undefined) return;
    label.pending = pending;
    label.showPortrait(this.client.assetUrl(sha256), displayNameOf(node)).catch((error: unknown) => {
      this.#slotVersions.delete(slot); // the next change of the room tries anew
      this.#fail(error, node.id);
    });
  }

  /** An editor's tag takes the place of the one in the scene file. The service has checked it. */
  #syncTag(nodeId: string, json: string): void {
    if (this.#tags.get(nodeId) === json) return;
    const node = this.node(nodeId);
    if (node === undefined) return;
    this.#tags.set(nodeId, json);
    putTag(node, (JSON.parse(json) as LoraTag | null) ?? undefined);
    this.#adopt(node);
  }

  #syncChat(): void {
    const { chat } = this.connection.state;
    const said = new Map<string, string>();
    for (const line of chat) {
      if (line.at < this.#chatAt || this.#chatSeen.has(line)) continue;
      this.#chatSeen.add(line);
      this.#chatAt = line.at;
      said.set(line.from, line.text);
    }
    for (const [name, text] of said) this.#saidBy(name, text);
  }

  /** Lines carry names, not places. */
  #saidBy(name: string, text: string): void {
    for (const [key, player] of this.connection.state.players.entries()) {
      if (player.name === name) this.#avatars?.say(key, text);
    }
  }

  #fail(failure: unknown, nodeId?: string): void {
    const error = toServiceError(failure, this.client.url);
    if (this.#options.onError) this.#options.onError(error);
    // oxlint-disable-next-line no-console -- a game without onError still has its browser's log
    else console.warn(nodeId === undefined ? error.message : `${nodeId}: ${error.message}`);
  }
}

/**
 * Joins the room of a scene and keeps the scene at what the room holds: textures and portraits of slots, tags, players,
 * chat. Call it when the scene is loaded and before it is first drawn. @throws ServiceError
 */
export async function connectWorld(options: WorldOptions): Promise<World> {
  const { sceneId, name } = options;
  const url = options.url ?? location.origin;
  const client = options.client ?? new ServiceClient({ url, ...(options.token && { token: options.token }) });
  if (client.token === undefined) await client.signIn({ role: "player", sceneId, ...(name !== undefined && { name }) });
  const connection = await joinScene(client, sceneId, name);
  return new World(options, client, connection);
}
