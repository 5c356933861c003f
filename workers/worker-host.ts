// The host of a worker: its evaluation of the jugfile follows main's, and never runs ahead of it. It has the
// functions; the graph is main's business.

import {type AnyFunction, FunctionRegistry} from '../src/functions.js';
import {BarrierCounter} from '../src/hosts.js';
import {type AtHand, resultsIn} from '../src/results.js';
import type {Store} from '../src/stores/store.js';
import type {Host, Task} from '../src/task.js';
import {isPlain, isPrimitive} from '../src/tree.js';
import type {Resolved} from '../src/types.js';

type Evaluation = 'evaluating' | 'done' | {readonly error: unknown};

export class WorkerHost implements Host {
  readonly running = true;
  readonly functions: FunctionRegistry;
  readonly #store: () => Promise<Store>;
  readonly #passed: (barrier: string) => Promise<boolean>;
  readonly #barriers = new BarrierCounter();
  /** Barriers at which the jugfile stands here, with what lets it go on. */
  readonly #suspended = new Map<string, () => void>();
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

  settled(): Promise<void> {
    const {key} = this.#barriers.meet();
    return new Promise(resolve => {
      this.#suspended.set(key, resolve);
      this.#changed();
    });
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
    let opened = false;
    for (const [key, open] of [...this.#suspended]) {
      if (!(await this.#passed(key))) continue;
      this.#suspended.delete(key);
      open();
      opened = true;
    }
    // What goes on does so in later turns; it is looked at again when it stands at the next barrier, or has ended.
    if (opened) await new Promise(resolve => setImmediate(resolve));
    return opened;
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

function onlyInMain(what: string): Promise<never> {
  return Promise.reject(
    new Error(`Inside a task, ${what} is not possible: only the jugfile itself can do that`),
  );
}
