/** A reply on its way to those who hear it. */
import type { ReplyEnd, ReplyStart, SceneEvents } from "../protocol/index.ts";
import type { RoomClient } from "./answers.ts";

/** Pieces within this time go as one, after the first: a crowd gets tens of messages a second, not hundreds. */
const GATHER_MS = 50;

export type ReplyHead = Omit<ReplyStart, "text">;

export class HeardReply {
  readonly head: ReplyHead;
  text = "";
  readonly #hearers: () => Iterable<RoomClient>;
  /** Session → characters it has heard. */
  readonly #heard = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(head: ReplyHead, hearers: () => Iterable<RoomClient>) {
    this.head = head;
    this.#hearers = hearers;
    this.#tell();
  }

  add(piece: string): void {
    const isFirst = this.text === "";
    this.text += piece;
    if (isFirst) this.#tell();
    else this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  /** Also those who went away get the end: they saw it begin. */
  end(result: Pick<ReplyEnd, "reason" | "error">, all: Iterable<RoomClient>): void {
    this.#tell();
    const { replyId, nodeId } = this.head;
    for (const client of all)
      if (this.#heard.has(client.sessionId)) send(client, "reply.end", { replyId, nodeId, text: this.text, ...result });
  }

  /** Each hearer gets what it has not heard yet; who is new, all of it. */
  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { replyId, nodeId } = this.head;
    for (const client of this.#hearers()) {
      const heard = this.#heard.get(client.sessionId);
      if (heard === undefined) send(client, "reply.start", { ...this.head, text: this.text });
      else if (heard < this.text.length) send(client, "reply.text", { replyId, nodeId, piece: this.text.slice(heard) });
      this.#heard.set(client.sessionId, this.text.length);
    }
  }
}

function send<Type extends keyof SceneEvents>(client: RoomClient, type: Type, event: SceneEvents[Type]): void {
  client.send(type, event);
}
