// One batch that was given to the runner: how far its worker is, which of its tasks are accounted for, and which of them
// were taken back. Knows neither the graph nor a clock.

import type {TaskId} from '../graph/graph.js';
import type {TaskFunction} from '../tasks/functions.js';
import type {Batch} from './protocol.js';
import {lastStarted, recall, startedLast} from './runner.js';

/** A task that a worker is at. */
export interface AtWork {
  readonly id: TaskId;
  /** Milliseconds for which it has been. */
  readonly age: number;
  /** The number of its thread; `undefined` as long as it has not said. */
  readonly worker: number | undefined;
}

export class UnderWay {
  /** Places that are reported or were taken back. */
  readonly accounted: Uint8Array;
  /** When it was first seen that a worker had begun it; by the clock of `posted`. */
  begun: number | undefined;
  /** Milliseconds that it took to give it to the runner. */
  posting = 0;
  /** How many of its tasks were told to be begun. */
  #told = 0;
  /** The place that was running when the rest was taken back. */
  #lastPlace: number | undefined;

  /** `posted`: when it was given to the runner. */
  constructor(
    readonly fn: TaskFunction,
    readonly ids: readonly TaskId[],
    readonly message: Batch,
    readonly posted: number,
  ) {
    this.accounted = new Uint8Array(ids.length);
  }

  /** The place of the task that was started last. */
  get lastPlace(): number {
    return this.#lastPlace ?? lastStarted(this.message);
  }

  /** Whether a worker is at one of its tasks, as far as is known here. */
  get isAtWork(): boolean {
    const {lastPlace} = this;
    return lastPlace >= 0 && this.accounted[lastPlace] === 0;
  }

  /** The task that its worker is at, if it is at one. */
  atWork(now: number): AtWork {
    const {age = now - (this.begun ?? now), worker} = startedLast(this.message);
    return {id: this.ids[this.lastPlace]!, age: Math.max(0, age), worker};
  }

  /** The number of its worker's thread; 0 as long as it is not known. */
  get worker(): number {
    return startedLast(this.message).worker ?? 0;
  }

  /** How many of its tasks are begun and not accounted for. */
  get open(): number {
    let open = 0;
    for (let place = 0; place <= this.lastPlace; place++) if (this.accounted[place] === 0) open++;
    return open;
  }

  /** Whether there is something that could be taken back. */
  get hasRest(): boolean {
    return this.#lastPlace === undefined && lastStarted(this.message) < this.ids.length - 1;
  }

  /** Whether a worker has begun tasks that were not told to be. */
  get hasNews(): boolean {
    return this.lastPlace >= this.#told;
  }

  attempt(place: number): number {
    return this.message.attempts[place]!;
  }

  /** The tasks that a worker has begun since the last time. */
  begunSince(now: number): readonly TaskId[] {
    const first = this.#told;
    const next = this.lastPlace + 1;
    if (next === first) return [];
    this.begun ??= now;
    this.#told = next;
    return this.ids.slice(first, next);
  }

  /** Takes back what is not started. */
  recall(): TaskId[] {
    if (this.#lastPlace !== undefined) return [];
    const next = recall(this.message);
    this.#lastPlace = next - 1;
    return this.takeBack(next);
  }

  /** Marks the places from `first` on that nobody has accounted for, and answers with their tasks. */
  takeBack(first: number): TaskId[] {
    const ids: TaskId[] = [];
    for (let place = first; place < this.ids.length; place++) {
      if (this.accounted[place] === 1) continue;
      this.accounted[place] = 1;
      ids.push(this.ids[place]!);
    }
    return ids;
  }
}
