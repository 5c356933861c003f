// One thread at a time for what jugfiles change at their top level: else one would make a folder that another is about to
// make, having removed it. Who changes something has the right until its jugfile comes to rest. Knows no jugfile.

import {threadId} from 'node:worker_threads';

/** Milliseconds for which a thread waits, all in all: who has the right may wait for long, or may have ended. */
const PATIENCE_MS = 10_000;

export class Alone {
  /** The thread that has the right; 0: none. */
  readonly #holder: Int32Array<SharedArrayBuffer>;
  #patience = PATIENCE_MS;

  constructor(holder: Int32Array<SharedArrayBuffer>) {
    this.#holder = holder;
  }

  /** Blocks the thread until it has the right, or its patience is over. */
  take(): void {
    while (this.#patience > 0) {
      const holder = Atomics.compareExchange(this.#holder, 0, 0, threadId);
      if (holder === 0 || holder === threadId) return;
      const begun = performance.now();
      Atomics.wait(this.#holder, 0, holder, this.#patience);
      this.#patience -= performance.now() - begun;
    }
  }

  leave(): void {
    if (Atomics.compareExchange(this.#holder, 0, threadId, 0) === threadId) Atomics.notify(this.#holder, 0);
  }
}
