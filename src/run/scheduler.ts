// The run loop: takes what is ready, gets the locks, hands batches to the runner, stores what comes back, and opens
// barriers. Knows the store and the runner as interfaces; does no drawing and starts no threads.
//
// One loop, and no callback does more than leave something for it: take in what the jugfile defined; settle what
// came back; start as much as there is room for; commit if it is time; open barriers; else wait for a sign.

import {StoreError} from '../core/errors.js';
import type {Failure} from '../core/failure.js';
import {type Event, type Progress, tellCounts} from '../graph/events.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import {TaskStates} from '../graph/task-states.js';
import type {Store} from '../stores/store.js';
import {originOf} from '../tasks/provenance.js';
import {Intake} from './admission.js';
import {Waiters} from './barriers.js';
import {Queue} from './dispatcher.js';
import {Saving} from './group-commit.js';
import {type Receiver, type Returned, RunningBatches, type RunOptions} from './in-flight.js';
import {lostText, withLoss} from './lost-results.js';
import {DEADLY, Deaths} from './peers/crash-counter.js';
import {Ahead} from './peers/read-ahead.js';
import {Elsewhere} from './peers/remote-tasks.js';
import {functionsOf, taskOf} from './progress.js';
import type {Missing} from './protocol.js';
import {unsavedFor} from './results-at-hand.js';
import type {End} from './run-end.js';
import type {Runner} from './runner.js';
import {Timings} from './timings.js';
import {Sign} from './wakeup.js';

export class Scheduler {
  readonly states: TaskStates;
  readonly #graph: TaskGraph;
  readonly #store: Store;
  readonly #runner: Runner;
  readonly #options: RunOptions;
  readonly #emit: (event: Event) => void;
  readonly #queue: Queue;
  readonly #saving: Saving;
  readonly #intake: Intake;
  readonly #elsewhere: Elsewhere;
  readonly #ahead: Ahead;
  readonly #running: RunningBatches;
  readonly waiters: Waiters;
  /** Of what this run has computed. */
  readonly timings = new Timings();
  #jugfile: 'evaluating' | 'done' | {readonly error: unknown} = 'evaluating';
  #stopping: 'failure' | 'interrupt' | undefined;
  readonly #sign = new Sign();

  constructor(
    graph: TaskGraph,
    store: Store,
    runner: Runner,
    options: RunOptions,
    emit: (event: Event) => void,
    /** The store without patience. */
    glance: Pick<Store, 'has'> = store,
  ) {
    this.#graph = graph;
    this.#store = store;
    this.#runner = runner;
    this.#options = options;
    this.#emit = emit;
    this.states = new TaskStates(graph);
    const deaths = new Deaths(store);
    this.#saving = new Saving(store, deaths, graph);
    this.#intake = new Intake(graph, this.states, store, deaths, options);
    this.#elsewhere = new Elsewhere(store, deaths, () => this.signal());
    const others = {
      finished: (id: TaskId) => this.#loaded(id),
      held: (id: TaskId) => this.#heldElsewhere(id),
      deadly: (id: TaskId) => this.#running.refuse(id, DEADLY, this.#intake.attempts),
    };
    this.#queue = new Queue(graph, this.states, store, deaths, others, id => this.#intake.wants(id));
    this.#ahead = new Ahead(graph, this.states, glance, this.#queue, () => this.signal());
    this.waiters = new Waiters(graph, this.states);
    this.#running = new RunningBatches(graph, runner, options, () => this.signal());
  }

  get progress(): Progress {
    const tasks = this.#running.tasksAtWork.map(at => taskOf(this.#graph.task(at.id), at));
    return {
      ...this.states.summary,
      running: tasks.length,
      elsewhere: this.#elsewhere.size,
      functions: functionsOf(this.states, this.timings, tasks, this.#running.openByFunction),
      tasks,
      isOpen: this.#jugfile === 'evaluating',
      barriers: this.waiters.barriers.map(({site}) => site),
    };
  }

  /** Something may have changed: the loop looks again. */
  signal(): void {
    this.#sign.give();
  }

  /** The jugfile failed: what is running finishes and is stored, and the run ends. */
  fail(error: unknown): void {
    this.#jugfileIs({error});
  }

  /** Has results made again that could not be read at `since`; `undefined` if this run never had them. */
  recover({hashes, reason}: Missing, since = performance.now()): Promise<void> | undefined {
    const ids = hashes.map(hash => this.#graph.find(hash)).filter(id => id !== undefined);
    if (ids.length < hashes.length || !ids.every(id => this.#intake.wasMade(id))) return undefined;
    for (const id of ids) if (this.#intake.isMissing(id, since)) this.#recompute(id, reason, since);
    this.signal();
    return this.waiters.wait(ids, {site: 'a result that was lost'});
  }

  /** Tries tasks again that failed; answers how many. Errors: StoreError. */
  async retry(ids: readonly TaskId[]): Promise<number> {
    const failed = ids.filter(id => this.states.of(id) === 'failed');
    if (!this.#mayStart || failed.length === 0) return 0;
    await this.#store.removeFailures(failed.map(id => this.#graph.task(id).hash));
    this.#intake.failures.expect();
    for (const id of failed) if (this.states.of(id) === 'failed') this.#queue.push(id);
    this.signal();
    return failed.length;
  }

  /** Starts nothing new and lets what is running finish. */
  stop(reason: 'failure' | 'interrupt'): void {
    if (this.#stopping === 'interrupt' || this.#stopping === reason) return;
    this.#stopping = reason;
    this.#putBack(this.#running.recallAll());
    this.#emit({type: 'stopping', reason, running: this.#running.atWork});
    this.signal();
  }

  /** Runs what the jugfile defines, until nothing is left that could run. Errors: StoreError. */
  async run(jugfile: Promise<unknown>): Promise<End> {
    jugfile.then(() => this.#jugfileIs('done')).catch(error => this.fail(error));
    try {
      return await this.#rounds();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#running.settle(this.#receiver);
      const lost = (await this.#saving.salvage(error)).map(id => String(this.#graph.task(id)));
      throw withLoss(error, lost, this.#running.open);
    } finally {
      this.#elsewhere.stop();
    }
  }

  async #rounds(): Promise<End> {
    await this.#intake.begin();
    for (;;) {
      this.#sign.take();
      await this.#takeIn();
      this.#running.settle(this.#receiver);
      // A failure is to stop the run before this room is given to another task.
      if (this.#saving.hasFailures && !this.#options.keepGoing) await this.#commit();
      await this.#start();
      await this.#queue.giveUp();
      if (this.#saving.isDue(this.#isAwaited) || this.#isIdle()) await this.#commit();
      this.waiters.open();
      await this.#lookElsewhere();
      this.#putBack(this.#running.recallOverdue(this.#mayStart && this.#queue.length === 0));
      if (this.#sign.isGiven) continue;
      const end = await this.#end();
      if (end !== undefined) return end;
      await this.#rest();
    }
  }

  /** What failed stays failed, though the jugfile may go on to its end. */
  #jugfileIs(state: 'done' | {readonly error: unknown}): void {
    if (typeof this.#jugfile === 'string') this.#jugfile = state;
    this.signal();
  }

  async #takeIn(): Promise<void> {
    if (this.#intake.isEmpty) return;
    for (const id of await this.#intake.next(this.#emit)) this.#queue.push(id);
    this.signal();
  }

  /** What workers reported goes to be saved; what they left undone becomes ready again. */
  readonly #receiver: Receiver = {
    begun: (fn, ids) => {
      for (const id of ids) this.states.set(id, 'running');
      this.#emit({type: 'started', function: fn.name, count: ids.length});
    },
    isInterrupted: () => this.#stopping === 'interrupt',
    result: (id, record, fn) => {
      this.timings.add(fn.name, id, record);
      this.#saving.result(id, this.#graph.task(id).hash, record, originOf(fn));
      // Dependents need not wait for the commit: they are stored with it or after it, never before.
      this.#free(id);
    },
    failure: (id, failure) => this.#saving.failure(id, this.#graph.task(id).hash, failure),
    missing: (ids, reason, since) => {
      for (const id of ids) this.#recompute(id, reason, since);
    },
    returned: (fn, ids) => this.#putBack([[fn, ids]]),
    took: (fn, count, elapsed) => this.#queue.observe(fn, count, elapsed),
    unusable: error => this.#jugfileIs({error}),
  };

  /** A result that is damaged or gone is made again, before whoever needs it. */
  #recompute(id: TaskId, reason: string, since: number): void {
    // Others that need it may have said so before; it may even be there again.
    if (!this.#graph.isDone(id) || this.#intake.isRestoredSince(id, since)) return;
    this.#emit({type: 'warning', message: lostText(this.#graph.task(id), reason)});
    this.#graph.reopen(id);
    this.waiters.reopen(id);
    this.#intake.again(id);
    this.signal();
    this.#queue.suspend(this.#graph.dependents(id));
  }

  #putBack(returned: Iterable<Returned>): void {
    if (this.#queue.putBack(returned)) this.signal();
  }

  /** One batch at a time: what comes back while its locks are taken may say how large the next should be, or stop it. */
  async #start(): Promise<void> {
    if (!this.#mayStart || this.#running.isFull) return;
    const taken = await this.#queue.next(this.#runner.size);
    if (taken === undefined) return;
    const {fn, ids, isChain} = taken;
    const failed = await this.#intake.failures.among(ids);
    for (const [id, failure] of failed) this.#failed(id, failure, true);
    if (failed.length > 0) return this.#putBack([[fn, ids]]);
    const unsaved = unsavedFor(taken, this.#graph, this.#saving);
    if (unsaved === undefined) await this.#commit();
    if (!this.#mayStart) return this.#putBack([[fn, ids]]);
    for (const id of ids) this.states.set(id, 'sent');
    this.#running.start(fn, ids, {
      attempts: this.#intake.attempts,
      unsaved: unsaved ?? [],
      isChain,
    });
    this.signal();
  }

  get #mayStart(): boolean {
    return this.#stopping === undefined && typeof this.#jugfile === 'string';
  }

  /** Another process has finished it. */
  #loaded(id: TaskId): void {
    this.states.set(id, 'finished');
    this.#free(id);
    this.#emit({type: 'loaded', function: this.#graph.task(id).name, count: 1, elsewhere: true});
  }

  #heldElsewhere(id: TaskId): void {
    this.states.set(id, 'running');
    this.#elsewhere.add(id, this.#graph.task(id).hash);
    // Its end may leave something for us.
    this.#runner.prepare();
  }

  #free(id: TaskId): void {
    this.#intake.done(id);
    for (const freed of this.#graph.finish(id)) {
      // Of a result that was made anew, some dependents are past waiting.
      if (this.states.of(freed) === 'waiting' && this.#intake.wants(freed)) this.#queue.push(freed);
    }
  }

  /** The jugfile waits, and what it waits for may be all but stored: not while there is more to start. */
  get #isAwaited(): boolean {
    return this.waiters.size > 0 && this.#queue.length === 0;
  }

  /** There is nothing to wait for but what is not stored yet. */
  #isIdle(): boolean {
    const mayNotStart = this.#queue.length === 0 || this.#stopping !== undefined;
    return this.#saving.size > 0 && this.#running.size === 0 && mayNotStart;
  }

  async #commit(): Promise<void> {
    const {finished, results, failed} = await this.#saving.commit();
    for (const [place, id] of finished.entries()) this.waiters.stored(id, ...results[place]!);
    for (const id of finished) this.states.set(id, 'finished');
    for (const id of finished) this.#intake.stored(id);
    const names = finished.map(id => this.#graph.task(id).name);
    for (const [place, id] of finished.entries()) this.timings.stored(names[place]!, id);
    tellCounts('finished', names, this.#emit);
    for (const [id, failure] of failed) this.#failed(id, failure, false);
    this.signal();
  }

  #failed(id: TaskId, failure: Failure, elsewhere: boolean): void {
    this.states.set(id, 'failed');
    const task = this.#graph.task(id);
    this.#emit({type: 'failed', hash: task.hash, task: String(task), failure, elsewhere});
    if (!this.#options.keepGoing) this.stop('failure');
  }

  async #lookElsewhere(): Promise<void> {
    const {finished, free} = await this.#elsewhere.look(this.#running.size > 0);
    if (this.#mayStart) this.#ahead.look();
    const ahead = this.#ahead.take();
    for (const id of [...finished, ...ahead]) this.#loaded(id);
    for (const id of free) this.#queue.push(id);
    if (free.length > 0) this.#intake.failures.expect();
    if (finished.length + free.length + ahead.length > 0) this.signal();
  }

  async #end(): Promise<End | undefined> {
    if (this.#running.size > 0 || this.#saving.size > 0) return undefined;
    if (typeof this.#jugfile !== 'string') return {kind: 'jugfile', error: this.#jugfile.error};
    if (this.#stopping !== undefined) return {kind: 'stopped', reason: this.#stopping};
    if (this.#queue.length > 0) return undefined;
    if (this.#elsewhere.size > 0 && this.#elsewhere.waited < this.#options.patience) return undefined;
    if (this.#jugfile === 'evaluating' && this.waiters.size === 0) return undefined;
    // Part of the jugfile may be on its way to define more: it gets a turn of the event loop before it is called stuck.
    await new Promise(resolve => setImmediate(resolve));
    if (this.#sign.isGiven || this.waiters.isAsking()) return undefined;
    if (this.#elsewhere.size === 0 && this.waiters.isUnderWay()) return undefined;
    return this.#intake.isComplete ? {kind: 'finished'} : {kind: 'stuck', barriers: this.waiters.barriers};
  }

  async #rest(): Promise<void> {
    const timers = [
      this.#saving.size > 0 ? this.#saving.dueIn(this.#isAwaited) : Infinity,
      this.#elsewhere.restsFor(),
      this.#running.restsFor(),
      this.#mayStart ? this.#ahead.restsFor() : Infinity,
    ];
    await this.#sign.wait(Math.max(0, Math.min(...timers)));
  }
}
