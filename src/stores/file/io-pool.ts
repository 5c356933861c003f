// Why a call of the filesystem takes long: it waits for one of the few threads in which node makes such calls, because what
// tasks do keeps all of them busy, or the filesystem is slow. The pool is tried with a trifle that needs no filesystem, and the
// filesystem with a beat, which needs no pool (heartbeats.ts). Tells the user once; changes nothing.

import {randomBytes} from 'node:crypto';
import {setTimeout as sleep, setImmediate as turn} from 'node:timers/promises';

/** As libuv has it, if the environment says nothing. */
const THREADS = 4;
/** Milliseconds that a call may take unasked, and that a trifle may. */
const REST = 2000;

export class PoolWatch {
  readonly #ask: () => Promise<void>;
  readonly #note: (text: string) => void;
  readonly #rest: number;
  #hasTold = false;

  /** `ask` settles when the filesystem has answered without the pool. */
  constructor(ask: () => Promise<void>, note: (text: string) => void, rest = REST) {
    this.#ask = ask;
    this.#note = note;
    this.#rest = rest;
  }

  async during<T>(call: Promise<T>): Promise<T> {
    if (this.#hasTold) return call;
    let isPending = true;
    const timer = setTimeout(() => void this.#look(() => isPending), this.#rest).unref();
    try {
      return await call;
    } finally {
      isPending = false;
      clearTimeout(timer);
    }
  }

  async #look(isPending: () => boolean): Promise<void> {
    while (isPending() && !this.#hasTold) {
      let isServed = false;
      let isAnswered = false;
      randomBytes(1, () => {
        isServed = true;
      });
      this.#ask().then(() => {
        isAnswered = true;
      });
      await sleep(this.#rest, undefined, {ref: false});
      // After a time in which this thread was busy, what came meanwhile has not been looked at yet.
      for (let turns = 0; turns < 2; turns++) await turn();
      if (!isPending() || isServed || !isAnswered || this.#hasTold) continue;
      this.#hasTold = true;
      this.#note(
        `The store waits for tasks: it cannot read or write, since what they do in the background (async crypto, zlib, files, libraries in C++) keeps all ${poolSize()} threads of node's pool busy. Start jug with more of them, as with UV_THREADPOOL_SIZE=${2 * poolSize()} in its environment; in the jugfile it is too late for that.`,
      );
    }
  }
}

function poolSize(): number {
  const given = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '', 10);
  return Number.isNaN(given) ? THREADS : Math.min(Math.max(given, 1), 1024);
}
