/** Work that must not overlap: each piece begins when the one before has ended, whether it went well or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as the work does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when what was begun so far has ended. Never rejects. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
