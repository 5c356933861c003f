// The batches that are under way: what each has reported, what it left undone, and which of them take so long that
// the tasks behind the one that is running had better go to someone else.

import {describeThrown, type Thrown, ThrownElsewhere} from '../core/failure.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskFunction} from '../tasks/functions.js';
import {originOf} from '../tasks/provenance.js';
import {type Packed, packedArguments} from '../tasks/wire-arguments.js';
import type {TaskHash} from '../values/task-hash.js';

import type {IntakeOptions} from './admission.js';
import {type AtWork, UnderWay} from './batch-in-flight.js';
import {failureOf, type Receiver, tellBegun, tellEnd, tellOutcomes} from './outcomes.js';
import type {Batch, Outcomes} from './protocol.js';
import type {BatchEnd, Runner} from './runner.js';

export type {Receiver} from './outcomes.js';

export interface RunOptions extends IntakeOptions {
  readonly keepGoing: boolean;
  /** Milliseconds without news after which tasks that others hold are no longer waited for. */
  readonly patience: number;
  readonly debug: boolean;
  /** Milliseconds from its beginning after which a batch is late, and what it has not started is taken back. */
  readonly late: number;
}

/** So many workers may die one after the other without having started a task. */
const MOST_STILLBORN = 3;

/**
 * Milliseconds after which it is looked first whether a worker has begun a batch; each later look is after as long a time
 * as has passed by then, up to the longest.
 */
const FIRST_LOOK = 5;
const LONGEST_REST = 250;
/** Arguments that took a while to be sent take a while to arrive: so many times as long. */
const ARRIVAL = 20;

/** What goes to a worker beside the tasks. */
export interface Sending {
  /** Attempts that failed in earlier runs. */
  readonly attempts: ReadonlyMap<TaskHash, number>;
  readonly unsaved: Batch['unsaved'];
  /** Each task but the first needs the one before it. */
  readonly isChain: boolean;
}

/** Tasks of a function that were not run. */
export type Returned = readonly [fn: TaskFunction, ids: readonly TaskId[]];

export class RunningBatches {
  readonly #graph: TaskGraph;
  readonly #runner: Runner;
  readonly #options: RunOptions;
  readonly #signal: () => void;
  readonly #now: () => number;
  readonly #batches = new Set<UnderWay>();
  /** What callbacks left for the run loop. */
  #arrivals: ((receiver: Receiver) => void)[] = [];
  /** Workers in a row that died before they started anything. */
  #stillborn = 0;
  /** Whether a worker has come to the end of a batch: there is one that can. */
  #hasWorker = false;
  /** Taken back before a worker had begun them. That may help once; the next time they are left to arrive. */
  readonly #sentAgain = new Set<TaskId>();

  constructor(
    graph: TaskGraph,
    runner: Runner,
    options: RunOptions,
    signal: () => void,
    now = (): number => performance.now(),
  ) {
    this.#graph = graph;
    this.#runner = runner;
    this.#options = options;
    this.#signal = signal;
    this.#now = now;
  }

  get size(): number {
    return this.#batches.size;
  }

  /** Whether every worker has a batch. */
  get isFull(): boolean {
    return this.#batches.size >= this.#runner.size;
  }

  /** How many tasks workers are at: one a worker, at most. */
  get atWork(): number {
    return [...this.#batches].filter(batch => batch.isAtWork).length;
  }

  /** The tasks that workers are at, in no order. */
  get tasksAtWork(): AtWork[] {
    return [...this.#batches].filter(batch => batch.isAtWork).map(batch => batch.atWork(this.#now()));
  }

  /** By function, how many tasks are begun, and nothing was heard of them. */
  get openByFunction(): ReadonlyMap<string, number> {
    const open = new Map<string, number>();
    for (const batch of this.#batches) open.set(batch.fn.name, (open.get(batch.fn.name) ?? 0) + batch.open);
    return open;
  }

  /** How many tasks are begun, and nothing was heard of them. */
  get open(): number {
    return [...this.#batches].reduce((sum, batch) => sum + batch.open, 0);
  }

  start(fn: TaskFunction, all: readonly TaskId[], sending: Sending): void {
    const {attempts, unsaved, isChain} = sending;
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
      cursor: new Int32Array(new SharedArrayBuffer(12)),
      unsaved,
      chain: isChain ? tasks.map(task => task.hash) : [],
      stopAtFailure: isChain || !this.#options.keepGoing,
      debug: this.#options.debug,
    };
    const batch = new UnderWay(fn, ids, message, this.#now());
    this.#batches.add(batch);
    const report = (outcomes: Outcomes): void =>
      this.#arrive(receiver => tellOutcomes(batch, outcomes, this.#graph, this.#now(), receiver));
    const running = this.#runner.run(message, report, place => String(this.#graph.task(ids[place]!)));
    batch.posting = this.#now() - batch.posted;
    void running.then(end => {
      this.#batches.delete(batch);
      if (end.kind === 'done') this.#hasWorker = true;
      const mayStart = this.#mayStart(batch, end);
      this.#arrive(receiver => {
        tellEnd(batch, end, this.#now(), receiver);
        if (!mayStart && end.kind === 'died') receiver.unusable(new ThrownElsewhere(end.error));
      });
    });
  }

  /** One worker may have bad luck; if it is the same with the next ones, no worker can start anything. */
  #mayStart(batch: UnderWay, end: BatchEnd): boolean {
    if (end.kind !== 'died' || batch.lastPlace >= 0) this.#stillborn = 0;
    else this.#stillborn++;
    return this.#stillborn <= MOST_STILLBORN;
  }

  /** Fails a task before it is started. */
  refuse(id: TaskId, error: Thrown, attempts: ReadonlyMap<TaskHash, number>): void {
    const {hash, function: fn} = this.#graph.task(id);
    const when = {started: Date.now(), duration: 0, worker: 0};
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
    const now = this.#now();
    for (const batch of this.#batches) tellBegun(batch, now, receiver);
  }

  /** Takes back all that is not started, of every batch. */
  recallAll(): Returned[] {
    return [...this.#batches].map(batch => [batch.fn, batch.recall()] as const);
  }

  /**
   * Takes back what stands behind a task that takes long. A batch that no worker has begun is on its way, and is not late:
   * its arguments arrive when they arrive. Only where another worker has nothing to do is it given to that one, since the
   * first may be held up; and that once. `isNothingElse`: to be started.
   */
  recallOverdue(isNothingElse: boolean): Returned[] {
    const returned: Returned[] = [];
    let mayHelp = isNothingElse && !this.isFull && this.#hasWorker;
    for (const batch of this.#batches) {
      if (!batch.hasRest) continue;
      const since = batch.begun ?? (mayHelp && this.#mayBeElsewhere(batch) ? batch.posted : Infinity);
      if (this.#now() - since <= this.#options.late) continue;
      const ids = batch.recall();
      if (batch.lastPlace < 0) {
        for (const id of ids) this.#sentAgain.add(id);
        // One that is idle has room for one.
        mayHelp = false;
      }
      returned.push([batch.fn, ids]);
    }
    return returned;
  }

  #mayBeElsewhere(batch: UnderWay): boolean {
    const isArriving = this.#now() - batch.posted < batch.posting * ARRIVAL;
    return !isArriving && !batch.ids.some(id => this.#sentAgain.has(id));
  }

  /** Milliseconds until a batch may be late, or may be seen to be begun. */
  restsFor(): number {
    let rest = Infinity;
    const now = this.#now();
    for (const batch of this.#batches) {
      if (!batch.hasRest && !batch.hasNews) continue;
      const next =
        batch.begun === undefined
          ? Math.min(LONGEST_REST, Math.max(FIRST_LOOK, now - batch.posted))
          : batch.begun + this.#options.late + 1 - now;
      rest = Math.min(rest, next);
    }
    return rest;
  }

  #arrive(arrival: (receiver: Receiver) => void): void {
    this.#arrivals.push(arrival);
    this.#signal();
  }
}
