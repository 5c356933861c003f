// Ready tasks, a lane for each function, since a batch holds tasks of one function only. Within a lane, and among the
// heads of lanes, what was defined first goes first, whenever it came.

import type {TaskId} from '../graph/graph.js';
import type {TaskFunction} from '../tasks/functions.js';
import {Ordered} from './id-heap.js';

/**
 * One exception: a lane that was turned is gone through from somewhere in its middle to its end, and then from its
 * beginning, so that processes which start together do not follow each other from task to task.
 */
export class Lane {
  /** Those from `#from` on; and those before it, whose turn comes when there is none of the others. */
  #ahead = new Ordered();
  #behind = new Ordered();
  #from = 0;

  constructor(readonly fn: TaskFunction) {}

  get length(): number {
    return this.#ahead.length + this.#behind.length;
  }

  get head(): TaskId | undefined {
    return this.#ahead.first;
  }

  /** One of them, for each place from 0 on; in no order. */
  at(place: number): TaskId {
    const {length} = this.#ahead;
    return place < length ? this.#ahead.at(place) : this.#behind.at(place - length);
  }

  /** In the order in which they would be taken. */
  get all(): TaskId[] {
    return this.#ahead.all().concat(this.#behind.all());
  }

  push(id: TaskId): void {
    (id < this.#from ? this.#behind : this.#ahead).push(id);
    this.#wrap();
  }

  /** The second half goes first. */
  turn(): void {
    const {all} = this;
    const middle = all[all.length >> 1];
    if (middle === undefined) return;
    this.#from = middle;
    all.sort((a, b) => a - b);
    const place = all.indexOf(middle);
    this.#ahead = new Ordered(all.slice(place));
    this.#behind = new Ordered(all.slice(0, place));
  }

  take(most: number): TaskId[] {
    const taken = this.#ahead.take(most);
    this.#wrap();
    return taken.length < most && this.length > 0 ? taken.concat(this.take(most - taken.length)) : taken;
  }

  /** At the end, it goes on at the beginning. */
  #wrap(): void {
    if (this.#ahead.length > 0) return;
    [this.#ahead, this.#behind] = [this.#behind, this.#ahead];
    this.#from = 0;
  }
}

export class Lanes {
  readonly #lanes = new Map<TaskFunction, Lane>();

  of(fn: TaskFunction): Lane {
    let lane = this.#lanes.get(fn);
    if (lane === undefined) {
      lane = new Lane(fn);
      this.#lanes.set(fn, lane);
    }
    return lane;
  }

  /** The lane to take from next, if any task is ready. */
  next(): Lane | undefined {
    let first: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.head !== undefined && (first === undefined || lane.head < first.head!)) first = lane;
    }
    return first;
  }

  all(): TaskId[] {
    return [...this.#lanes.values()].flatMap(lane => lane.all);
  }

  /** At most `count`, from places that are evenly apart: all, if there are no more. */
  some(count: number): TaskId[] {
    const {length} = this;
    if (length <= count) return this.all();
    return Array.from({length: count}, (_, i) => this.#at(Math.floor((i * length) / count)));
  }

  #at(place: number): TaskId {
    for (const lane of this.#lanes.values()) {
      if (place < lane.length) return lane.at(place);
      place -= lane.length;
    }
    throw new RangeError('This is a bug in jug: there are fewer tasks than that');
  }

  get length(): number {
    let length = 0;
    for (const lane of this.#lanes.values()) length += lane.length;
    return length;
  }
}
