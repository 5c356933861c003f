// What workers report of a batch, and what its end leaves undone, told task by task. Knows the graph only to see whether
// what a task missed is among its arguments.

import {hostname} from 'node:os';
import type {StoreError} from '../core/errors.js';
import type {Failure, Thrown, ThrownElsewhere} from '../core/failure.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskFunction} from '../tasks/functions.js';
import type {UnderWay} from './batch-in-flight.js';
import type {Outcomes} from './protocol.js';
import type {BatchEnd} from './runner.js';

/** Takes what workers report, task by task. */
export interface Receiver {
  /** Whether a signal ends the run. */
  isInterrupted(): boolean;
  /** A worker has begun them; told of a task before anything else is told of it. */
  begun(fn: TaskFunction, ids: readonly TaskId[]): void;
  result(id: TaskId, record: Uint8Array, fn: TaskFunction): void;
  failure(id: TaskId, failure: Failure): void;
  /** Dependencies whose results are damaged or gone, or were for one who may have looked from `since` on. */
  missing(ids: Iterable<TaskId>, reason: string, since: number): void;
  returned(fn: TaskFunction, ids: readonly TaskId[]): void;
  /** `count` tasks took `elapsed` milliseconds. */
  took(fn: TaskFunction, count: number, elapsed: number): void;
  /** No worker can run anything: the jugfile failed there, or the store cannot be read. */
  unusable(error: ThrownElsewhere | StoreError): void;
}

/** To run such a task again would not help: nothing says that it has to wait for what it asks for. */
const NOT_AN_ARGUMENT: Thrown = {
  name: 'JugError',
  message:
    'asked for the result of a task that is not among its arguments and not there yet; pass that task as an argument',
};

export function tellBegun(batch: UnderWay, now: number, receiver: Receiver): void {
  const ids = batch.begunSince(now);
  if (ids.length > 0) receiver.begun(batch.fn, ids);
}

export function tellOutcomes(
  batch: UnderWay,
  outcomes: Outcomes,
  graph: TaskGraph,
  now: number,
  receiver: Receiver,
): void {
  tellBegun(batch, now, receiver);
  const {first, bytes, ends, others, elapsed} = outcomes;
  const exceptions = others.length === 0 ? undefined : new Map(others);
  let start = 0;
  for (let offset = 0; offset < ends.length; offset++) {
    const place = first + offset;
    const id = batch.ids[place]!;
    const end = ends[offset]!;
    batch.accounted[place] = 1;
    const other = exceptions?.get(place);
    if (other === undefined) receiver.result(id, bytes.subarray(start, end), batch.fn);
    else if (other.kind === 'large') receiver.result(id, other.record, batch.fn);
    else if (other.kind === 'failure') {
      const failure = failureOf(batch.fn, batch.attempt(place), other.error, {
        ...other,
        worker: batch.worker,
      });
      if (other.isInterrupted !== true || !receiver.isInterrupted()) receiver.failure(id, failure);
      else receiver.returned(batch.fn, [id]);
    } else {
      const needed = new Set(graph.dependencies(id));
      const missing = other.hashes.map(hash => graph.find(hash));
      if (missing.every(lost => lost !== undefined && needed.has(lost))) {
        receiver.missing(missing as TaskId[], other.reason, batch.posted);
        receiver.returned(batch.fn, [id]);
      } else {
        const when = {started: Date.now(), duration: 0, worker: batch.worker};
        receiver.failure(id, failureOf(batch.fn, batch.attempt(place), NOT_AN_ARGUMENT, when));
      }
    }
    start = end;
  }
  receiver.took(batch.fn, ends.length, elapsed);
}

export function tellEnd(batch: UnderWay, end: BatchEnd, now: number, receiver: Receiver): void {
  tellBegun(batch, now, receiver);
  const place = batch.lastPlace;
  if (end.kind === 'died' && batch.isAtWork) {
    batch.accounted[place] = 1;
    const duration = now - (batch.begun ?? now);
    const when = {started: Date.now() - duration, duration, worker: batch.worker};
    receiver.failure(batch.ids[place]!, failureOf(batch.fn, batch.attempt(place), end.error, when));
  }
  receiver.returned(batch.fn, batch.takeBack(0));
  if (end.kind === 'unusable') receiver.unusable(end.error);
}

export function failureOf(
  fn: TaskFunction,
  attempt: number,
  error: Thrown,
  when: {readonly started: number; readonly duration: number; readonly worker: number},
): Failure {
  const {started, duration, worker} = when;
  return {
    function: fn.name,
    attempt,
    started,
    duration,
    host: hostname(),
    pid: process.pid,
    worker,
    error,
  };
}
