import type { Exchange, Talks } from "../core/index.ts";
import type { Label } from "./overlay.ts";

/** Bubbles over NPCs: each grows with the words of its node's reply. What was said before one came hangs nowhere. */
export class Speech {
  readonly #talks: Pick<Talks, "of">;
  readonly #labelOf: (nodeId: string) => Label | undefined;
  readonly #onSaid: (exchange: Exchange) => void;
  /** Node → reply in its bubble. */
  readonly #speaking = new Map<string, string>();
  /** Node → replies under way, whose questions were told of. */
  readonly #begun = new Map<string, ReadonlySet<string>>();

  /** @param onSaid called once with each exchange that one hears begin */
  constructor(
    talks: Pick<Talks, "of">,
    labelOf: (nodeId: string) => Label | undefined,
    onSaid: (exchange: Exchange) => void,
  ) {
    this.#talks = talks;
    this.#labelOf = labelOf;
    this.#onSaid = onSaid;
  }

  /** To be called when something was said at a node. */
  heard(nodeId: string): void {
    const exchanges = this.#talks.of(nodeId);
    const growing = exchanges.filter(({ isOver }) => !isOver);
    const isQuiet = growing.length === 0 && (this.#begun.get(nodeId)?.size ?? 0) === 0;
    this.#tellBegun(nodeId, growing);
    if (isQuiet) return;
    const label = this.#labelOf(nodeId);
    if (label === undefined) return;
    const speaking = growing.find(({ text }) => text !== "");
    if (speaking !== undefined) {
      this.#speaking.set(nodeId, speaking.replyId);
      label.speak(speaking.text, false);
      return;
    }
    const hasEnded = this.#finish(nodeId, label, exchanges);
    // Whoever comes next thinks about it, once the last words had their time.
    if (growing.length > 0 && !label.isSpeaking) label.speak("", false);
    else if (growing.length === 0 && !hasEnded) label.hush();
  }

  #tellBegun(nodeId: string, growing: readonly Exchange[]): void {
    const known = this.#begun.get(nodeId);
    this.#begun.set(nodeId, new Set(growing.map(({ replyId }) => replyId)));
    for (const exchange of growing) if (!known?.has(exchange.replyId)) this.#onSaid(exchange);
  }

  /** Whether the reply in the bubble has ended: its last words are then all of it. */
  #finish(nodeId: string, label: Label, exchanges: readonly Exchange[]): boolean {
    const replyId = this.#speaking.get(nodeId);
    if (replyId === undefined) return false;
    this.#speaking.delete(nodeId);
    const said = exchanges.find((each) => each.replyId === replyId);
    if (said === undefined || said.text === "") label.hush();
    else label.speak(said.text, true);
    return true;
  }
}
