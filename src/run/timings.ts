// How long the tasks of each function took in this run, added up as their results come in. Knows the head of a record,
// and nothing of what becomes of these numbers.

import type {TaskId} from '../graph/graph.js';
import {durationOf} from '../values/record.js';

export interface Timing {
  /** How many were measured. */
  readonly count: number;
  /** How many of them are not stored yet. */
  readonly unsaved: number;
  /** Milliseconds of all of them. */
  readonly total: number;
  readonly slowest: {readonly id: TaskId; readonly duration: number};
}

interface Adding {
  count: number;
  unsaved: number;
  total: number;
  slowest: {id: TaskId; duration: number};
}

export class Timings {
  readonly #byFunction = new Map<string, Adding>();
  /** What came last: results come batch by batch, and a batch is of one function. */
  #last: readonly [name: string, timing: Adding] | undefined;

  /** `record` is a sound record of a result of the function `name`. */
  add(name: string, id: TaskId, record: Uint8Array): void {
    const duration = durationOf(record);
    const timing = this.#of(name, id);
    timing.count++;
    timing.unsaved++;
    timing.total += duration;
    if (duration > timing.slowest.duration) timing.slowest = {id, duration};
  }

  /** A result of this function is stored. */
  stored(name: string, id: TaskId): void {
    this.#of(name, id).unsaved--;
  }

  of(name: string): Timing | undefined {
    return this.#byFunction.get(name);
  }

  #of(name: string, id: TaskId): Adding {
    if (this.#last?.[0] === name) return this.#last[1];
    let timing = this.#byFunction.get(name);
    if (timing === undefined) {
      timing = {count: 0, unsaved: 0, total: 0, slowest: {id, duration: 0}};
      this.#byFunction.set(name, timing);
    }
    this.#last = [name, timing];
    return timing;
  }
}
