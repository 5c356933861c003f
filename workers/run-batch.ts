// Runs the tasks of one batch, one after the other, and reports what became of them.

import {setTimeout as sleep} from 'node:timers/promises';
import {threadId} from 'node:worker_threads';
import {StoreError} from '../src/core/errors.js';
import {describeThrown} from '../src/core/failure.js';
import type {Batch, Outcome} from '../src/run/protocol.js';
import {callWatched, watchTasklets} from '../src/tasks/change-watch.js';
import type {AnyFunction} from '../src/tasks/functions.js';
import {MissingResults} from '../src/tasks/read-results.js';
import {isThenable} from '../src/tasks/substitute.js';
import {isPrimitive, isTask} from '../src/tasks/traverse.js';
import {type Packed, unpack} from '../src/tasks/wire-arguments.js';
import {encode} from '../src/values/codec.js';
import {isPlainData} from '../src/values/plain-copy.js';
import {MAX_PAYLOAD, recordOf} from '../src/values/record.js';
import type {TaskHash} from '../src/values/task-hash.js';
import {callText} from './call-text.js';
import {isInterrupted} from './child-processes.js';
import {type Flushed, OutcomeWriter} from './outcome-writer.js';
import {onlyReads} from './pure-top-level.js';
import {type Channel, isJugfile, Running, running} from './task-context.js';
import {printing} from './task-output.js';
import type {WorkerHost} from './worker-host.js';

/** Milliseconds after which what is done is reported before the batch is. */
const REPORT_EVERY = 25;
/** Milliseconds that a signal may be on its way, to one process of a group later than to another. */
const SIGNAL = 250;

/** Values in an argument that stands beside a shared one, up to which it is looked through. */
const MOST_BESIDE = 1000;

let jugfileFailed: (reason: unknown) => void = reason => {
  throw reason;
};

/** Called with what the jugfile itself, and no task, has left behind or thrown outside of its evaluation. */
export function onJugfileFailure(failed: (reason: unknown) => void): void {
  jugfileFailed = failed;
}

process.on('unhandledRejection', reason => leftBehind(reason, 'left a rejected promise behind'));
process.on('uncaughtException', error => leftBehind(error, 'threw outside of its call'));

function leftBehind(reason: unknown, what: string): void {
  const owner = running.getStore();
  if (owner === undefined) {
    // What is nobody's would have ended the thread, without a handler; so be it.
    if (!isJugfile()) throw reason;
    jugfileFailed(reason);
    return;
  }
  const thrown = describeThrown(reason);
  const error = {...thrown, message: `${what}: ${thrown.message}`};
  const failure = {kind: 'failure', error, started: Date.now(), duration: 0} as const;
  if (owner.writer.replace(owner.place, failure)) {
    breakChain(owner);
    return;
  }
  owner.channel.warn(`${callText(owner.batch, owner.place)} ${error.message} (after it had returned)`);
}

/** What was made from the result of a task that has failed after all is nobody's result. */
function breakChain({batch, place, writer}: Running): void {
  if (batch.chain.length === 0) return;
  for (let next = place + 1; next < batch.count; next++)
    writer.replace(next, {kind: 'missing', hashes: [batch.chain[next - 1]!], reason: 'its task failed'});
}

/** Where a result goes. */
interface Destination {
  readonly batch: Batch;
  readonly place: number;
  readonly writer: OutcomeWriter;
  readonly atHand: Map<TaskHash, Uint8Array>;
}

/** Settles with what was not reported on the way. Rejects with a StoreError if the store cannot be read. */
export async function runBatch(batch: Batch, host: WorkerHost, channel: Channel): Promise<Flushed> {
  const {fn} = host.functions.named(batch.function)!;
  const writer = new OutcomeWriter(batch.origin, performance.now());
  const {cursor} = batch;
  cursor[2] = threadId;
  const atHand = new Map(batch.unsaved);
  host.unsaved = atHand;
  let reported: Promise<void> | undefined;
  const report = (): Promise<void> => (reported = channel.progress(writer.flush(performance.now())));
  // A task that waits for something slow does not hold back what was done before it.
  const tick = (): unknown => writer.count > 0 && void report();
  const timer = batch.count > 1 ? setInterval(tick, REPORT_EVERY) : undefined;
  // The cursor stays where it is, and says which task was running should the thread end.
  while (!writer.isDecided) {
    const place = Atomics.add(cursor, 0, 1);
    if (place >= batch.count) break;
    const begun = performance.now();
    if (writer.count > 0 && begun - writer.since > REPORT_EVERY) {
      await turn();
      await report();
      if (writer.isDecided) break;
    }
    cursor[1] = performance.timeOrigin + begun;
    host.kept.begin(begun);
    let failed: boolean;
    const packed = batch.args[place]!;
    const call = (): unknown =>
      Array.isArray(packed) && !batch.debug ? fn(...packed) : callLoaded(fn, packed, batch, host);
    const task = new Running(batch, place, writer, channel);
    try {
      let result = running.run(task, call);
      if (isThenable(result)) result = await result;
      if (task.made > 0) throw madeTasks(task.made);
      write({batch, place, writer, atHand}, result, begun);
      failed = false;
    } catch (error) {
      if (error instanceof StoreError) {
        // The tasks are not to blame: what is done is reported, and main takes back the rest.
        clearInterval(timer);
        await report();
        throw error;
      }
      writer.other(await failureOf(error, begun, task));
      failed = true;
    }
    printing.over(task);
    if (failed && batch.stopAtFailure) break;
  }
  await turn();
  clearInterval(timer);
  await reported;
  return writer.flush(performance.now());
}

/** Rejections that nobody handles are known only after a turn of the event loop. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

function write(to: Destination, result: unknown, begun: number): void {
  const encoded = encode(result);
  if (encoded.payload.length > MAX_PAYLOAD) {
    throw new RangeError(
      `Expected a result of at most 1 GiB, found one of ${(encoded.payload.length / 2 ** 30).toFixed(2)} GiB: ` +
        'write it to a file and return the path, or split the task',
    );
  }
  const {batch, place, writer, atHand} = to;
  const duration = performance.now() - begun;
  const started = performance.timeOrigin + begun;
  const fields = {worker: threadId, attempt: batch.attempts[place]!, started, duration};
  if (place + 1 < batch.chain.length) {
    // The next one needs it, and only that one. Before it is written: without memory for it, the task has failed.
    atHand.delete(batch.chain[place - 1]!);
    atHand.set(batch.chain[place]!, recordOf(encoded, fields, batch.origin));
  }
  writer.result(encoded, fields);
}

async function failureOf(error: unknown, begun: number, task: Running): Promise<Outcome> {
  if (error instanceof MissingResults) return {kind: 'missing', hashes: error.hashes, reason: error.reason};
  const duration = performance.now() - begun;
  const failure = {
    kind: 'failure',
    error: describeThrown(error),
    started: performance.timeOrigin + begun,
    duration,
  } as const;
  if (!isInterrupted(task)) return failure;
  // The same signal is to reach main first, so that it knows what the failure means.
  await sleep(SIGNAL);
  return {...failure, isInterrupted: true};
}

async function callLoaded(fn: AnyFunction, packed: Packed, batch: Batch, host: WorkerHost): Promise<unknown> {
  const tree = unpack(packed);
  if (batch.debug) {
    watchTasklets();
    return callWatched(fn, await host.value(tree));
  }
  if (onlyReads(fn) && tree.every(arg => isPrimitive(arg) || isTask(arg))) {
    const keeper = host.kept.keeper('same');
    const args = await host.arguments(tree, keeper);
    if (keeper.shared.size === 0) return fn(...args);
    if (args.every(arg => isPrimitive(arg) || keeper.shared.has(arg) || isPlainData(arg, MOST_BESIDE))) {
      try {
        return fn(...args);
      } catch {
        // Perhaps only for what it was given is not its own. It has done nothing that would be done twice.
      }
    }
  }
  return fn(...(await host.arguments(tree, host.kept.keeper('copies'))));
}

/** Where the task function has caught what it was told. */
function madeTasks(made: number): Error {
  return new Error(
    `made ${made} ${made === 1 ? 'task' : 'tasks'} while it ran: tasks are made by the jugfile, not inside a task`,
  );
}
