/** One step that a person can take back. Both directions may fail; then the entry stays where it is. */
export interface UndoEntry {
  readonly label: string;
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
}

/** Deeper than anyone goes back; bounds what the closures keep alive. */
const ENTRIES_MAX = 200;

/** Undo and redo for hosts that have none of their own (the stand-alone studio). Entries run one after another. */
export class UndoStack {
  #done: UndoEntry[] = [];
  #undone: UndoEntry[] = [];
  #listeners = new Set<() => void>();
  #last: Promise<void> = Promise.resolve();

  get undoLabel(): string | undefined {
    return this.#done.at(-1)?.label;
  }
  get redoLabel(): string | undefined {
    return this.#undone.at(-1)?.label;
  }

  /** Notes a step that was just taken; what had been taken back is forgotten. */
  register(entry: UndoEntry): void {
    this.#done.push(entry);
    if (this.#done.length > ENTRIES_MAX) this.#done.shift();
    this.#undone = [];
    this.#changed();
  }

  undo(): Promise<void> {
    return this.#inTurn(() => this.#move(this.#done, this.#undone, (entry) => entry.undo()));
  }

  redo(): Promise<void> {
    return this.#inTurn(() => this.#move(this.#undone, this.#done, (entry) => entry.redo()));
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A second Ctrl+Z while the first is on its way takes the step before, not the same one again. */
  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #move(from: UndoEntry[], to: UndoEntry[], act: (entry: UndoEntry) => void | Promise<void>): Promise<void> {
    const entry = from.at(-1);
    if (entry === undefined) return;
    await act(entry);
    // A step registered meanwhile emptied or covered the stack; the entry then has no place any more.
    if (from.at(-1) === entry) to.push(...from.splice(-1));
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
