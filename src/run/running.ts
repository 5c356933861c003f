// The batches that are under way: what each has reported, what it left undone, and which of them take so long that
// the tasks behind the one that is running had better go to someone else.

import type {StoreError} from '../errors.js';
import {describeThrown, type Failure, type Thrown, ThrownElsewhere} from '../failure.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskHash} from '../hash.js';
import {type Packed, packedArguments} from '../tasks/arguments.js';
import type {TaskFunction} from '../tasks/functions.js';
import {originOf} from '../tasks/origin.js';
import {failureOf} from './failures.js';
import type {IntakeOptions} from './intake.js';
import type {Batch, Outcomes} from './protocol.js';
import {type BatchEnd, lastStarted, type Runner, recall} from './runner.js';

export interface RunOptions extends IntakeOptions {
  readonly keepGoing: boolean;
  /** Milliseconds without news after which tasks that others hold are no longer waited for. */
  readonly patience: number;
  readonly debug: boolean;
  /** Milliseconds after which a batch is late, and what it has not started is taken back. */
  readonly late: number;
}

/** So many workers may die one after the other without having started a task. */
const MOST_STILLBORN = 3;

/** To run such a task again would not help: nothing says that it has to wait for what it asks for. */
const NOT_AN_ARGUMENT: Thrown = {
  name: 'JugError',
  message:
    'asked for the result of a task that is not among its arguments and not there yet; pass that task as an argument',
};

/** What goes to a worker beside the tasks. */
export interface Sending {
  readonly epoch: number;
  /** Attempts that failed in earlier runs. */
  readonly attempts: ReadonlyMap<TaskHash, number>;
  readonly unsaved: Batch['unsaved'];
  /** Each task but the first needs the one before it. */
  readonly isChain: boolean;
}

/** Takes what workers report, task by task. */
export interface Receiver {
  /** Whether a signal ends the run. */
  isInterrupted(): boolean;
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

/** Tasks of a function that were not run. */
export type Returned = readonly [fn: TaskFunction, ids: readonly TaskId[]];

class RunningBatch {
  /** Places that are reported or were taken back. */
  readonly accounted: Uint8Array;
  /** The place that was running when the rest was taken back. */
  #lastPlace: number | undefined;
  readonly started = performance.now();

  constructor(
    readonly fn: TaskFunction,
    readonly ids: readonly TaskId[],
    readonly message: Batch,
  ) {
    this.accounted = new Uint8Array(ids.length);
  }

  /** The place of the task that was started last. */
  get lastPlace(): number {
    return this.#lastPlace ?? lastStarted(this.message);
  }

  attempt(place: number): number {
    return this.message.attempts[place]!;
  }

  get isRecalled(): boolean {
    return this.#lastPlace !== undefined;
  }

  /** Takes back what is not started. */
  recall(): TaskId[] {
    if (this.isRecalled) return [];
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

export class RunningBatches {
  readonly #graph: TaskGraph;
  readonly #runner: Runner;
  readonly #options: RunOptions;
  readonly #signal: () => void;
  readonly #batches = new Set<RunningBatch>();
  /** What callbacks left for the run loop. */
  #arrivals: ((receiver: Receiver) => void)[] = [];
  /** Workers in a row that died before they started anything. */
  #stillborn = 0;

  constructor(graph: TaskGraph, runner: Runner, options: RunOptions, signal: () => void) {
    this.#graph = graph;
    this.#runner = runner;
    this.#options = options;
    this.#signal = signal;
  }

  get size(): number {
    return this.#batches.size;
  }

  /** How many tasks are in batches and not accounted for. */
  get tasks(): number {
    let tasks = 0;
    for (const {accounted} of this.#batches) for (const mark of accounted) if (mark === 0) tasks++;
    return tasks;
  }

  start(fn: TaskFunction, all: readonly TaskId[], sending: Sending): void {
    const {epoch, attempts, unsaved, isChain} = sending;
    const [ids, args] = this.#pack(fn, all, sending);
    if (ids.length === 0) return;
    const tasks = ids.map(id => this.#graph.task(id));
    const message: Batch = {
      function: fn.name,
      count: ids.length,
      args,
      attempts:
        attempts.size === 0 ? ids.map(() => 1) : tasks.map(task => (attempts.get(task.hash) ?? 0) + 1),
      origin: originOf(fn).bytes,
      cursor: new Int32Array(new SharedArrayBuffer(4)),
      epoch,
      unsaved,
      chain: isChain ? tasks.map(task => task.hash) : [],
      stopAtFailure: isChain || !this.#options.keepGoing,
      debug: this.#options.debug,
    };
    const batch = new RunningBatch(fn, ids, message);
    this.#batches.add(batch);
    const report = (outcomes: Outcomes): void =>
      this.#arrive(receiver => read(batch, outcomes, this.#graph, receiver));
    void this.#runner.run(message, report).then(end => {
      this.#batches.delete(batch);
      const mayStart = this.#mayStart(batch, end);
      this.#arrive(receiver => {
        finish(batch, end, receiver);
        if (!mayStart && end.kind === 'died') receiver.unusable(new ThrownElsewhere(end.error));
      });
    });
  }

  /** One worker may have bad luck; if it is the same with the next ones, no worker can start anything. */
  #mayStart(batch: RunningBatch, end: BatchEnd): boolean {
    if (end.kind !== 'died' || batch.lastPlace >= 0) this.#stillborn = 0;
    else this.#stillborn++;
    return this.#stillborn <= MOST_STILLBORN;
  }

  /** Fails a task before it is started. */
  refuse(id: TaskId, error: Thrown, attempts: ReadonlyMap<TaskHash, number>): void {
    const {hash, function: fn} = this.#graph.task(id);
    const when = {started: Date.now(), duration: 0};
    const failure = failureOf(fn, (attempts.get(hash) ?? 0) + 1, error, when);
    this.#arrive(receiver => receiver.failure(id, failure));
  }

  /** Arguments that cannot be sent, or were changed, fail their task before it starts, and what is behind it needs it. */
  #pack(fn: TaskFunction, all: readonly TaskId[], {attempts, isChain}: Sending): [TaskId[], Packed[]] {
    const ids: TaskId[] = [];
    const args: Packed[] = [];
    for (const [place, id] of all.entries()) {
      try {
        args.push(packedArguments(this.#graph.task(id)));
        ids.push(id);
      } catch (error) {
        this.refuse(id, describeThrown(error), attempts);
        if (!isChain) continue;
        this.#arrive(receiver => receiver.returned(fn, all.slice(place + 1)));
        break;
      }
    }
    return [ids, args];
  }

  /** Hands over what has come since the last time. */
  settle(receiver: Receiver): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) arrival(receiver);
  }

  /** Takes back all that is not started, of every batch. */
  recallAll(): Returned[] {
    return [...this.#batches].map(batch => [batch.fn, batch.recall()] as const);
  }

  recallOverdue(): Returned[] {
    const late = performance.now() - this.#options.late;
    return [...this.#batches]
      .filter(batch => batch.started < late && batch.lastPlace < batch.ids.length - 1 && !batch.isRecalled)
      .map(batch => [batch.fn, batch.recall()] as const);
  }

  /** Milliseconds until a batch may be late. */
  restsFor(): number {
    let rest = Infinity;
    const now = performance.now();
    for (const batch of this.#batches) {
      if (!batch.isRecalled && batch.lastPlace < batch.ids.length - 1)
        rest = Math.min(rest, batch.started + this.#options.late + 1 - now);
    }
    return rest;
  }

  #arrive(arrival: (receiver: Receiver) => void): void {
    this.#arrivals.push(arrival);
    this.#signal();
  }
}

function read(batch: RunningBatch, outcomes: Outcomes, graph: TaskGraph, receiver: Receiver): void {
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
      const failure = failureOf(batch.fn, batch.attempt(place), other.error, other);
      if (other.isInterrupted !== true || !receiver.isInterrupted()) receiver.failure(id, failure);
      else receiver.returned(batch.fn, [id]);
    } else {
      const needed = new Set(graph.dependencies(id));
      const missing = other.hashes.map(hash => graph.find(hash));
      if (missing.every(lost => lost !== undefined && needed.has(lost))) {
        receiver.missing(missing as TaskId[], other.reason, batch.started);
        receiver.returned(batch.fn, [id]);
      } else {
        const when = {started: Date.now(), duration: 0};
        receiver.failure(id, failureOf(batch.fn, batch.attempt(place), NOT_AN_ARGUMENT, when));
      }
    }
    start = end;
  }
  receiver.took(batch.fn, ends.length, elapsed);
}

function finish(batch: RunningBatch, end: BatchEnd, receiver: Receiver): void {
  const place = batch.lastPlace;
  if (end.kind === 'died' && place >= 0 && batch.accounted[place] === 0) {
    batch.accounted[place] = 1;
    const duration = performance.now() - batch.started;
    const when = {started: Date.now() - duration, duration};
    receiver.failure(batch.ids[place]!, failureOf(batch.fn, batch.attempt(place), end.error, when));
  }
  receiver.returned(batch.fn, batch.takeBack(0));
  if (end.kind === 'unusable') receiver.unusable(end.error);
}
