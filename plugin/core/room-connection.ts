import { Client, CloseCode, type Room } from "@colyseus/sdk";
import {
  roomNames,
  ServiceError,
  type SceneEvents,
  type SceneMessage,
  type sceneMessages,
  type SceneReplies,
  type SceneState,
  type StudioMessage,
  type studioMessages,
  type StudioReplies,
  type StudioState,
} from "../../service/protocol/index.ts";
import { toServiceError } from "./failure.ts";
import type { ServiceClient } from "./service-client.ts";

/** `online`; `reconnecting` by itself, for as long as it takes; `closed` by `leave` or for a reason in `error`. */
export type ConnectionStatus = "online" | "reconnecting" | "closed";

export interface RoomMessages {
  readonly [type: string]: { readonly payload: unknown; readonly reply: unknown };
}

/** Until a drawing comes, a queue may have to empty; anything else is answered at once or not at all. */
const answerMsMax = 20_000;
const drawingMsMax = 15 * 60_000;
/** Answered when the drawing process is done, which may have others to draw for first. */
const waitsForDrawing: ReadonlySet<string> = new Set(["request", "upscale", "maps"]);
const rejoinDelayMsMin = 500;
const rejoinDelayMsMax = 10_000;

/** A host that never listens must not gather them for ever. */
const earlyMax = 200;

/** What a room sends unasked: type → who hears it. */
export type EventListeners<Events extends object> = { readonly [T in keyof Events]?: (event: Events[T]) => void };

function hear<Events extends object>(listeners: EventListeners<Events>, type: string, event: unknown): void {
  const listener = listeners[type as keyof Events];
  listener?.(event as Events[keyof Events]);
}

/** Joining again cannot help against these: a person has to act. */
const final = new Set<string>(["TOKEN_MISSING", "TOKEN_INVALID", "NOT_ALLOWED", "NOT_FOUND", "REQUEST_INVALID"]);

/**
 * A place in a room that outlives drops: within 30 s the same place is taken again, after that, or when the service was
 * restarted, the room is joined anew. `state` is always that of the room one is in now.
 */
export class RoomConnection<State, Messages extends RoomMessages, Events extends object = object> {
  readonly #client: ServiceClient;
  readonly #join: (sdk: Client) => Promise<Room<unknown, State>>;
  readonly #listeners = new Set<() => void>();
  readonly #heard = new Set<EventListeners<Events>>();
  /** What came while nobody listened: a room may greet who enters with what is being said. */
  readonly #early: [type: string, event: unknown][] = [];
  #room!: Room<unknown, State>;
  #status: ConnectionStatus = "online";
  #error: ServiceError | undefined;
  #revision = 0;
  #left = false;

  private constructor(client: ServiceClient, join: (sdk: Client) => Promise<Room<unknown, State>>) {
    this.#client = client;
    this.#join = join;
  }

  /** Resolves when the room's state is here. @throws ServiceError */
  static async open<S, M extends RoomMessages, E extends object = object>(
    client: ServiceClient,
    join: (sdk: Client) => Promise<Room<unknown, S>>,
  ): Promise<RoomConnection<S, M, E>> {
    const connection = new RoomConnection<S, M, E>(client, join);
    await connection.#enter();
    return connection;
  }

  /** Synchronised state; changes in place. Read it, never write it. */
  get state(): State {
    return this.#room.state;
  }
  /** One's own key in `state.players`. It changes when the room had to be joined anew. */
  get sessionId(): string {
    return this.#room.sessionId;
  }
  get status(): ConnectionStatus {
    return this.#status;
  }
  /** Why it is closed. */
  get error(): ServiceError | undefined {
    return this.#error;
  }
  /** Grows with every change of state or status: the snapshot for `useSyncExternalStore(connection.onChange, …)`. */
  get revision(): number {
    return this.#revision;
  }

  /** Calls `listener` after every change of state or status. @returns what ends it */
  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /**
   * Calls the listener of its type with each thing that the room sends unasked, whichever room one is in by then. Whoever
   * listens first also hears what came before. @returns what ends it
   */
  readonly onEvents = (listeners: EventListeners<Events>): (() => void) => {
    this.#heard.add(listeners);
    for (const [type, event] of this.#early.splice(0)) hear(listeners, type, event);
    return () => this.#heard.delete(listeners);
  };

  /**
   * Sends a message and waits for its reply.
   * @throws ServiceError as the service sent it; CONNECTION_LOST if the connection is down or drops meanwhile
   */
  async request<T extends keyof Messages & string>(
    type: T,
    payload: Messages[T]["payload"],
  ): Promise<Messages[T]["reply"]> {
    if (this.#status !== "online") throw this.#error ?? new ServiceError("CONNECTION_LOST");
    const timeout = waitsForDrawing.has(type) ? drawingMsMax : answerMsMax;
    try {
      return await this.#room.request<unknown, Messages[T]["reply"]>(type, payload, { timeout });
    } catch (error) {
      const closed = error instanceof Error && /connection (closed|is not open)/.test(error.message);
      throw closed ? new ServiceError("CONNECTION_LOST") : toServiceError(error, this.#client.url);
    }
  }

  /** Gives the place up. */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    const open = this.#status === "online";
    this.#setStatus("closed");
    this.#listeners.clear();
    this.#heard.clear();
    this.#room.reconnection.enabled = false;
    if (open) await this.#room.leave();
  }

  async #enter(): Promise<void> {
    const sdk = new Client(this.#client.url);
    sdk.auth.token = this.#client.token ?? "";
    const room = await this.#join(sdk).catch((error: unknown) => {
      throw toServiceError(error, this.#client.url);
    });
    room.onMessage("*", (type, event: unknown) => this.#hear(String(type), event));
    room.reconnection.minUptime = 0; // a connection that drops at once deserves the same patience
    room.reconnection.maxDelay = 2000; // a place is kept for 30 s only
    await firstState(room).catch((error: unknown) => {
      throw toServiceError(error, this.#client.url);
    });
    this.#room = room;
    room.onStateChange(() => this.#changed());
    room.onDrop(() => this.#setStatus("reconnecting"));
    room.onReconnect(() => void (this.#left ? room.leave() : this.#setStatus("online")));
    room.onLeave((code) => {
      if (!this.#left) void this.#rejoin(code === CloseCode.WITH_ERROR ? rejoinDelayMsMax : rejoinDelayMsMin);
    });
    if (this.#left) await room.leave();
    else this.#setStatus("online");
  }

  async #rejoin(firstDelayMs: number): Promise<void> {
    this.#setStatus("reconnecting");
    for (let delayMs = firstDelayMs; !this.#left; delayMs = Math.min(delayMs * 2, rejoinDelayMsMax)) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (this.#left) return;
      try {
        return await this.#enter();
      } catch (error) {
        if (!(error instanceof ServiceError) || final.has(error.code)) {
          this.#error = toServiceError(error, this.#client.url);
          return this.#setStatus("closed");
        }
      }
    }
  }

  #hear(type: string, event: unknown): void {
    if (this.#heard.size === 0 && this.#early.length < earlyMax) this.#early.push([type, event]);
    for (const listeners of this.#heard) hear(listeners, type, event);
  }

  #setStatus(status: ConnectionStatus): void {
    if (this.#status === status && this.#revision > 0) return;
    this.#status = status;
    this.#changed();
  }

  #changed(): void {
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }
}

function firstState(room: Room): Promise<void> {
  return new Promise((resolve, reject) => {
    room.onStateChange.once(() => resolve());
    room.onLeave.once((code, reason) => reject(new Error(reason ?? `closed with ${code}`)));
  });
}

type StudioTypes = { [T in keyof typeof studioMessages]: { payload: StudioMessage<T>; reply: StudioReplies[T] } };
type SceneTypes = { [T in keyof typeof sceneMessages]: { payload: SceneMessage<T>; reply: SceneReplies[T] } };

export type StudioConnection = RoomConnection<StudioState, StudioTypes>;
export type SceneConnection = RoomConnection<SceneState, SceneTypes, SceneEvents>;

/** Joins the studio room: data sets, jobs and modules, live. For editors. @throws ServiceError */
export function joinStudio(client: ServiceClient): Promise<StudioConnection> {
  return RoomConnection.open(client, (sdk) => sdk.joinOrCreate<StudioState>(roomNames.studio));
}

/** Joins the room of a scene: players, slots, tags, chat. @throws ServiceError */
export function joinScene(client: ServiceClient, sceneId: string, name?: string): Promise<SceneConnection> {
  const options = { sceneId, ...(name !== undefined && { name }) };
  return RoomConnection.open(client, (sdk) => sdk.joinOrCreate<SceneState>(roomNames.scene, options));
}
