// The half of a heartbeat that is in its thread: when to beat, and when no more (the other is heartbeat.ts). What a beat is,
// those say who use it. Like all that this thread loads it is a CommonJS file, and uses nothing but node's own: an ES
// module would be read by way of libuv's pool, which the thread is not to wait for.

import threads = require('node:worker_threads');

/** What both halves look at; the third says that it is over. */
const IDLE = 0 satisfies Beating.State;
const BEATING = 1 satisfies Beating.State;

namespace Beating {
  export type State = 0 | 1 | 2;
  /** The other half says that it is over. */
  export type End = 'end';
  /** It was over in the middle of a beat, which has ended now. */
  export type Ended = 'ended';

  export interface Course {
    /** One `State`. */
    readonly state: SharedArrayBuffer;
    /** Milliseconds between two beats. */
    readonly rest: number;
  }
}

class Beating {
  readonly #state: Int32Array;
  readonly #close: () => void;
  #isBeating = false;
  #isEnding = false;

  /** `beat` is called after each `rest`; `heard` with what the other half says; `end` at the end. */
  constructor(
    {state, rest}: Beating.Course,
    beat: () => void,
    heard: (message: unknown) => void,
    end: () => void,
  ) {
    this.#state = new Int32Array(state);
    const timer = setInterval(beat, rest);
    this.#close = () => {
      clearInterval(timer);
      threads.parentPort!.close();
      end();
    };
    threads.parentPort!.on('message', (message: unknown) => {
      if (message !== ('end' satisfies Beating.End)) return heard(message);
      this.#isEnding = true;
      if (!this.#isBeating) this.#close();
    });
  }

  /** What others can see of a beat happens between a `begin` that answers with true, and `finish`. */
  begin(): boolean {
    this.#isBeating = Atomics.compareExchange(this.#state, 0, IDLE, BEATING) === IDLE;
    return this.#isBeating;
  }

  finish(): void {
    this.#isBeating = false;
    const isOver = Atomics.compareExchange(this.#state, 0, BEATING, IDLE) !== BEATING;
    if (isOver) this.tell('ended' satisfies Beating.Ended);
    if (this.#isEnding) this.#close();
  }

  tell(message: unknown): void {
    threads.parentPort!.postMessage(message);
  }
}

export = Beating;
