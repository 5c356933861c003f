// The host of a worker: its evaluation of the jugfile follows main's, and never runs ahead of it. It has the
// functions; the graph is main's business.

import {JugError} from '../src/errors.js';
import {userFrame} from '../src/frame.js';
import {BarrierCounter, isFailedIn, isLockedIn, runOf} from '../src/hosts.js';
import type {Missing} from '../src/run/protocol.js';
import type {Reading} from '../src/stores/store.js';
import {FunctionRegistry} from '../src/tasks/functions.js';
import {HOLD, type Host} from '../src/tasks/host.js';
import {type AtHand, MissingResults, resultsIn} from '../src/tasks/results.js';
import type {Task} from '../src/tasks/task.js';
import type {Resolved} from '../src/types.js';
import {running} from './running-task.js';

/** A place at which the jugfile stands. */
interface Suspended {
  readonly key: string;
  open(): void;
}

/** What is asked of the main thread. */
export interface Main {
  passed(key: string): Promise<boolean>;
  recover(missing: Missing, time: number): Promise<string | undefined>;
}

type Evaluation = 'evaluating' | 'done' | {readonly error: unknown};

/**
 * Milliseconds. Patience is counted in ticks, not by the clock: while the jugfile computes, the thread has none.
 */
const TICK = 50;
/** Ticks for which a jugfile is waited for that neither ends nor stands at a barrier. */
const TICKS = 200;
/** The same of one that asks again and again whether a result is there: most likely it waits for it. */
const POLLED_TICKS = 10;

export class WorkerHost implements Host {
  readonly running = true;
  readonly isOver = false;
  readonly functions: FunctionRegistry;
  readonly #store: () => Promise<Reading>;
  readonly #main: Main;
  readonly #barriers = new BarrierCounter();
  readonly #suspended = new Set<Suspended>();
  /** Tasks whose hashes are known. */
  readonly #hashed = new WeakSet<Task>();
  #evaluation: Evaluation = 'evaluating';
  #epoch = -1;
  /** How often the evaluation has come to stand somewhere, or has ended. */
  #changes = 0;
  #notify: (() => void) | undefined;
  /** The number of changes at which the evaluation was no longer waited for. */
  #gaveUpAt: number | undefined;
  /** Whether the jugfile has ever stood at a barrier here. */
  #hasStood = false;
  /** Tasks whose results the jugfile asked after in vain. */
  readonly #askedFor = new WeakSet<Task>();
  /** Whether it asked again. */
  #polls = false;
  /** Set while a task runs: tasks that are defined meanwhile are counted. */
  definedInside: number | undefined;
  /** Results that the batch under way may need and that are not in the store yet. */
  unsaved: AtHand | undefined;

  constructor(root: string, store: () => Promise<Reading>, main: Main) {
    this.functions = new FunctionRegistry(root);
    this.#store = store;
    this.#main = main;
  }

  follow(evaluation: Promise<unknown>): void {
    evaluation.then(
      () => this.#evaluationIs('done'),
      error => this.#evaluationIs({error}),
    );
  }

  /**
   * Lets the jugfile go on here until it is where main's was at `epoch`. Rejects with what the jugfile threw. A function
   * may use what the jugfile defines after it; so its end, or a barrier, is waited for, but not for ever: it may itself
   * wait, in a way that nobody sees, for what this very batch computes.
   */
  async reach(epoch: number, functionName: string): Promise<void> {
    let ticks = 0;
    while (this.#epoch < epoch || this.functions.named(functionName) === undefined) {
      // Taken before anything is asked: what happens meanwhile is not to be waited for again.
      const seen = this.#changes;
      if (typeof this.#evaluation === 'object') throw this.#evaluation.error;
      const stands = this.#evaluation === 'done' || this.#suspended.size > 0;
      if (stands && (await this.#openBarriers())) continue;
      const isPatient = ticks < (this.#polls ? POLLED_TICKS : TICKS) && this.#gaveUpAt !== this.#changes;
      if (stands || !isPatient) this.#epoch = epoch;
      // Parts of the jugfile that it did not wait for may still be under way after its end.
      if (this.#evaluation === 'done' && (!this.#hasStood || !isPatient)) this.functions.demand(functionName);
      if (this.functions.named(functionName) === undefined) {
        if (this.#evaluation === 'done') ticks++;
      } else {
        if (stands) return;
        if (!isPatient) {
          this.#gaveUpAt = this.#changes;
          return;
        }
        ticks++;
      }
      await this.#changeSince(seen);
      if (this.#changes !== seen) ticks = 0;
    }
  }

  /** Hashes and the graph are main's business; the functions among the arguments are known by now (task.ts). */
  define(task: Task): void {
    // Parts of the jugfile may go on while a task waits.
    if (this.definedInside !== undefined && running.getStore() !== undefined) this.definedInside++;
    // The jugfile may ask for its result later, and be given that of other arguments.
    else task[HOLD]();
  }

  /** Main has heard it. */
  setJugdir(): void {}

  async settled(tasks: readonly Task[] | undefined): Promise<void> {
    refuseInside('wait with barrier(), bvalue() or CachedFunction()');
    for (const task of tasks ?? []) this.#hash(task);
    return this.#suspend(this.#barriers.meet(tasks).key);
  }

  /** What the jugfile misses is made again before it goes on, as in main; what a task misses is for main to see to. */
  async value<T>(tree: T): Promise<Resolved<T>> {
    for (;;) {
      const time = performance.timeOrigin + performance.now();
      try {
        return await resultsIn(tree, this.#store, this.unsaved);
      } catch (error) {
        if (!(error instanceof MissingResults) || running.getStore() !== undefined) throw error;
        const {hashes, reason} = error;
        const key = await this.#main.recover({hashes, reason}, time);
        if (key === undefined) throw error;
        await this.#suspend(key);
      }
    }
  }

  async has(tasks: readonly Task[]): Promise<boolean[]> {
    const there = await (await this.#store()).has(tasks.map(task => task.hash));
    if (running.getStore() === undefined) {
      for (const task of tasks.filter((_, place) => !there[place])) {
        if (this.#askedFor.has(task)) this.#polls = true;
        this.#askedFor.add(task);
      }
    }
    return there;
  }

  /** Main runs it; here the jugfile waits until it has. */
  async run<R>(task: Task<R>): Promise<R> {
    refuseInside(`run ${task.name}`);
    this.#hash(task);
    await this.#suspend(runOf(task).key);
    return this.value(task) as Promise<R>;
  }

  /** Main does it. */
  async invalidate(task: Task): Promise<void> {
    refuseInside(`invalidate ${task.name}`);
  }

  async isLocked(task: Task): Promise<boolean> {
    return isLockedIn(await this.#store(), task.hash);
  }

  async isFailed(task: Task): Promise<boolean> {
    return isFailedIn(await this.#store(), task.hash);
  }

  async #openBarriers(): Promise<boolean> {
    // Asked from the last to the first: main may go on meanwhile, and passes no later wait for everything before an
    // earlier one. So what is opened here is never a later one alone.
    const places = [...this.#suspended].reverse();
    const answers = await Promise.all(places.map(({key}) => this.#main.passed(key)));
    const opened = places.filter((_, index) => answers[index]).reverse();
    for (const place of opened) {
      this.#suspended.delete(place);
      place.open();
    }
    // What goes on does so in later turns; it is looked at again when it stands at the next barrier, or has ended.
    if (opened.length > 0) await new Promise(resolve => setImmediate(resolve));
    return opened.length > 0;
  }

  #suspend(key: string): Promise<void> {
    return new Promise(resolve => {
      this.#suspended.add({key, open: resolve});
      this.#hasStood = true;
      this.#changed();
    });
  }

  /** Those it needs before itself: a hash that is asked for asks for theirs, and a chain is deeper than the stack. */
  #hash(task: Task): void {
    const pending = [task];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const {length} = pending;
      if (!this.#hashed.has(next)) {
        for (const needed of next.dependencies()) if (!this.#hashed.has(needed)) pending.push(needed);
      }
      if (pending.length > length) continue;
      void next.hash;
      this.#hashed.add(next);
      pending.pop();
    }
  }

  #evaluationIs(state: Evaluation): void {
    this.#evaluation = state;
    this.#changed();
  }

  #changed(): void {
    this.#changes++;
    this.#notify?.();
    this.#notify = undefined;
  }

  /** Settles when something has changed since `#changes` was `seen`, or a tick has passed. */
  async #changeSince(seen: number): Promise<void> {
    if (this.#changes !== seen) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, TICK);
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** `what`, which only the jugfile may do, inside a task. */
function refuseInside(what: string): void {
  const inside = running.getStore();
  if (inside === undefined) return;
  throw new JugError(
    `Expected only the jugfile to ${what}; found the task function ${inside.batch.function} doing it ` +
      `(${userFrame().site}).\nInside a task nothing can be waited for: make the other task in the jugfile and ` +
      'pass it as an argument, and its result arrives in its place.',
  );
}
