// A jugfile that is evaluated twice in one thread: as main does, and as a worker does that follows main's journal. It is a
// function of its host, so that the two ask at the same places.

import path from 'node:path';
import {RunHost} from '../../src/run/run-host.js';
import type {Host} from '../../src/tasks/host.js';
import type {Task} from '../../src/tasks/task.js';
import {encode} from '../../src/values/codec.js';
import {recordOf} from '../../src/values/record.js';
import {WorkerHost} from '../../workers/worker-host.js';
import {MemoryStore} from './memory-store.js';

/** Compiled, this file is dist/test/helpers/pair.js; the tests' functions are named relative to dist/test. */
const ROOT = path.dirname(path.dirname(new URL(import.meta.url).pathname));

export type Jugfile = (host: Host, world: 'main' | 'worker') => Promise<unknown>;

export class Pair {
  readonly store = new MemoryStore();
  readonly main = new RunHost(ROOT, async () => this.store);
  readonly worker: WorkerHost;
  readonly #jugfile: Jugfile;
  readonly reader = this.main.journal.reader();
  #handedWords = 0;

  constructor(jugfile: Jugfile, makeAgain: () => boolean = () => false) {
    this.#jugfile = jugfile;
    this.main.settle = async () => {};
    this.worker = new WorkerHost(ROOT, async () => this.store, {
      recover: async () => makeAgain(),
      sites: async ids => this.main.journal.sites(ids),
    });
    // In the process of a test, something always is.
    this.worker.isIdle = () => true;
  }

  evaluateInMain(): Promise<unknown> {
    const evaluation = this.#jugfile(this.main, 'main');
    evaluation.then(() => this.main.journal.end()).catch(() => {});
    return evaluation;
  }

  evaluateInWorker(): Promise<unknown> {
    const evaluation = this.#jugfile(this.worker, 'worker');
    this.worker.follow(evaluation);
    return evaluation;
  }

  /** Hands over what main has written. */
  async hand(): Promise<void> {
    const {words} = this.main.journal.epoch;
    if (words > this.#handedWords) this.worker.take(await this.reader.next());
    this.#handedWords = words;
  }

  /** The same, and has the worker go as far. */
  async reach(functionName?: string): Promise<void> {
    const {epoch} = this.main.journal;
    await this.hand();
    await this.worker.reach(epoch, functionName);
  }

  put(result: unknown, ...tasks: readonly Task[]): void {
    const fields = {worker: 0, attempt: 1, started: 0, duration: 0};
    for (const {hash} of tasks)
      this.store.memory.results.set(hash, recordOf(encode(result), fields, Buffer.alloc(8)));
  }
}
