/** Speaking: a bounded queue before one warm process, and what each person may ask of it. */
import { randomInt, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { WeightKind } from "../../lora/index.ts";
import type { Library } from "../library/index.ts";
import { limits, ServiceError, type TagModule } from "../protocol/index.ts";
import type { Store } from "../store/index.ts";
import { SpeakWorker, type Spoken, type Turn, type WorkerModule } from "../workers/index.ts";
import type { StackModule } from "./job.ts";
import { SpeakingQueue, type Ticket } from "./speaking-queue.ts";
import { fixStack } from "./stack.ts";
import { TokenBudget } from "./token-budget.ts";
import type { VoiceBase } from "./voice-base.ts";

export interface VoicesOptions {
  readonly store: Store;
  readonly library: Library;
  /** Undefined: every voice action answers VOICE_BASE_MISSING. */
  readonly base: VoiceBase | undefined;
  /** Where it was looked for; said to whoever misses it. */
  readonly folder: string;
  /** What the base speaks with; it is trained on as it is. */
  readonly weights?: WeightKind | undefined;
  readonly idleMs?: number | undefined;
  readonly tokensPerMinuteMax?: number | undefined;
  readonly replyTokensMax?: number | undefined;
}

/** What is to be said, settled when its turn comes: the answer before it is then part of the history. */
export interface Line {
  readonly system: string;
  /** What it keeps in mind: never cut, as the persona is. */
  readonly memory?: string;
  readonly history: readonly Turn[];
  readonly text: string;
}

export interface VoiceRequest {
  /** Gives one reply at a time. */
  readonly node: string;
  /** Whose tokens it takes; editors are not counted. */
  readonly person: string;
  readonly isCounted: boolean;
  readonly stack: readonly StackModule[];
  readonly line: () => Line;
  readonly seed?: number;
  readonly tokensMax?: number;
  readonly onText?: (piece: string) => void;
  readonly signal?: AbortSignal;
}

interface Waiting extends Ticket {
  start(): void;
}

const STACKS_KEPT = 1000;
const SEEDS = 2 ** 32;
const WAIT_SECONDS = 5;

export class Voices {
  readonly #options: VoicesOptions;
  readonly #worker: SpeakWorker | undefined;
  readonly #queue = new SpeakingQueue<Waiting>();
  readonly #budget: TokenBudget;
  readonly #replyTokensMax: number;
  readonly #stacks = new LRUCache<string, readonly StackModule[]>({ max: STACKS_KEPT });
  /** A stack that was read while a module changed is not remembered. */
  #stacksEpoch = 0;

  constructor(options: VoicesOptions) {
    const { base, weights, idleMs, tokensPerMinuteMax = limits.tokensPerMinuteMax } = options;
    this.#options = options;
    this.#replyTokensMax = options.replyTokensMax ?? limits.replyTokensMax;
    this.#budget = new TokenBudget(tokensPerMinuteMax);
    options.library.on("module", () => {
      this.#stacks.clear();
      this.#stacksEpoch++;
    });
    this.#worker = base && new SpeakWorker({ base: base.path, weights, idleMs });
  }

  get base(): VoiceBase | undefined {
    return this.#options.base;
  }

  /** Process number while it is open. */
  get workerPid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Errors: VOICE_BASE_MISSING. */
  demandBase(): VoiceBase {
    const { base, folder } = this.#options;
    if (!base) throw new ServiceError("VOICE_BASE_MISSING", { folder });
    return base;
  }

  /** Keeps the base open, so that the first word need not wait for it, until the returned function is called. */
  hold(): () => void {
    return this.#worker?.hold() ?? (() => undefined);
  }

  /** Remembered until a module gets a new version. Errors: VOICE_BASE_MISSING, NOT_FOUND, WRONG_KIND, MODULE_WRONG_BASE. */
  async fix(modules: readonly TagModule[]): Promise<readonly StackModule[]> {
    const { hash } = this.demandBase();
    const key = JSON.stringify(modules);
    const known = this.#stacks.get(key);
    if (known) return known;
    const epoch = this.#stacksEpoch;
    const stack = await fixStack(modules, this.#options.library, { kind: "voice", hash });
    if (epoch === this.#stacksEpoch) this.#stacks.set(key, stack);
    return stack;
  }

  /**
   * Whether that person may now ask for a reply.
   * Errors: VOICE_BASE_MISSING, VOICE_BUSY, RATE_LIMITED for too many at a time, TOKENS_SPENT.
   */
  async admit({ person, isCounted }: Pick<VoiceRequest, "person" | "isCounted">): Promise<void> {
    this.demandBase();
    if (isCounted) await this.#budget.demand(person);
    this.#demandPlace(person);
  }

  #demandPlace(person: string): void {
    const limit = limits.repliesWaitingMax;
    if (this.#queue.size >= limit) throw new ServiceError("VOICE_BUSY", { limit });
    if (this.#queue.countOf(person) >= limits.repliesPerPersonMax) {
      throw new ServiceError("RATE_LIMITED", { seconds: WAIT_SECONDS });
    }
  }

  /**
   * Takes a place in the queue, at once or not at all; the promise is of the reply.
   * Throws VOICE_BASE_MISSING, VOICE_BUSY, RATE_LIMITED. Rejects: VOICE_WORKER_DIED, PERSONA_TOO_LONG, REPLY_FAILED.
   */
  say(request: VoiceRequest): { readonly reply: Promise<Spoken> } {
    this.demandBase();
    const { node, person } = request;
    this.#demandPlace(person);
    const { promise, resolve } = Promise.withResolvers<Spoken>();
    const ticket: Waiting = { node, person, start: () => resolve(this.#speak(request, ticket)) };
    this.#queue.add(ticket);
    request.signal?.addEventListener("abort", () => {
      if (this.#queue.remove(ticket)) resolve({ text: "", tokens: 0, reason: "cancelled" });
    });
    this.#startNext();
    return { reply: promise };
  }

  /** One reply beside the queue: what a training asks before it begins. Errors: as `say` rejects. */
  async answer(line: Line, options: { readonly seed: number; readonly tokensMax: number; signal?: AbortSignal }) {
    const { seed, tokensMax, signal } = options;
    this.demandBase();
    return this.#worker!.speak({ id: randomUUID(), ...line, stack: [], tokensMax, seed }, { signal });
  }

  async close(): Promise<void> {
    await this.#worker?.close();
  }

  #startNext(): void {
    for (let next = this.#queue.next(limits.repliesAtOnceMax); next; next = this.#queue.next(limits.repliesAtOnceMax))
      next.start();
  }

  async #speak(request: VoiceRequest, ticket: Waiting): Promise<Spoken> {
    const { person, isCounted, stack, seed = randomInt(SEEDS), tokensMax = this.#replyTokensMax } = request;
    const { onText, signal } = request;
    try {
      const modules = stack.map((module) => this.#located(module));
      const order = { id: randomUUID(), ...request.line(), stack: modules, tokensMax, seed };
      const spoken = await this.#worker!.speak(order, { signal, ...(onText ? { onText } : {}) });
      if (isCounted) await this.#budget.spend(person, spoken.tokens);
      return spoken;
    } finally {
      this.#queue.done(ticket);
      // Whoever waited for this reply hears it first: the next line's history has it.
      setImmediate(() => this.#startNext());
    }
  }

  #located({ name, sha256, weight }: StackModule): WorkerModule {
    return { name, sha256, weight, path: this.#options.store.objects.path(sha256) };
  }
}
