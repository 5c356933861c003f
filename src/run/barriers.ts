// The places where the jugfile waits, and when each may go on. A place that waits for some tasks is looked at when the one
// is finished that it was seen to lack, so that any number of places may wait side by side.

import type {Barrier} from '../evaluation/graph-host.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskStates} from '../graph/task-states.js';
import type {TaskHash} from '../values/task-hash.js';

/** Larger results would keep memory from being used again. */
const MOST_FRESH_BYTES = 2048;

interface Waiter {
  readonly barrier: Barrier;
  /** Something that it waits for and that is not finished; `undefined`, if all is. */
  lacks(): TaskId | undefined;
  open(): void;
}

export class Waiters {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #waiting = new Set<Waiter>();
  #passed = 0;
  /** By a task that each of them lacks. */
  readonly #lacking = new Map<TaskId, Waiter[]>();
  /** To be looked at, in the order in which they came to it. */
  #due: Waiter[] = [];
  /** Whether a part of the jugfile waits for an answer of the store, which then gives a signal: it is sure to go on. */
  isAsking: () => boolean = () => false;
  /** Small results that a place waits for and that were stored just now: they need not be loaded. */
  readonly fresh = new Map<TaskHash, Uint8Array>();
  /** Whether a part of the jugfile that nobody awaits may go on by itself; a signal is given when that has changed. */
  isUnderWay: () => boolean = () => false;
  /** Every task before this one is finished. */
  #firstOpen = 0;

  constructor(graph: TaskGraph, states: TaskStates) {
    this.#graph = graph;
    this.#states = states;
    states.onFinished = id => this.#finished(id);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many times a part of the jugfile has gone on. */
  get passed(): number {
    return this.#passed;
  }

  get barriers(): Barrier[] {
    return [...this.#waiting].map(({barrier: {site}}) => ({site}));
  }

  /** Settles once `ids` (all tasks defined until now, if undefined) are finished, which is to say stored; perhaps never. */
  wait(ids: readonly TaskId[] | undefined, barrier: Barrier): Promise<void> {
    const until = this.#graph.size;
    let done = 0;
    const lacks =
      ids === undefined
        ? () => this.#firstOpenBefore(until)
        : () => {
            while (done < ids.length && this.#isFinished(ids[done]!)) done++;
            if (done < ids.length) return ids[done];
            // Results can be lost again: what was done when it was looked at is looked at once more.
            return ids.find(id => !this.#isFinished(id));
          };
    return new Promise(resolve => {
      const waiter: Waiter = {barrier, lacks, open: resolve};
      this.#waiting.add(waiter);
      this.#due.push(waiter);
    });
  }

  /** `record` is stored now. */
  stored(id: TaskId, hash: TaskHash, record: Uint8Array): void {
    if (record.length <= MOST_FRESH_BYTES && this.#lacking.has(id)) this.fresh.set(hash, record);
  }

  /** The result of `id` was lost. */
  reopen(id: TaskId): void {
    this.#firstOpen = Math.min(this.#firstOpen, id);
  }

  /** Lets those go on that may. */
  open(): void {
    const due = this.#due;
    this.#due = [];
    // Whoever goes on now reads in this turn of the event loop.
    if (this.fresh.size > 0) setImmediate(() => this.fresh.clear());
    for (const waiter of due) {
      const lacked = waiter.lacks();
      if (lacked !== undefined) this.#park(waiter, lacked);
      else {
        this.#waiting.delete(waiter);
        this.#passed++;
        waiter.open();
      }
    }
  }

  #park(waiter: Waiter, lacked: TaskId): void {
    const others = this.#lacking.get(lacked);
    if (others === undefined) this.#lacking.set(lacked, [waiter]);
    else others.push(waiter);
  }

  #finished(id: TaskId): void {
    const waiters = this.#lacking.get(id);
    if (waiters === undefined) return;
    this.#lacking.delete(id);
    for (const waiter of waiters) this.#due.push(waiter);
  }

  #firstOpenBefore(until: number): TaskId | undefined {
    while (this.#firstOpen < until && this.#isFinished(this.#firstOpen as TaskId)) this.#firstOpen++;
    return this.#firstOpen >= until ? undefined : (this.#firstOpen as TaskId);
  }

  /** Not by the graph alone: there, a task is done as soon as its result is computed; but it knows at once what is lost. */
  #isFinished(id: TaskId): boolean {
    return this.#states.of(id) === 'finished' && this.#graph.isDone(id);
  }
}
