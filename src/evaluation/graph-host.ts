// Hosts of the main thread: a plain script, and every command, which hold the graph of what the jugfile defines.
// What they do when the jugfile waits is handed to them. They know nothing of workers.

import {userFrame} from '../core/call-site.js';
import {JugError} from '../core/errors.js';
import {type Failure, userFrames} from '../core/failure.js';
import type {Resolved} from '../core/types.js';
import {TaskGraph, type TaskId} from '../graph/graph.js';
import {failedIn, troublesIn} from '../stores/failure-record.js';
import type {Forwarded} from '../stores/forwarding.js';
import type {Reading} from '../stores/store.js';
import {checkUnchanged} from '../tasks/call-hash.js';
import {tellScope} from '../tasks/compound-scope.js';
import {FunctionRegistry} from '../tasks/functions.js';
import type {Entered, Host} from '../tasks/host.js';
import {originOf} from '../tasks/provenance.js';
import {
  type AtHand,
  MissingResults,
  missingByFailure,
  NOT_THERE,
  resultsIn,
  type TellLoaded,
} from '../tasks/read-results.js';
import {refuseSecondCopy} from '../tasks/single-copy.js';
import {Task} from '../tasks/task.js';
import {collectTasks} from '../tasks/traverse.js';
import {encode} from '../values/codec.js';
import {recordOf} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';

/** Where the jugfile waits. */
export interface Barrier {
  /** `primes.ts:12` */
  readonly site: string;
}

export async function isLockedIn(store: Reading, hash: TaskHash): Promise<boolean> {
  return (await store.locks()).some(lock => lock.alive && lock.hashes.includes(hash));
}

export async function isFailedIn(store: Reading, hash: TaskHash): Promise<boolean> {
  for await (const failed of failedIn(store)) if (failed.includes(hash)) return true;
  return false;
}

/** Every task in `tree`, once. */
export function tasksIn(tree: unknown): readonly Task[] {
  if (tree instanceof Task) return [tree];
  const tasks = new Set<Task>();
  collectTasks(tree, tasks);
  return [...tasks];
}

/** Decides what waiting for `ids` (all tasks so far, if undefined) at `barrier` means. */
export type Settle = (ids: readonly TaskId[] | undefined, barrier: Barrier) => Promise<void>;

export class GraphHost implements Host {
  readonly running: boolean = true;
  readonly lightTask: Host['lightTask'] = undefined;
  readonly functions: FunctionRegistry;
  readonly graph = new TaskGraph();
  /** Set by whoever ends the run, or closes the store. */
  isOver = false;
  readonly #store: () => Promise<Forwarded>;
  /** Set before the jugfile is evaluated. */
  settle: Settle = () =>
    Promise.reject(new Error('This is a bug in jug: nothing decides what waiting means'));

  /** Called for every new task. */
  onDefine: () => void = () => {};

  /** Results that were stored a moment ago, and need not be loaded. */
  atHand: AtHand | undefined;

  /** Makes results anew that were there once; `undefined` if that is not to be. */
  recover: (missing: MissingResults) => Promise<void> | undefined = () => undefined;

  /** Called when the jugfile says where results are kept. */
  onJugdir: (jugdir: string) => void = () => {};

  /** `root`: the jugfile's folder. The store is opened when it is first needed. */
  constructor(root: string, store: () => Promise<Forwarded>) {
    this.functions = new FunctionRegistry(root);
    this.#store = store;
  }

  define(task: Task): void {
    tellScope(task);
    this.functions.meet(task.function);
    if (this.graph.add(task) !== undefined) this.onDefine();
  }

  setJugdir(jugdir: string): void {
    this.onJugdir(jugdir);
  }

  settled(tasks: readonly Task[] | undefined): Promise<void> {
    return this.waitFor(tasks, userFrame());
  }

  settledValue<T>(tree: T): Promise<Resolved<T>> {
    return this.readSettled(tree, tasksIn(tree), userFrame());
  }

  value<T>(tree: T): Promise<Resolved<T>> {
    return this.read(tree);
  }

  async enter(compound: Task): Promise<Entered> {
    // Before anything is waited for: the arguments are to be what they are now.
    const {hash} = compound;
    const [isFinished] = await this.areThere([compound]);
    if (!isFinished) checkUnchanged(compound);
    return {isFinished: isFinished!, scope: hash};
  }

  protected waitFor(tasks: readonly Task[] | undefined, barrier: Barrier): Promise<void> {
    return this.settle(
      tasks?.map(task => this.#idOf(task)),
      barrier,
    );
  }

  /** `tasks`: those in `tree`. */
  protected async readSettled<T>(
    tree: T,
    tasks: readonly Task[],
    barrier: Barrier,
    tell?: TellLoaded,
  ): Promise<Resolved<T>> {
    await this.waitFor(tasks, barrier);
    return this.read(tree, tell);
  }

  protected async read<T>(tree: T, tell?: TellLoaded): Promise<Resolved<T>> {
    for (;;) {
      try {
        return await resultsIn(tree, this.#store, this.atHand, tell);
      } catch (error) {
        if (!(error instanceof MissingResults)) throw error;
        const recovered = this.recover(error);
        if (recovered === undefined) throw await this.#explained(error, tree);
        await recovered;
      }
    }
  }

  protected async areThere(tasks: readonly Task[]): Promise<boolean[]> {
    return tasks.length === 0 ? [] : (await this.#store()).has(tasks.map(task => task.hash));
  }

  /** With the failure that is the reason, if one is: what has failed is not computed by waiting. */
  async #explained(missing: MissingResults, tree: unknown): Promise<MissingResults> {
    if (missing.reason !== NOT_THERE) return missing;
    const store = await this.#store();
    const ids = missing.hashes.map(hash => this.graph.find(hash)).filter(id => id !== undefined);
    const needed = new Map([...this.graph.upstream(ids)].map(id => [this.graph.task(id).hash, id]));
    let first: {readonly id: TaskId; readonly failure: Failure | undefined} | undefined;
    for await (const chunk of troublesIn(store)) {
      for (const [hash, trouble] of chunk) {
        const id = needed.get(hash);
        if (id === undefined || trouble?.kind === 'suspicion') continue;
        const isFirst =
          first === undefined || (!ids.includes(first.id) && (ids.includes(id) || id < first.id));
        if (isFirst) first = {id, failure: trouble?.failure};
      }
    }
    if (first === undefined) return missing;
    return missingByFailure(missing, tree, {task: this.graph.task(first.id), failure: first.failure});
  }

  has(tasks: readonly Task[]): Promise<boolean[]> {
    return this.areThere(tasks);
  }

  async run<R>(task: Task): Promise<R> {
    const store = await this.#store();
    const started = Date.now();
    const begun = performance.now();
    const args = await this.read(task.args);
    checkUnchanged(task);
    const result = (await task.function.fn(...args)) as R;
    const duration = performance.now() - begun;
    const origin = originOf(task.function);
    const record = recordOf(encode(result), {worker: 0, attempt: 1, started, duration}, origin.bytes);
    await store.save({
      results: [[task.hash, record]],
      failures: [],
      origins: [[origin.id, origin.origin]],
      release: [],
    });
    return result;
  }

  async invalidate(task: Task): Promise<void> {
    const ids = this.graph.downstream([this.#idOf(task)]);
    await (await this.#store()).remove([...ids].map(id => this.graph.task(id).hash));
  }

  async isLocked(task: Task): Promise<boolean> {
    return isLockedIn(await this.#store(), task.hash);
  }

  async isFailed(task: Task): Promise<boolean> {
    return isFailedIn(await this.#store(), task.hash);
  }

  #idOf(task: Task): TaskId {
    const id = this.graph.find(task.hash);
    if (id !== undefined) return id;
    // Made by a module, for a jugfile that was evaluated before.
    const added = this.graph.add(task)!;
    this.onDefine();
    return added;
  }
}

/** Of commands that look at a jugfile: nothing is run for it, and nothing is removed. */
export class LookingHost extends GraphHost {
  readonly #removals = new Set<string>();

  /** Where the jugfile wanted results removed. */
  get removals(): readonly string[] {
    return [...this.#removals];
  }

  /** What `jug execute` would run here is waited for, as at a barrier. */
  override async run<R>(task: Task): Promise<R> {
    return this.settledValue(task) as Promise<R>;
  }

  override async invalidate(): Promise<void> {
    this.#removals.add(userFrame().site);
  }
}

/** `node primes.ts`: the program runs, tasks are made, nothing is computed and nothing can be waited for. */
export class ScriptHost extends GraphHost {
  override readonly running: boolean = false;

  constructor(root: string) {
    super(root, () => Promise.reject(notUnderJug('a result')));
    this.settle = () => Promise.reject(notUnderJug('a barrier'));
  }

  /** A script may make any number of tasks that nobody will ask for; but a jugfile that another jug reads may not. */
  override define(): void {
    refuseSecondCopy();
  }
}

/** Node prints it as it is: the stack is that of the user's program alone. */
function notUnderJug(what: string): JugError {
  const error = new JugError(
    `Expected to run under jug to reach ${what}; this is plain node.\n` +
      'Run `jug execute` on this file, or read results from a script with `await init(jugfile)`.',
  );
  error.stack = userFrames(error.stack ?? error.message);
  // It means something to the command line only.
  return Object.defineProperty(error, 'exitCode', {enumerable: false});
}
