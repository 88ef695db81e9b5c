/** What the service and its speaking process tell each other. */
import type { WorkerModule } from "./draw-messages.ts";

/** One side of an exchange that was. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

export interface SpeakOrder {
  readonly id: string;
  /** Who speaks, its end left out where the base cannot read all; "" leaves it to the base's template. */
  readonly system: string;
  /** What it keeps in mind, the end of the system message. */
  readonly memory?: string;
  /** Earlier exchanges, oldest first; the oldest are left out where the base cannot read all. */
  readonly history: readonly Turn[];
  /** What is replied to. */
  readonly text: string;
  readonly stack: readonly WorkerModule[];
  readonly tokensMax: number;
  readonly seed: number;
}

export type ToSpeaking =
  /** Opens the base before it is needed. */
  | { readonly type: "warm" }
  | { readonly type: "speak"; readonly order: SpeakOrder }
  | { readonly type: "cancel"; readonly id: string };

/** What became of an order. */
export interface Spoken {
  readonly text: string;
  readonly tokens: number;
  readonly reason: "end" | "length" | "cancelled";
}

export type FromSpeaking =
  /** It lives: the base is open, or still on its way. */
  | { readonly type: "ready" }
  | { readonly type: "piece"; readonly id: string; readonly piece: string }
  | { readonly type: "end"; readonly id: string; readonly reply: Spoken }
  | { readonly type: "too-long"; readonly id: string; readonly tokens: number; readonly limit: number }
  | { readonly type: "failed"; readonly id: string; readonly message: string };
