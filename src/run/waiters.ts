// The places where the jugfile waits, and when each may go on.

import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskStates} from '../graph/states.js';
import type {Barrier} from '../hosts.js';

interface Waiter {
  readonly barrier: Barrier;
  isOpen(): boolean;
  open(): void;
}

export class Waiters {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #waiting = new Set<Waiter>();
  readonly #passed = new Set<string>();
  #passedCount = 0;
  /** Whether a part of the jugfile waits for an answer of the store, which then gives a signal: it is sure to go on. */
  isAsking: () => boolean = () => false;
  /** Whether a part of the jugfile that nobody awaits may go on by itself; a signal is given when that has changed. */
  isUnderWay: () => boolean = () => false;
  /** Every task before this one is finished. */
  #firstOpen = 0;

  constructor(graph: TaskGraph, states: TaskStates) {
    this.#graph = graph;
    this.#states = states;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get barriers(): Barrier[] {
    return [...this.#waiting].map(({barrier}) => barrier);
  }

  /** How many times the jugfile has gone on: more than there are keys, where it waits for the same tasks again. */
  get passedCount(): number {
    return this.#passedCount;
  }

  hasPassed(key: string): boolean {
    return this.#passed.has(key);
  }

  /** Settles once `ids` (all tasks defined until now, if undefined) are finished, which is to say stored; perhaps never. */
  wait(ids: readonly TaskId[] | undefined, barrier: Barrier): Promise<void> {
    const until = this.#graph.size;
    let done = 0;
    const isOpen =
      ids === undefined
        ? () => this.#allDoneBefore(until)
        : () => {
            while (done < ids.length && this.#isFinished(ids[done]!)) done++;
            // Results can be lost again: what was done when it was looked at is looked at once more.
            return done === ids.length && ids.every(id => this.#graph.isDone(id));
          };
    return new Promise(resolve => this.#waiting.add({barrier, isOpen, open: resolve}));
  }

  /** The result of `id` was lost. */
  reopen(id: TaskId): void {
    this.#firstOpen = Math.min(this.#firstOpen, id);
  }

  /** Lets those go on that may. */
  open(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.isOpen()) continue;
      this.#waiting.delete(waiter);
      this.#passed.add(waiter.barrier.key);
      this.#passedCount++;
      waiter.open();
    }
  }

  #allDoneBefore(until: number): boolean {
    while (this.#firstOpen < until && this.#isFinished(this.#firstOpen as TaskId)) this.#firstOpen++;
    return this.#firstOpen >= until;
  }

  /** Not by the graph: there, a task is done as soon as its result is computed. */
  #isFinished(id: TaskId): boolean {
    return this.#states.of(id) === 'finished';
  }
}
