// Ready tasks that other processes have finished before their turn has come here: what is told of the run's progress
// counts them, and what they kept waiting may start. A few are looked at now and then, and all the rest only where one
// of those is finished. Nobody waits for that, and a store that is away is none of its business. Takes nothing out of the
// queue; does not know what is told.

import {StoreError} from '../../core/errors.js';
import type {TaskGraph, TaskId} from '../../graph/graph.js';
import type {TaskStates} from '../../graph/task-states.js';
import type {Store} from '../../stores/store.js';
import type {Queue} from '../dispatcher.js';

/** Milliseconds between two looks at a few. */
const REST = 2000;
/** Others who have finished fewer than one in so many of those that are ready may be overlooked for a while. */
const FEW = 64;
/** At most so many are asked for at a time, and so many times what that took is rested, up to these milliseconds. */
const AT_ONCE = 2048;
const SHARE = 100;
const MOST_REST = 60_000;

export class Ahead {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #store: Pick<Store, 'has'>;
  readonly #queue: Pick<Queue, 'length' | 'some' | 'all'>;
  readonly #signal: () => void;
  /** To be asked for since some were found. */
  #all: readonly TaskId[] = [];
  #next = 0;
  readonly #rest: number;
  #due: number;
  #isAsking = false;
  #found: TaskId[] = [];
  #bug: unknown;

  /** `store`: one that tells at once that it is away. `signal` is given when there may be something to take. `rest`: milliseconds between two looks. */
  constructor(
    graph: TaskGraph,
    states: TaskStates,
    store: Pick<Store, 'has'>,
    queue: Pick<Queue, 'length' | 'some' | 'all'>,
    signal: () => void,
    rest = REST,
  ) {
    this.#graph = graph;
    this.#states = states;
    this.#store = store;
    this.#queue = queue;
    this.#signal = signal;
    this.#rest = rest;
    this.#due = performance.now() + rest;
  }

  /** Milliseconds until the next look. */
  restsFor(): number {
    return this.#isAsking || this.#queue.length === 0 ? Infinity : this.#due - performance.now();
  }

  /** Begins a look, if it is time. */
  look(): void {
    if (this.restsFor() <= 0) void this.#ask();
  }

  /** Those of the ready tasks that were found to be finished since the last time. */
  take(): TaskId[] {
    if (this.#bug !== undefined) throw this.#bug;
    // Meanwhile they may have been found in another way, or the jugfile may have found a result to be lost.
    return this.#found.splice(0).filter(id => this.#states.of(id) === 'ready');
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const begun = performance.now();
    try {
      const isFew = this.#next >= this.#all.length;
      const asked = isFew ? this.#queue.some(FEW) : this.#all.slice(this.#next, this.#next + AT_ONCE);
      this.#next += asked.length;
      // What was lost and is there again may stand in the queue twice.
      const ids = [...new Set(asked)].filter(id => this.#states.of(id) === 'ready');
      const there = await this.#store.has(ids.map(id => this.#graph.task(id).hash));
      const finished = ids.filter((_, place) => there[place]);
      this.#found.push(...finished);
      if (isFew) {
        this.#all = finished.length > 0 ? this.#queue.all() : [];
        this.#next = 0;
      }
    } catch (error) {
      if (!(error instanceof StoreError)) this.#bug = error;
    }
    const rest = Math.min((performance.now() - begun) * SHARE, MOST_REST);
    this.#due = begun + (this.#next < this.#all.length ? rest : Math.max(this.#rest, rest));
    this.#isAsking = false;
    this.#signal();
  }
}
