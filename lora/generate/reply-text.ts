/** A reply as it grows token by token: what of its text may be shown, and whether a stop string ended it. */
import type { TextTokenizer } from "../models/index.ts";

/** What a decoder writes at the end for bytes that are not yet a whole character. */
const INCOMPLETE = /\uFFFD+$/;

export class ReplyText {
  readonly ids: number[] = [];
  private readonly tokenizer: TextTokenizer;
  private readonly stops: readonly string[];
  private shown = 0;
  private whole = "";

  constructor(tokenizer: TextTokenizer, stops: readonly string[]) {
    this.tokenizer = tokenizer;
    this.stops = stops.filter((stop) => stop !== "");
  }

  /** @returns text to show now, and whether the reply is over */
  add(id: number): { text: string; isStopped: boolean } {
    this.ids.push(id);
    this.whole = this.tokenizer.decode(this.ids);
    const ends = this.stops.map((stop) => this.whole.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length === 0) return { text: this.show(this.whole.length - this.withheld()), isStopped: false };
    this.whole = this.whole.slice(0, Math.min(...ends));
    return { text: this.show(this.whole.length), isStopped: true };
  }

  /** What was held back in case more came. */
  rest(): string {
    return this.show(this.whole.length);
  }

  get text(): string {
    return this.whole;
  }

  private show(end: number): string {
    const text = this.whole.slice(this.shown, Math.max(end, this.shown));
    this.shown = Math.max(end, this.shown);
    return text;
  }

  /** Characters at the end that may yet change, or begin a stop string. */
  private withheld(): number {
    const complete = this.whole.replace(INCOMPLETE, "");
    const incomplete = this.whole.length - complete.length;
    const most = this.stops.reduce((longest, { length }) => Math.max(longest, length - 1), 0);
    for (let length = Math.min(most, complete.length); length > 0; length--) {
      const tail = complete.slice(-length);
      if (this.stops.some((stop) => stop.startsWith(tail))) return incomplete + length;
    }
    return incomplete;
  }
}
