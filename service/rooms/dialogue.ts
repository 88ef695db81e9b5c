/** People and nodes of one scene in conversation. */
import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { toErrorBody } from "../jobs/index.ts";
import type { SpokenLine } from "../library/index.ts";
import {
  limits,
  ServiceError,
  TalkLine,
  TalkState,
  type LoraTag,
  type MemoryFact,
  type ReplyEnd,
  type SceneState,
} from "../protocol/index.ts";
import { Turns } from "../store/index.ts";
import type { RoomClient } from "./answers.ts";
import { HeardReply } from "./heard-reply.ts";
import { distance, type Place } from "./node-places.ts";
import { systemParts } from "./persona.ts";
import type { SceneNodes } from "./scene-nodes.ts";
import type { RoomServices } from "./services.ts";
import { spokenText } from "./spoken-text.ts";

/** Conversations that are kept in mind; of more, those that rest longest are forgotten. */
const CONVERSATIONS_MAX = 1000;

export interface DialogueOptions {
  readonly services: RoomServices;
  readonly state: SceneState;
  /** What was last said, by node. */
  readonly talks: ReadonlyMap<string, readonly SpokenLine[]>;
  /** Undefined where the scene's file is not known: then everybody is near. */
  readonly nodes: SceneNodes | undefined;
  readonly clients: () => Iterable<RoomClient>;
  readonly tagOf: (nodeId: string) => LoraTag | undefined;
}

type Exchange = Pick<SpokenLine, "said" | "text">;

export class Dialogue {
  readonly #options: DialogueOptions;
  /** By node and person: what one says is in nobody else's prompt. */
  readonly #conversations = new LRUCache<string, readonly Exchange[]>({ max: CONVERSATIONS_MAX });
  readonly #facts = new Map<string, Promise<MemoryFact[]>>();
  /** What is shown and kept, by node. */
  readonly #talks: Map<string, readonly SpokenLine[]>;
  /** Keeping and forgetting follow each other. */
  readonly #turns = new Turns();
  readonly #closing = new AbortController();
  #release: (() => void) | undefined;

  constructor(options: DialogueOptions) {
    this.#options = options;
    const { nodes, state } = options;
    this.#talks = new Map(options.talks);
    for (const [nodeId, lines] of this.#talks) {
      for (const line of lines) this.#recall(conversation(nodeId, line.person), line);
      state.talks.set(nodeId, Object.assign(new TalkState(), { nodeId }));
      for (const line of lines) state.talks.get(nodeId)!.lines.push(shown(line));
    }
    if ([...(nodes?.keys() ?? []), ...state.tags.keys()].some((nodeId) => options.tagOf(nodeId)?.voice)) this.warm();
  }

  /** Somebody may speak here soon: the base is kept open. */
  warm(): void {
    this.#release ??= this.#options.services.voices.hold();
  }

  /** Replies on their way end. Resolves when what was said before is kept. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#release?.();
    await this.#turns.settled();
  }

  /**
   * Resolves when the reply waits for its turn.
   * Errors: VOICE_BASE_MISSING, VOICE_MISSING, REQUEST_INVALID, SAY_TOO_LONG, TOO_FAR, TOKENS_SPENT, VOICE_BUSY,
   * RATE_LIMITED, NOT_FOUND, WRONG_KIND, MODULE_WRONG_BASE.
   */
  async say(client: RoomClient, nodeId: string, text: string): Promise<{ replyId: string }> {
    const { voices } = this.#options.services;
    voices.demandBase();
    const voice = this.#options.tagOf(nodeId)?.voice;
    if (!voice) throw new ServiceError("VOICE_MISSING", { node: nodeId });
    const said = checkedText(text);
    this.#refuseFar(client, nodeId);
    const { auth } = client;
    const asking = { person: auth.id, isCounted: auth.role === "player" };
    await voices.admit(asking);
    const [stack, facts] = await Promise.all([voices.fix(voice.modules), this.facts(nodeId)]);
    const name = voice.name || this.#options.nodes?.get(nodeId)?.name || nodeId;
    const key = conversation(nodeId, auth.id);
    const { reply } = voices.say({
      ...asking,
      node: `${this.#sceneId}/${nodeId}`,
      stack,
      signal: this.#closing.signal,
      line: () => ({ ...systemParts(voice, name, facts), history: this.#history(key), text: said }),
      onText: (piece) => heard.add(piece),
    });
    const head = { replyId: randomUUID(), nodeId, from: this.#nameOf(client), said, name };
    const heard = new HeardReply(head, () => this.#hearers(nodeId));
    void this.#finish(heard, auth.id, reply);
    return { replyId: head.replyId };
  }

  /** The scene has this one room, so what it read stays true until it changes it. */
  facts(nodeId: string): Promise<MemoryFact[]> {
    const facts = this.#facts.get(nodeId) ?? this.#options.services.library.facts(this.#sceneId, nodeId);
    this.#facts.set(nodeId, facts);
    facts.catch(() => this.#facts.delete(nodeId));
    return facts;
  }

  /** Errors: MEMORY_FULL, REQUEST_INVALID. */
  async remember(nodeId: string, text: string, by: string): Promise<MemoryFact[]> {
    const fact = spokenText(text);
    if (fact === "") throw empty("memory.add.text");
    await this.#options.services.library.addFact(this.#sceneId, nodeId, fact, by);
    this.#facts.delete(nodeId);
    return this.facts(nodeId);
  }

  /** One fact; or all, and what was said. Errors: NOT_FOUND. */
  async forget(nodeId: string, factId: string | undefined, by: string): Promise<MemoryFact[]> {
    const { library } = this.#options.services;
    if (factId === undefined) this.#forgetTalk(nodeId);
    await this.#turns.take(() => library.forgetFacts(this.#sceneId, nodeId, factId, by));
    this.#facts.delete(nodeId);
    return this.facts(nodeId);
  }

  get #sceneId(): string {
    return this.#options.state.sceneId;
  }

  async #finish(
    heard: HeardReply,
    person: string,
    reply: ReturnType<RoomServices["voices"]["say"]>["reply"],
  ): Promise<void> {
    let result: Pick<ReplyEnd, "reason" | "error">;
    try {
      const { reason } = await reply;
      if (reason === "cancelled") return;
      this.#keep(heard, person);
      result = { reason };
    } catch (error) {
      result = { reason: "error", error: toErrorBody(error, this.#options.services.log) };
    }
    heard.end(result, this.#options.clients());
  }

  #keep({ head, text }: HeardReply, person: string): void {
    const { nodeId, replyId, from, said, name } = head;
    const line: SpokenLine = { replyId, person, from, said, name, text, at: Date.now() };
    this.#recall(conversation(nodeId, person), line);
    const lines = [...(this.#talks.get(nodeId) ?? []), line].slice(-limits.talkLinesKept);
    this.#talks.set(nodeId, lines);
    const { talks } = this.#options.state;
    const talk = talks.get(nodeId) ?? Object.assign(new TalkState(), { nodeId });
    if (talk.lines.length >= limits.talkLinesKept) talk.lines.shift();
    talk.lines.push(shown(line));
    if (!talks.has(nodeId)) talks.set(nodeId, talk);
    const { library, log } = this.#options.services;
    // Nobody waits for it: what a crash takes is the last words of a chat.
    this.#turns
      .take(() => library.keepTalk(this.#sceneId, nodeId, lines))
      .catch((error: unknown) => log.error({ err: error, node: nodeId }, "what was said is not kept"));
  }

  #recall(key: string, { said, text }: Exchange): void {
    const exchanges = [...(this.#conversations.get(key) ?? []), { said, text }];
    this.#conversations.set(key, exchanges.slice(-limits.exchangesRememberedMax));
  }

  #forgetTalk(nodeId: string): void {
    this.#talks.delete(nodeId);
    this.#options.state.talks.delete(nodeId);
    for (const key of this.#conversations.keys())
      if (key.startsWith(conversation(nodeId, ""))) this.#conversations.delete(key);
  }

  /** A silent answer would be an empty turn, which some templates refuse. */
  #history(key: string) {
    const exchanges = (this.#conversations.get(key) ?? []).filter(({ text }) => text.trim() !== "");
    return exchanges.flatMap(({ said, text }) => [
      { role: "user" as const, content: said },
      { role: "assistant" as const, content: text },
    ]);
  }

  #nameOf({ sessionId, auth }: RoomClient): string {
    return this.#options.state.players.get(sessionId)?.name ?? auth.name;
  }

  #refuseFar(client: RoomClient, nodeId: string): void {
    if (client.auth.role === "editor") return;
    const metres = this.#metres(client, nodeId);
    const limit = limits.hearingMetres;
    if (metres <= limit) return;
    throw new ServiceError("TOO_FAR", { node: nodeId, metres: Math.ceil(metres), limit });
  }

  #hearers(nodeId: string): RoomClient[] {
    return [...this.#options.clients()].filter(
      (client) => client.auth.role === "editor" || this.#metres(client, nodeId) <= limits.hearingMetres,
    );
  }

  /** 0 where the node is everywhere. */
  #metres({ sessionId }: RoomClient, nodeId: string): number {
    const place = this.#options.nodes?.get(nodeId)?.place;
    const player = this.#options.state.players.get(sessionId);
    if (!place) return 0;
    if (!player) return Infinity;
    const at: Place = [player.x, player.y, player.z];
    return distance(at, place);
  }
}

const conversation = (nodeId: string, person: string): string => `${nodeId}\n${person}`;

const shown = ({ replyId, from, said, name, text, at }: SpokenLine): TalkLine =>
  Object.assign(new TalkLine(), { replyId, from, said, name, text, at });

const empty = (where: string): ServiceError =>
  new ServiceError("REQUEST_INVALID", { where, problem: "expected a text, got nothing that can be read" });

/** Errors: REQUEST_INVALID, SAY_TOO_LONG. */
function checkedText(text: string): string {
  const said = spokenText(text);
  if (said === "") throw empty("say.text");
  const [chars, limit] = [said.length, limits.sayCharsMax];
  if (chars > limit) throw new ServiceError("SAY_TOO_LONG", { chars, limit });
  return said;
}
