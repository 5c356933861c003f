// The host of a worker: its evaluation of the jugfile follows main's, and never runs ahead of it. It has the
// functions; the graph is main's business.

import {JugError} from '../src/errors.js';
import {userFrame} from '../src/frame.js';
import {type AnyFunction, FunctionRegistry} from '../src/functions.js';
import {BarrierCounter} from '../src/hosts.js';
import {type AtHand, resultsIn} from '../src/results.js';
import type {Store} from '../src/stores/store.js';
import type {Host, Task} from '../src/task.js';
import {isPlain, isPrimitive} from '../src/tree.js';
import type {Resolved} from '../src/types.js';
import {running} from './running-task.js';

/** A place at which the jugfile stands. */
interface Suspended {
  readonly key: string;
  open(): void;
}

type Evaluation = 'evaluating' | 'done' | {readonly error: unknown};

export class WorkerHost implements Host {
  readonly running = true;
  readonly functions: FunctionRegistry;
  readonly #store: () => Promise<Store>;
  readonly #passed: (barrier: string) => Promise<boolean>;
  readonly #barriers = new BarrierCounter();
  readonly #suspended = new Set<Suspended>();
  /** Tasks whose hashes are known. */
  readonly #hashed = new WeakSet<Task>();
  #evaluation: Evaluation = 'evaluating';
  #epoch = -1;
  #notify: (() => void) | undefined;
  /** Set while a task runs: tasks that are defined meanwhile are counted. */
  definedInside: number | undefined;
  /** Results that the batch under way may need and that are not in the store yet. */
  unsaved: AtHand | undefined;

  constructor(root: string, store: () => Promise<Store>, passed: (barrier: string) => Promise<boolean>) {
    this.functions = new FunctionRegistry(root);
    this.#store = store;
    this.#passed = passed;
  }

  follow(evaluation: Promise<unknown>): void {
    evaluation.then(
      () => this.#evaluationIs('done'),
      error => this.#evaluationIs({error}),
    );
  }

  /** Lets the jugfile go on here until it is where main's was at `epoch`. Rejects with what the jugfile threw. */
  async reach(epoch: number, functionName: string): Promise<void> {
    while (this.#epoch < epoch || this.functions.named(functionName) === undefined) {
      while (this.#evaluation === 'evaluating' && this.#suspended.size === 0) await this.#change();
      if (typeof this.#evaluation === 'object') throw this.#evaluation.error;
      const opened = await this.#openBarriers();
      if (opened) continue;
      this.#epoch = epoch;
      if (this.#evaluation === 'done') this.functions.demand(functionName);
      if (this.functions.named(functionName) !== undefined) return;
      await this.#change();
    }
  }

  define(task: Task): void {
    if (this.definedInside !== undefined) this.definedInside++;
    // Hashes are main's business, but a function that stands among the arguments must be known here by its name too.
    if (!task.args.every(isPrimitive)) this.#register(task.args);
  }

  settled(tasks: readonly Task[] | undefined): Promise<void> {
    const inside = running.getStore();
    if (inside !== undefined) return Promise.reject(noWaitInside(inside.batch.function));
    for (const task of tasks ?? []) this.#hash(task);
    return this.#suspend(this.#barriers.meet(tasks).key);
  }

  value<T>(tree: T): Promise<Resolved<T>> {
    return resultsIn(tree, this.#store, this.unsaved);
  }

  async has(tasks: readonly Task[]): Promise<boolean[]> {
    return (await this.#store()).has(tasks.map(task => task.hash));
  }

  run(task: Task): Promise<never> {
    return onlyInMain(`${task.name} be run`);
  }

  invalidate(task: Task): Promise<never> {
    return onlyInMain(`${task.name} be invalidated`);
  }

  async isLocked(task: Task): Promise<boolean> {
    return (await (await this.#store()).locks()).some(lock => lock.alive && lock.hashes.includes(task.hash));
  }

  isFailed(task: Task): Promise<never> {
    return onlyInMain(`the failures of ${task.name} be read`);
  }

  async #openBarriers(): Promise<boolean> {
    // Asked from the last to the first: main may go on meanwhile, and passes no later wait for everything before an
    // earlier one. So what is opened here is never a later one alone.
    const places = [...this.#suspended].reverse();
    const answers = await Promise.all(places.map(({key}) => this.#passed(key)));
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
    this.#notify?.();
    this.#notify = undefined;
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#notify = resolve;
    });
  }

  #register(tree: unknown): void {
    if (typeof tree === 'function') {
      if ((tree as AnyFunction).name !== '') this.functions.add(tree as AnyFunction);
    } else if (Array.isArray(tree) || tree instanceof Set || tree instanceof Map) {
      for (const member of tree) this.#register(member);
    } else if (typeof tree === 'object' && tree !== null && isPlain(tree)) {
      for (const key of Object.keys(tree)) this.#register((tree as Record<string, unknown>)[key]);
    }
  }
}

function noWaitInside(name: string): JugError {
  return new JugError(
    `Expected only the jugfile to wait, with barrier(), bvalue() or CachedFunction(); found the task function ${name} ` +
      `waiting (${userFrame().site}).\nInside a task nothing can be waited for: make the other task in the jugfile and ` +
      'pass it as an argument, and its result arrives in its place.',
  );
}

function onlyInMain(what: string): Promise<never> {
  return Promise.reject(
    new Error(`Inside a task, ${what} is not possible: only the jugfile itself can do that`),
  );
}
