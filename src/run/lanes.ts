// Ready tasks, a lane for each function, since a batch holds tasks of one function only. Within a lane first come,
// first served; among lanes, the one whose head was defined first.

import type {TaskId} from '../graph/graph.js';
import type {TaskFunction} from '../tasks/functions.js';

export class Lane {
  #queue: TaskId[] = [];
  #head = 0;

  constructor(readonly fn: TaskFunction) {}

  get length(): number {
    return this.#queue.length - this.#head;
  }

  get head(): TaskId | undefined {
    return this.#queue[this.#head];
  }

  at(place: number): TaskId {
    return this.#queue[this.#head + place]!;
  }

  get all(): TaskId[] {
    return this.#queue.slice(this.#head);
  }

  push(id: TaskId): void {
    this.#queue.push(id);
  }

  /** Tasks that were taken and come back go first. */
  putBack(ids: readonly TaskId[]): void {
    this.#queue = ids.concat(this.#queue.slice(this.#head));
    this.#head = 0;
  }

  /** The second half goes first. */
  turn(): void {
    const middle = this.#head + (this.length >> 1);
    this.#queue = this.#queue.slice(middle).concat(this.#queue.slice(this.#head, middle));
    this.#head = 0;
  }

  take(most: number): TaskId[] {
    const taken = this.#queue.slice(this.#head, this.#head + most);
    this.#head += taken.length;
    // Array.shift is linear; the consumed head is dropped only once it is most of the array.
    if (this.#head > 4096 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return taken;
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
