// One after the other: what several calls of one process must not do at the same time.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `fn` when all that came before have ended, well or not. */
  take<T>(fn: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(fn);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
