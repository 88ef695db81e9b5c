import { Room } from "@colyseus/core";
import type * as z from "zod";
import { demand } from "../access/index.ts";
import {
  ChatLine,
  displayName,
  limits,
  loraTag,
  mapKinds,
  parseSlotKey,
  PlayerState,
  sceneMessages,
  scenePermissions,
  SceneState,
  ServiceError,
  SlotState,
  type LoraTag,
  type SceneJoinOptions,
  type SlotKind,
} from "../protocol/index.ts";
import type { ShownPicture, ShownVersion } from "../library/index.ts";
import { Turns } from "../store/index.ts";
import { answerMessages, type Handlers, type RoomClient } from "./answers.ts";
import { Dialogue } from "./dialogue.ts";
import { keepPlace } from "./places.ts";
import { checkTag } from "./check-tag.ts";
import { sceneNodes, type SceneNodes } from "./scene-nodes.ts";
import { admit, type RoomServices } from "./services.ts";

/** Drawings that one client may wait for at a time. */
const WAITING_MAX = 4;
const WAIT_SECONDS = 5;

type Request = z.output<typeof sceneMessages.request>;

/** A scene that people share: who is there, what its slots show, what its nodes are tagged with. */
export abstract class SceneRoom extends Room<{ state: SceneState; client: RoomClient }> {
  override maxMessagesPerSecond = limits.messagesPerSecondMax;
  protected abstract readonly services: RoomServices;
  /** Scenes that have a room. */
  protected abstract readonly occupied: Set<string>;
  #nodes: SceneNodes | undefined;
  #dialogue!: Dialogue;
  /** Drawings under way, by slot and by client. */
  readonly #drawing = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  /** Changes of slots and tags follow each other, so that the last one durable is the one shown. */
  readonly #turns = new Turns();

  /** Errors: SCENE_FULL where the scene has a room already that takes no more: a second one would show other things. */
  override async onCreate({ sceneId }: SceneJoinOptions): Promise<void> {
    await admit(() => {
      const full = { scene: sceneId, limit: limits.playersPerSceneMax };
      if (this.occupied.has(sceneId)) throw new ServiceError("SCENE_FULL", full);
    });
    this.occupied.add(sceneId);
    try {
      await this.#load(sceneId);
    } catch (error) {
      this.occupied.delete(sceneId);
      throw error;
    }
    const permit = ({ auth }: RoomClient, type: keyof typeof sceneMessages) => {
      const isChange = !scenePermissions[type].includes("player");
      demand(auth, isChange ? "change the scene" : "use the scene", sceneId);
    };
    answerMessages(this, { messages: sceneMessages, handlers: this.#handlers(), permit, log: this.services.log });
  }

  override async onDispose(): Promise<void> {
    // A room that was refused has no state, and the scene is another's.
    const state = this.state as SceneState | undefined;
    if (!state) return;
    this.occupied.delete(state.sceneId);
    await this.#dialogue.close();
  }

  async #load(sceneId: string): Promise<void> {
    const { library, scenes } = this.services;
    this.maxClients = limits.playersPerSceneMax;
    const state = new SceneState();
    state.sceneId = sceneId;
    this.#nodes = scenes === undefined ? undefined : await sceneNodes(scenes, sceneId);
    const [{ slots, tags }, talks] = await Promise.all([library.loadScene(sceneId), library.talks(sceneId)]);
    for (const slot of slots) state.slots.set(slot.slot, slotState(slot.slot, slot));
    for (const [nodeId, tag] of tags) state.tags.set(nodeId, JSON.stringify(tag));
    this.state = state;
    this.#dialogue = new Dialogue({
      services: this.services,
      state,
      talks,
      nodes: this.#nodes,
      clients: () => this.clients,
      tagOf: (nodeId) => this.#tagOf(nodeId),
    });
  }

  /** A seat may have been taken under the name of another scene: what counts is where the client now stands. */
  override async onJoin(client: RoomClient, { name }: SceneJoinOptions): Promise<void> {
    const { auth, sessionId } = client;
    const player = new PlayerState();
    player.name = await admit(() => {
      demand(auth, "join the scene", this.state.sceneId);
      const wanted = displayName.safeParse(name ?? auth.name);
      if (wanted.success) return wanted.data;
      throw new ServiceError("NAME_INVALID", { name: String(name).slice(0, limits.nameCharsMax) });
    });
    player.role = auth.role;
    player.connected = true;
    player.x = player.y = player.z = player.heading = 0;
    this.state.players.set(sessionId, player);
  }

  override onDrop(client: RoomClient, code?: number): void {
    const player = this.state.players.get(client.sessionId);
    if (player && keepPlace(this, client, code)) player.connected = false;
  }

  override onReconnect(client: RoomClient): void {
    const player = this.state.players.get(client.sessionId);
    if (player) player.connected = true;
  }

  override onLeave(client: RoomClient): void {
    this.state.players.delete(client.sessionId);
  }

  #handlers(): Handlers<typeof sceneMessages> {
    const { library } = this.services;
    const { sceneId } = this.state;
    return {
      move: ({ sessionId }, place) => void Object.assign(this.state.players.get(sessionId) ?? {}, place),
      chat: ({ sessionId, auth }, { text }) => this.#say(this.state.players.get(sessionId)?.name ?? auth.name, text),
      tag: ({ auth }, { nodeId, tag }) => this.#tag(nodeId, tag, auth.name),
      apply: ({ auth }, { slot, ...shown }) => this.#apply(slot, shown, auth.name),
      revert: ({ auth }, { slot }) => {
        this.#slotOf(slot);
        return this.#turns.take(async () => {
          const shown = await library.revertSlot(sceneId, slot, auth.name);
          this.#show(slot, shown);
          return { version: shown.version, sha256: shown.sha256 };
        });
      },
      history: async (_client, { slot }) => {
        this.#slotOf(slot);
        return { entries: await library.slotHistory(sceneId, slot) };
      },
      request: (client, message) => this.#request(client, message),
      say: (client, { nodeId, text }) => {
        this.#refuseUnknown(nodeId);
        return this.#dialogue.say(client, nodeId, text);
      },
      "memory.show": async (_client, { nodeId }) => {
        this.#refuseUnknown(nodeId);
        return { facts: await this.#dialogue.facts(nodeId) };
      },
      "memory.add": async ({ auth }, { nodeId, text }) => {
        this.#refuseUnknown(nodeId);
        return { facts: await this.#dialogue.remember(nodeId, text, auth.name) };
      },
      "memory.forget": async ({ auth }, { nodeId, factId }) => {
        this.#refuseUnknown(nodeId);
        return { facts: await this.#dialogue.forget(nodeId, factId, auth.name) };
      },
    };
  }

  #say(from: string, text: string): void {
    const line = new ChatLine();
    line.from = from;
    line.text = text;
    line.at = Date.now();
    const { chat } = this.state;
    if (chat.length >= limits.chatLinesKept) chat.shift();
    chat.push(line);
  }

  #tag(nodeId: string, tag: LoraTag | null, by: string): Promise<{ version: number }> {
    this.#refuseUnknown(nodeId);
    return this.#turns.take(async () => {
      const { library } = this.services;
      if (tag) await checkTag(tag, this.services);
      const kept = tag && (await library.keptTag(tag, by));
      const version = await library.setTag(this.state.sceneId, nodeId, kept, by);
      this.state.tags.set(nodeId, JSON.stringify(kept));
      if (tag?.voice) this.#dialogue.warm();
      return { version };
    });
  }

  async #apply(slot: string, shown: ShownPicture, by: string): Promise<{ version: number }> {
    const { kind } = this.#slotOf(slot);
    if (shown.maps && (kind !== "albedo" || shown.sha256 === "")) {
      throw new ServiceError("REQUEST_INVALID", { where: "apply.maps", problem: "expected maps of a texture only" });
    }
    for (const sha256 of [shown.sha256, ...Object.values(shown.maps ?? {})]) {
      if (sha256 === "" || (await this.services.library.isAsset(sha256))) continue;
      throw new ServiceError("NOT_FOUND", { what: "picture", id: sha256.slice(0, 12) });
    }
    return this.#put(slot, shown, by);
  }

  /** Showing what is shown already is no change. */
  #put(slot: string, wanted: ShownPicture, by: string): Promise<{ version: number }> {
    return this.#turns.take(async () => {
      const shown = this.state.slots.get(slot);
      const fields = shownFields(wanted);
      const isShown = (name: keyof typeof fields) => shown?.[name] === fields[name];
      if (shown && shown.version > 0 && shownNames.every(isShown)) return { version: shown.version };
      const version = await this.services.library.setSlot(this.state.sceneId, slot, wanted, by);
      this.#show(slot, { ...wanted, version });
      return { version };
    });
  }

  /** Draws what the node's tag describes, with what was asked added to it. */
  async #request({ auth, sessionId }: RoomClient, { slot, prompt, seed }: Request) {
    const { nodeId, kind } = this.#slotOf(slot);
    const tag = this.#tagOf(nodeId);
    if (!tag) throw new ServiceError("TAG_MISSING", { node: nodeId });
    if (auth.role === "player" && !tag.playersMay.includes(kind)) {
      throw new ServiceError("PLAYERS_MAY_NOT", { node: nodeId, slot: kind });
    }
    if ((this.#waiting.get(sessionId) ?? 0) >= WAITING_MAX) {
      throw new ServiceError("RATE_LIMITED", { seconds: WAIT_SECONDS });
    }
    this.#count(this.#waiting, sessionId, 1);
    this.#pending(slot, 1);
    try {
      const { modules, negative } = tag;
      const whole = [tag.prompt, prompt].filter((part) => part.trim() !== "").join(", ");
      const wanted = { nodeId, kind, prompt: whole.slice(0, limits.promptCharsMax), negative, modules, seed };
      const sha256 = await this.services.jobs.drawForSlot(wanted, auth);
      return { sha256, ...(await this.#put(slot, { sha256 }, auth.name)) };
    } finally {
      this.#count(this.#waiting, sessionId, -1);
      this.#pending(slot, -1);
    }
  }

  #pending(slot: string, change: 1 | -1): void {
    const left = this.#count(this.#drawing, slot, change);
    const state = this.state.slots.get(slot) ?? slotState(slot, { version: 0, sha256: "" });
    state.pending = left > 0;
    if (!this.state.slots.has(slot)) this.state.slots.set(slot, state);
  }

  #count(counts: Map<string, number>, key: string, change: 1 | -1): number {
    const left = (counts.get(key) ?? 0) + change;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
    return left;
  }

  #show(slot: string, shown: ShownVersion): void {
    const state = this.state.slots.get(slot);
    if (!state) this.state.slots.set(slot, slotState(slot, shown));
    else Object.assign(state, { ...shownFields(shown), version: shown.version });
  }

  /** What an editor said last, else what the scene file says. */
  #tagOf(nodeId: string): LoraTag | undefined {
    const said = this.state.tags.get(nodeId);
    if (said === undefined) return this.#nodes?.get(nodeId)?.tag;
    return loraTag.nullable().parse(JSON.parse(said)) ?? undefined;
  }

  /** Errors: REQUEST_INVALID, NODE_UNKNOWN. */
  #slotOf(slot: string): { nodeId: string; kind: SlotKind } {
    const parsed = parseSlotKey(slot);
    if (!parsed) {
      throw new ServiceError("REQUEST_INVALID", {
        where: "slot",
        problem: "expected <node>/portrait or <node>/albedo",
      });
    }
    this.#refuseUnknown(parsed.nodeId);
    return parsed;
  }

  #refuseUnknown(nodeId: string): void {
    if (this.#nodes && !this.#nodes.has(nodeId)) throw new ServiceError("NODE_UNKNOWN", { node: nodeId });
  }
}

const shownNames = ["sha256", ...mapKinds] as const;

/** The picture and its maps as the state has them. */
function shownFields({ sha256, maps }: ShownPicture): Record<(typeof shownNames)[number], string> {
  return { sha256, normal: "", roughness: "", occlusion: "", ...maps };
}

function slotState(slot: string, shown: ShownVersion): SlotState {
  const state = new SlotState();
  return Object.assign(state, { slot, ...shownFields(shown), version: shown.version, pending: false });
}
