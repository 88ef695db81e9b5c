/** Who speaks next: a node gives one reply at a time, and people take turns, however many each of them waits for. */

export interface Ticket {
  /** Speaks one reply after the other. */
  readonly node: string;
  /** Waits. */
  readonly person: string;
}

export class SpeakingQueue<T extends Ticket> {
  /** In the order they came. */
  readonly #waiting: T[] = [];
  readonly #speaking = new Set<T>();
  /** Person → when that person last had a turn. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  /** Waiting and speaking ones. */
  get size(): number {
    return this.#waiting.length + this.#speaking.size;
  }

  countOf(person: string): number {
    return [...this.#waiting, ...this.#speaking].filter((each) => each.person === person).length;
  }

  add(ticket: T): void {
    this.#waiting.push(ticket);
  }

  /** The next one to speak; undefined where all wait for their node, or `atOnceMax` speak. */
  next(atOnceMax: number): T | undefined {
    if (this.#speaking.size >= atOnceMax) return undefined;
    const busy = new Set([...this.#speaking].map(({ node }) => node));
    const turnOf = ({ person }: T): number => this.#turns.get(person) ?? 0;
    const free = this.#waiting.filter(({ node }) => !busy.has(node));
    // Sorting is stable: among those who waited equally, who came first.
    const [ticket] = free.toSorted((a, b) => turnOf(a) - turnOf(b));
    if (!ticket) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(ticket), 1);
    this.#speaking.add(ticket);
    this.#turns.set(ticket.person, ++this.#turn);
    return ticket;
  }

  done(ticket: T): void {
    this.#speaking.delete(ticket);
    if (this.size === 0) this.#turns.clear();
  }

  /** Takes a waiting one out; false if it speaks already, or is gone. */
  remove(ticket: T): boolean {
    const at = this.#waiting.indexOf(ticket);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
}
