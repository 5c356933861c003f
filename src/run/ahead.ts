// Ready tasks that other processes have finished before their turn has come here: what is told of the run's progress
// counts them, and what they kept waiting may start. A few are looked at now and then, and all the rest only where one
// of those is finished. Takes nothing out of the queue; does not know what is told.

import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskStates} from '../graph/states.js';
import type {Store} from '../stores/store.js';
import type {Queue} from './queue.js';

/** Milliseconds between two looks at a few. */
const REST = 2000;
/** Others who have finished fewer than one in so many of those that are ready may be overlooked for a while. */
const FEW = 64;
/** At most so many are asked for at a time, and so many times what that took is rested. */
const AT_ONCE = 2048;
const SHARE = 100;

export class Ahead {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #store: Pick<Store, 'has'>;
  readonly #queue: Pick<Queue, 'length' | 'some' | 'all'>;
  readonly #rest: number;
  /** To be asked for since some were found. */
  #all: readonly TaskId[] = [];
  #next = 0;
  #due: number;

  /** `rest`: milliseconds between two looks. */
  constructor(
    graph: TaskGraph,
    states: TaskStates,
    store: Pick<Store, 'has'>,
    queue: Pick<Queue, 'length' | 'some' | 'all'>,
    rest = REST,
  ) {
    this.#graph = graph;
    this.#states = states;
    this.#store = store;
    this.#queue = queue;
    this.#rest = rest;
    this.#due = performance.now() + rest;
  }

  /** Milliseconds until the next look. */
  restsFor(): number {
    return this.#queue.length === 0 ? Infinity : this.#due - performance.now();
  }

  /** Those of the ready tasks that are found to be finished. */
  async look(): Promise<TaskId[]> {
    if (this.restsFor() > 0) return [];
    const begun = performance.now();
    const isFew = this.#next >= this.#all.length;
    const asked = isFew ? this.#queue.some(FEW) : this.#all.slice(this.#next, this.#next + AT_ONCE);
    this.#next += asked.length;
    // What was lost and is there again may stand in the queue twice.
    const ids = [...new Set(asked)].filter(id => this.#states.of(id) === 'ready');
    const there = await this.#store.has(ids.map(id => this.#graph.task(id).hash));
    // While it was asked, the jugfile may have found a result to be lost.
    const finished = ids.filter((id, place) => there[place] && this.#states.of(id) === 'ready');
    if (isFew) {
      this.#all = finished.length > 0 ? this.#queue.all() : [];
      this.#next = 0;
    }
    const rest = (performance.now() - begun) * SHARE;
    this.#due = begun + (this.#next < this.#all.length ? rest : Math.max(this.#rest, rest));
    return finished;
  }
}
