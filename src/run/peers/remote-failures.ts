// Failures that other processes store while this run goes on: they count for it, too, since a task that failed an hour
// long need not fail so once in every process. What failed before the run began is the run's to try again. Which is
// which is told by what was there at the start, and by no clock.

import {StoreError} from '../../core/errors.js';
import type {Failure} from '../../core/failure.js';
import type {TaskGraph, TaskId} from '../../graph/graph.js';
import type {TaskStates} from '../../graph/task-states.js';
import {type Trouble, troublesIn} from '../../stores/failure-record.js';
import type {Store} from '../../stores/store.js';
import type {TaskHash} from '../../values/task-hash.js';

/**
 * So many times what a look took is rested, up to these milliseconds: with few failures it costs next to nothing, and is
 * made for each batch. Where there is reason to look, less is rested, and only after looks of more than so many milliseconds.
 */
const SHARE = 30;
const MOST_REST = 10_000;
const EXPECTING = 5;
const SHORT = 20;

export class Failures {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #store: Pick<Store, 'failures'>;
  /** What was there at the start. */
  readonly #before = new Map<TaskHash, string>();
  #since = new Map<TaskHash, Failure>();
  #due = 0;
  /** When the last look ended, and how long it took. */
  #looked = {at: 0, took: 0};

  constructor(graph: TaskGraph, states: TaskStates, store: Pick<Store, 'failures'>) {
    this.#graph = graph;
    this.#states = states;
    this.#store = store;
  }

  /** It was there when the run began. */
  recall(hash: TaskHash, trouble: Trouble): void {
    if (trouble.kind === 'failure') this.#before.set(hash, attemptOf(trouble.failure));
  }

  /** Others have given back what they held, and there is no result: the next look is not put off. */
  expect(): void {
    const {at, took} = this.#looked;
    this.#due = Math.min(this.#due, at + (took > SHORT ? took * EXPECTING : 0));
  }

  /**
   * Those of `ids` that have failed elsewhere since. Asked when their locks are ours: whoever failed them has given those
   * back.
   */
  async among(ids: readonly TaskId[]): Promise<(readonly [id: TaskId, failure: Failure])[]> {
    if (performance.now() >= this.#due) await this.#look();
    if (this.#since.size === 0) return [];
    return ids.flatMap(id => {
      const failure = this.#since.get(this.#graph.task(id).hash);
      return failure === undefined ? [] : [[id, failure] as const];
    });
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    try {
      this.#since = await this.#stored();
    } catch (error) {
      // Between two parts of the list: what is known stays, and the next look is made as soon as any.
      if (!(error instanceof StoreError) || error.fatal) throw error;
    }
    const at = performance.now();
    this.#looked = {at, took: at - begun};
    this.#due = at + Math.min(this.#looked.took * SHARE, MOST_REST);
  }

  /** Of tasks that this run has, and has not failed itself. */
  async #stored(): Promise<Map<TaskHash, Failure>> {
    const since = new Map<TaskHash, Failure>();
    for await (const chunk of troublesIn(this.#store)) {
      for (const [hash, trouble] of chunk) {
        if (trouble?.kind !== 'failure' || this.#before.get(hash) === attemptOf(trouble.failure)) continue;
        const id = this.#graph.find(hash);
        if (id !== undefined && this.#states.of(id) !== 'failed') since.set(hash, trouble.failure);
      }
    }
    return since;
  }
}

/** The same of no other attempt. */
function attemptOf({host, pid, started, attempt}: Failure): string {
  return `${host} ${pid} ${started} ${attempt}`;
}

/** Of a task that failed in this process. */
