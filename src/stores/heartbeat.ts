// By what other machines know that this process lives: a thread that does nothing else. It runs none of the user's code
// and waits for none: neither for main, which may compute for an hour, nor for libuv's pool, which tasks may fill. It
// lives as long as the process does, and does not keep it alive. What it does, is said in the file that it runs
// (file/beat-thread.cts, redis/renewal-thread.cts); knows no store.

import {Worker} from 'node:worker_threads';
import {StoreError} from '../core/errors.js';
import type Beating from './heartbeat-writer.cjs';

export interface Heart {
  /** What the thread runs: a file that was compiled from CommonJS. */
  readonly file: URL;
  /** Milliseconds between two beats. */
  readonly rest: number;
  /** What the file needs besides. */
  readonly data: () => object;
  readonly heard: (message: unknown) => void;
  /** Is told once, should the thread end by itself. */
  readonly note: ((text: string) => void) | undefined;
}

/** Of the user's flags for node, those that change how a server is spoken to. All others are no business of this thread. */
const KEPT_FLAG = /^--tls-(min|max)-v[\d.]+$/;

const BEATING = 1 satisfies Beating.State;
const OVER = 2 satisfies Beating.State;
const END: Beating.End = 'end';
const ENDED: Beating.Ended = 'ended';

export class Heartbeat {
  readonly #heart: Heart;
  #worker: Worker | undefined;
  #state = new SharedArrayBuffer(4);
  #onEnded: () => void = () => {};
  #isOver = false;
  #hasTold = false;
  #again: NodeJS.Timeout | undefined;

  constructor(heart: Heart) {
    this.#heart = heart;
  }

  /** Returns before the first beat. Calling it again changes nothing. Errors: a StoreError, if there is no thread to be had. */
  start(): void {
    if (this.#isOver || this.#worker !== undefined) return;
    const {file, rest, data, heard} = this.#heart;
    const state = new SharedArrayBuffer(4);
    let worker: Worker;
    try {
      worker = new Worker(file, {
        workerData: {...data(), state, rest},
        // Nothing that the user preloads is loaded into it.
        execArgv: flags().filter(flag => KEPT_FLAG.test(flag)),
        env: {...process.env, NODE_OPTIONS: ''},
      });
    } catch (error) {
      throw new StoreError(
        `Cannot start the thread that shows others that this process lives: ${(error as Error).message}`,
        false,
        {cause: error},
      );
    }
    this.#state = state;
    this.#worker = worker;
    let why: unknown;
    worker.on('message', message => (message === ENDED ? this.#onEnded() : heard(message)));
    worker.on('error', error => {
      why = error;
    });
    worker.once('exit', code => {
      this.#onEnded();
      if (this.#worker === worker) this.#revive(why ?? new Error(`it has ended with ${code}`));
    });
    // At last: to listen for messages would undo it.
    worker.unref();
  }

  tell(message: unknown): void {
    this.#worker?.postMessage(message);
  }

  /** Settles when others will see no further beat. */
  async stop(): Promise<void> {
    clearTimeout(this.#again);
    this.#isOver = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>(resolve => {
      this.#onEnded = resolve;
    });
    this.#worker = undefined;
    const isBeating = Atomics.exchange(new Int32Array(this.#state), 0, OVER) === BEATING;
    worker.postMessage(END);
    if (!isBeating) return;
    worker.ref();
    await ended;
    worker.unref();
  }

  #revive(error: unknown): void {
    this.#worker = undefined;
    if (this.#isOver) return;
    const {note, rest} = this.#heart;
    if (!this.#hasTold) {
      note?.(
        `The thread that shows others that this process lives has failed (${(error as Error).message}), and is started again. Should that fail too, other machines will take over the tasks of this process.`,
      );
    }
    this.#hasTold = true;
    this.#again = setTimeout(() => {
      try {
        this.start();
      } catch (error) {
        this.#revive(error);
      }
    }, rest).unref();
  }
}

function flags(): readonly string[] {
  return [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
}
