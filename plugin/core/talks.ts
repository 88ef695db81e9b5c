import type {
  ErrorBody,
  ReplyEnd,
  ReplyStart,
  SceneEvents,
  SceneState,
  TalkLine,
} from "../../service/protocol/index.ts";
import type { ConnectionStatus, EventListeners } from "./room-connection.ts";

/** What somebody said to an NPC, and its answer as far as it has come. */
export interface Exchange {
  readonly replyId: string;
  /** Name of who spoke, and what was said. */
  readonly from: string;
  readonly said: string;
  /** Name of the NPC, and its words so far. */
  readonly name: string;
  readonly text: string;
  readonly isOver: boolean;
  /** Why there is no answer, or no more of it. */
  readonly error?: ErrorBody;
}

/** What of a scene connection is needed to follow its talk. */
export interface TalkSource {
  readonly state: Pick<SceneState, "talks">;
  readonly status: ConnectionStatus;
  readonly onChange: (listener: () => void) => () => void;
  readonly onEvents: (listeners: EventListeners<SceneEvents>) => () => void;
}

/**
 * What is said to and by the NPCs of a scene: the finished exchanges of the room's state, and those that one hears grow.
 */
export class Talks {
  readonly #source: TalkSource;
  /** Heard and not yet in the state: node id → exchanges in the order in which they began. */
  readonly #heard = new Map<string, readonly Exchange[]>();
  readonly #listeners = new Set<(nodeId: string) => void>();
  readonly #seen = new Map<string, string>();
  readonly #ends: (() => void)[];
  #revision = 0;

  constructor(source: TalkSource) {
    this.#source = source;
    for (const nodeId of source.state.talks.keys()) this.#seen.set(nodeId, this.#lastOf(nodeId));
    this.#ends = [
      source.onEvents({
        "reply.start": (start) => this.#start(start),
        "reply.text": ({ nodeId, replyId, piece }) =>
          this.#change(nodeId, replyId, (now) => ({ ...now, text: now.text + piece })),
        "reply.end": (end) => this.#end(end),
      }),
      source.onChange(() => this.#sync()),
    ];
  }

  /** Grows with every change: the snapshot for `useSyncExternalStore(talks.onChange, …)`. */
  get revision(): number {
    return this.#revision;
  }

  /** Calls `listener` with the node at which something was said. @returns what ends it */
  readonly onChange = (listener: (nodeId: string) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The exchanges with a node, oldest first; those under way at the end. */
  of(nodeId: string): readonly Exchange[] {
    const finished = [...(this.#source.state.talks.get(nodeId)?.lines ?? [])].map(exchangeOf);
    const known = new Set(finished.map(({ replyId }) => replyId));
    return [...finished, ...this.#heardAt(nodeId).filter(({ replyId }) => !known.has(replyId))];
  }

  dispose(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#listeners.clear();
  }

  /** What failed before is read by then, and no state will ever have it. */
  #start({ nodeId, ...start }: ReplyStart): void {
    const others = this.#heardAt(nodeId).filter(({ replyId, error }) => replyId !== start.replyId && !error);
    this.#put(nodeId, [...others, { ...start, isOver: false }]);
  }

  #end({ nodeId, replyId, text, error }: ReplyEnd): void {
    this.#change(nodeId, replyId, (now) => ({ ...now, text, isOver: true, ...(error && { error }) }));
  }

  #change(nodeId: string, replyId: string, to: (now: Exchange) => Exchange): void {
    const heard = this.#heardAt(nodeId);
    // A piece of something whose beginning one has not heard says nothing.
    if (!heard.some((each) => each.replyId === replyId)) return;
    this.#put(
      nodeId,
      heard.map((each) => (each.replyId === replyId ? to(each) : each)),
    );
  }

  #heardAt(nodeId: string): readonly Exchange[] {
    return this.#heard.get(nodeId) ?? [];
  }

  #put(nodeId: string, exchanges: readonly Exchange[]): void {
    this.#heard.set(nodeId, exchanges);
    this.#tell(nodeId);
  }

  /** What the state has by now need not be kept; what grew when the line dropped will be told anew. */
  #sync(): void {
    const isOnline = this.#source.status === "online";
    for (const [nodeId, heard] of this.#heard) {
      if (heard.length === 0) continue;
      const known = new Set([...(this.#source.state.talks.get(nodeId)?.lines ?? [])].map(({ replyId }) => replyId));
      const kept = heard.filter(({ replyId, isOver }) => !known.has(replyId) && (isOnline || isOver));
      if (kept.length < heard.length) this.#heard.set(nodeId, kept);
      if (!isOnline && kept.length < heard.length) this.#tell(nodeId);
    }
    // Also where all was forgotten, and the state has nothing any more.
    for (const nodeId of new Set([...this.#seen.keys(), ...this.#source.state.talks.keys()])) {
      const last = this.#lastOf(nodeId);
      if (this.#seen.get(nodeId) === last) continue;
      this.#seen.set(nodeId, last);
      this.#tell(nodeId);
    }
  }

  #lastOf(nodeId: string): string {
    return this.#source.state.talks.get(nodeId)?.lines.at(-1)?.replyId ?? "";
  }

  #tell(nodeId: string): void {
    this.#revision++;
    for (const listener of this.#listeners) listener(nodeId);
  }
}

const exchangeOf = ({ replyId, from, said, name, text }: TalkLine): Exchange => ({
  replyId,
  from,
  said,
  name,
  text,
  isOver: true,
});
