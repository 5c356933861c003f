// How many tasks of a function go to a worker in one message: so many that a batch takes some tens of milliseconds,
// by what the function's tasks took so far. Knows only durations.

import type {TaskFunction} from '../tasks/functions.js';

/** Milliseconds a batch should take: long against the cost of a message and a lock, short against a user's patience. */
const TARGET = 60;
const MOST = 2048;
/** How much the newest observation counts. */
const WEIGHT = 0.5;

export class Batching {
  /** Expected milliseconds of one task. */
  readonly #expected = new Map<TaskFunction, number>();

  /** `ready`: tasks of the function that could go now; a batch leaves its share of them to the other workers. */
  size(fn: TaskFunction, ready: number, workers: number): number {
    return Math.max(1, Math.min(this.most(fn), Math.ceil(ready / workers)));
  }

  /** How many tasks fit into a batch. */
  most(fn: TaskFunction): number {
    const expected = this.#expected.get(fn);
    // Of a function nobody has seen run, one task at a time: it may take hours.
    if (expected === undefined) return 1;
    return Math.max(1, Math.min(MOST, Math.floor(TARGET / Math.max(expected, TARGET / MOST))));
  }

  observe(fn: TaskFunction, tasks: number, elapsed: number): void {
    if (tasks === 0) return;
    const latest = elapsed / tasks;
    const before = this.#expected.get(fn);
    // Slower than expected is believed at once: batches of slow tasks hold others up, batches too small only cost a little.
    const expected = before === undefined || latest > before ? latest : before + (latest - before) * WEIGHT;
    this.#expected.set(fn, expected);
  }
}
