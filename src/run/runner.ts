// Runs batches of tasks somewhere. The scheduler knows this interface and nothing else of threads; a dry run, or a
// test that holds the tasks by the hand, is another runner.

import type {StoreError} from '../core/errors.js';
import type {Thrown, ThrownElsewhere} from '../core/failure.js';
import type {Batch, Outcomes} from './protocol.js';

/** How a batch ended. Tasks that were not reported by then were not run to their end. */
export type BatchEnd =
  | {readonly kind: 'done'}
  /** The worker is gone, and with it the task it was running; `error` says why. */
  | {readonly kind: 'died'; readonly error: Thrown}
  /** The runner was killed: no task is to blame. */
  | {readonly kind: 'killed'}
  /** The worker cannot run anything: its evaluation of the jugfile failed, or it cannot read the store. */
  | {readonly kind: 'unusable'; readonly error: ThrownElsewhere | StoreError};

export interface Runner {
  /** How many batches can be under way at once. */
  readonly size: number;
  /** Batches are to be expected: what takes its time before the first one may begin. */
  prepare(): void;
  /** Never rejects. `report` is called for some tasks at a time, in the order of the batch, before the answer settles. `names`: what the task at a place is called. */
  run(
    batch: Batch,
    report: (outcomes: Outcomes) => void,
    names: (place: number) => string,
  ): Promise<BatchEnd>;
  /** Ends the threads at once, with the batches that are under way. */
  kill(): Promise<unknown>;
}

/** The place of the next task that nobody has started; from it on, nothing will be started. */
export function recall(batch: Batch): number {
  return Math.min(Atomics.exchange(batch.cursor, 0, batch.count), batch.count);
}

/** The place of the task that was started last. */
export function lastStarted(batch: Batch): number {
  return Math.min(Atomics.load(batch.cursor, 0), batch.count) - 1;
}

/** What the worker has written of that task: for how many milliseconds it has been at it, and which thread it is. */
export function startedLast({cursor}: Batch): {
  readonly age: number | undefined;
  readonly worker: number | undefined;
} {
  const [, started, worker] = cursor;
  if (!worker) return {age: undefined, worker: undefined};
  // Of the clock, both sides know the last 32 bits: enough for weeks.
  return {age: ((Date.now() | 0) - started!) | 0, worker};
}
