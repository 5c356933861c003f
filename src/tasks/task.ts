// Task and Tasklet: what a call of a task function returns. They describe work and are handed on as if they were
// its result. What happens to them is decided by the host that evaluates the jugfile; they know only its interface.

import {INSPECT, shown} from '../errors.js';
import {HASH, type TaskHash} from '../hash.js';
import type {Base, Deferred, Element, ElementAt, Resolved} from '../types.js';
import {REFUSAL} from '../values/refusal.js';
import {hashOfCall} from './call-hash.js';
import {type AnyFunction, called, TaskFunction} from './functions.js';
import {timed} from './hashing-time.js';
import {currentHost, HOST, type Host, hostOf, makingHost} from './host.js';
import {cannotIterate, hasNoLength, notKnown, primitiveOf} from './misuse.js';
import {register} from './naming.js';
import {areThere, valueIn} from './owners.js';
import {checkedStep, type Step, subscript} from './subscript.js';
import {collectTasks, DEPENDENCIES, isPrimitive, RESOLVE, SPREAD, TASK} from './tree.js';

/** Stands below Task and Tasklet in the prototype chain: `task[0]` is a property nobody defined, so it arrives here. */
abstract class Subscriptable {
  [Symbol.iterator](): never {
    throw cannotIterate(String(this));
  }

  get [REFUSAL](): string {
    return (
      `is a task, ${String(this)}, which nobody would compute: tasks are made by the jugfile. Call the function ` +
      'itself, as in double.f(x), or make the tasks in a CompoundTask'
    );
  }

  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint);
  }
}
function cannotSerialise(this: unknown): never {
  throw notKnown('write as JSON', String(this));
}

const subscripts: ProxyHandler<object> = {
  get(target, key, receiver) {
    if (typeof key === 'string' && /^\d+$/.test(key)) return new Tasklet(receiver, {get: [Number(key)]});
    // Without a word, loops up to it would be empty, and a file would get what the task is made of.
    if (key === 'length') throw hasNoLength(String(receiver));
    if (key === 'toJSON') return cannotSerialise;
    return Reflect.get(target, key, receiver);
  },
};
Object.setPrototypeOf(Subscriptable.prototype, new Proxy(Object.create(Object.prototype), subscripts));

/** One call of a task function: its name and arguments, known by their hash. `R` is the type of its result. */
// biome-ignore lint/suspicious/noExplicitAny: a Task without an argument is a task of anything; with unknown, no other task would fit it.
export interface Task<R = any> extends Subscripts<R> {}
// biome-ignore lint/suspicious/noExplicitAny: as above.
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the proxy below the prototype provides them.
export class Task<R = any> extends Subscriptable implements Deferred<R> {
  declare readonly __result: R;
  readonly [SPREAD]: TaskFunction;
  #args: readonly unknown[];
  #host: Host | undefined;
  /** Or the task that has it. */
  #hash: TaskHash | Task | undefined;

  /** For jug's own use, a TaskFunction, the array of arguments and the host: such a task is not defined by being made. */
  constructor(fn: (...args: never[]) => R | PromiseLike<R>, ...args: readonly unknown[]) {
    super();
    if (fn instanceof TaskFunction) {
      this[SPREAD] = fn;
      this.#args = args[0] as readonly unknown[];
      this.#host = args[1] as Host | undefined;
    } else {
      this[SPREAD] = currentHost().functions.add(fn as AnyFunction);
      this.#args = args;
      this.#host = makingHost();
      register(args);
      currentHost().define(this);
    }
  }

  /** The call of a function that is registered already. */
  static of<R>(fn: TaskFunction, args: readonly unknown[], host = currentHost()): Task<R> {
    register(args, host);
    const task = host.lightTask?.(fn, args) ?? Task.unlisted<R>(fn, args, host.running ? host : undefined);
    host.define(task);
    return task as Task<R>;
  }

  /** A task that is known by the hash of another call, and made from other arguments. */
  static insteadOf<R>(call: Task<R>, args: readonly unknown[]): Task<R> {
    const task = Task.unlisted<R>(call.function, args, call.#host);
    task.#hash = call;
    return task;
  }

  /** A task whose hash is given: a reference that came from elsewhere. */
  static withHash<R>(hash: TaskHash, fn: TaskFunction, args: readonly unknown[], host?: Host): Task<R> {
    const task = Task.unlisted<R>(fn, args, host);
    task.#hash = hash;
    return task;
  }

  /** A call that is not defined as a task of the run: to know its hash. */
  static unlisted<R>(fn: TaskFunction, args: readonly unknown[], host = makingHost()): Task<R> {
    return new Task<R>(fn as never, args, host);
  }

  get name(): string {
    return this.function.name;
  }

  get function(): TaskFunction {
    return this[SPREAD];
  }

  get args(): readonly unknown[] {
    return this.#args;
  }

  get hash(): TaskHash {
    if (typeof this.#hash !== 'string') this.#hash = this.#hash?.hash ?? timed(this, () => hashOfCall(this));
    return this.#hash;
  }

  /** The tasks whose results this one needs, each once. */
  dependencies(): Task[] {
    if (this.args.every(isPrimitive)) return [];
    const tasks = new Set<Task>();
    collectTasks(this.args, tasks);
    return [...tasks];
  }

  /** What stands at `keys` in the result, one key below the other: `task.get('rows', 3)`. A key may be a task. */
  get<const Keys extends readonly unknown[]>(...keys: Keys): Tasklet<ElementAt<R, Keys>> {
    return new Tasklet(this, {get: keys});
  }

  async canLoad(): Promise<boolean> {
    return areThere([this]);
  }

  async canRun(): Promise<boolean> {
    return areThere(this.dependencies());
  }

  run(): Promise<R> {
    return hostOf(this).run(this);
  }

  value(): Promise<R> {
    return hostOf(this).value(this) as Promise<R>;
  }

  /** Removes the result, and what depends on it. */
  invalidate(): Promise<void> {
    return hostOf(this).invalidate(this);
  }

  isLocked(): Promise<boolean> {
    return hostOf(this).isLocked(this);
  }

  isFailed(): Promise<boolean> {
    return hostOf(this).isFailed(this);
  }

  get [TASK](): true {
    return true;
  }

  get [HOST](): Host | undefined {
    return this.#host;
  }

  set [HOST](host: Host | undefined) {
    this.#host = host;
  }

  [HASH](): unknown {
    return this.hash;
  }

  override toString(): string {
    const args = this.args.map(shown);
    const text = args.join(', ');
    return `${this.name}(${text.length > 80 ? `${text.slice(0, 79)}…` : text})`;
  }

  /** Among the arguments of another it is named only: to spell out all it was made from may take for ever. */
  [INSPECT](depth = 1): string {
    return `Task ${depth > 0 ? this.toString() : `${this.name}(…)`}`;
  }
}

/** Single digits are spelled out so that `task[0]` is never `| undefined` to a strict compiler. */
interface Subscripts<R> {
  readonly [index: number]: Tasklet<Element<R, number>>;
  readonly 0: Tasklet<Element<R, 0>>;
  readonly 1: Tasklet<Element<R, 1>>;
  readonly 2: Tasklet<Element<R, 2>>;
  readonly 3: Tasklet<Element<R, 3>>;
  readonly 4: Tasklet<Element<R, 4>>;
  readonly 5: Tasklet<Element<R, 5>>;
  readonly 6: Tasklet<Element<R, 6>>;
  readonly 7: Tasklet<Element<R, 7>>;
  readonly 8: Tasklet<Element<R, 8>>;
  readonly 9: Tasklet<Element<R, 9>>;
}

/** So many tasklets of tasklets are spelled out where there is little room. */
const MOST_SPELLED = 3;

/** A part of a task's result, or a small function of it: never stored, computed where it is needed. */
// biome-ignore lint/suspicious/noExplicitAny: as for Task.
export interface Tasklet<R = any> extends TaskletClass<R>, Subscripts<R> {}
class TaskletClass<R> extends Subscriptable implements Deferred<R> {
  declare readonly __result: R;
  readonly [SPREAD]: unknown;
  readonly #step: Step;

  constructor(base: unknown, step: Step | AnyFunction) {
    super();
    this[SPREAD] = base;
    this.#step = typeof step === 'function' ? {call: tasklets(step)} : checkedStep(step);
  }

  get base(): unknown {
    return this[SPREAD];
  }

  get step(): Step {
    return this.#step;
  }

  get<const Keys extends readonly unknown[]>(...keys: Keys): Tasklet<ElementAt<R, Keys>> {
    return new Tasklet(this, {get: keys});
  }

  value(): Promise<R> {
    return valueIn(this) as Promise<R>;
  }

  async canLoad(): Promise<boolean> {
    return areThere(this.dependencies());
  }

  /** The tasks it is made from. */
  dependencies(): Task[] {
    const tasks = new Set<Task>();
    collectTasks(this[DEPENDENCIES](), tasks);
    return [...tasks];
  }

  [DEPENDENCIES](): unknown {
    return 'get' in this.step ? [this.base, ...this.step.get] : [this.base];
  }

  [HASH](): unknown {
    return 'get' in this.step
      ? {tasklet: this.base, get: this.step.get}
      : {tasklet: this.base, ...called(this.step.call)};
  }

  [RESOLVE](resolve: (tree: unknown) => unknown): unknown {
    let value = resolve(this.base);
    if ('call' in this.step) return this.step.call.fn(value);
    for (const key of this.step.get.map(resolve)) value = subscript(value, key, this);
    return value;
  }

  override toString(): string {
    const base = this.base instanceof Subscriptable ? this.base.toString() : shown(this.base);
    return 'get' in this.step
      ? `${base}.get(${this.step.get.map(String).join(', ')})`
      : `${this.step.call.name}(${base})`;
  }

  [INSPECT](depth = 1): string {
    return `Tasklet ${depth > 0 ? this.toString() : this.#brief(0)}`;
  }

  /** As it is written, without arguments: `double(…)[0]`. Tasklets of tasklets may be any number. */
  #brief(levels: number): string {
    const {base, step} = this;
    let text = '…';
    if (base instanceof Task) text = `${base.name}(…)`;
    else if (base instanceof TaskletClass && levels < MOST_SPELLED) text = base.#brief(levels + 1);
    if ('call' in step) return `${step.call.name}(${text})`;
    const [key] = step.get;
    const isPlace = step.get.length === 1 && typeof key === 'number';
    return isPlace ? `${text}[${key}]` : `${text}.get(${step.get.map(shown).join(', ')})`;
  }
}
/** Not the class itself: a constructor cannot be generic, so it could not infer from the base what its function takes. */
export const Tasklet: {
  new <R>(base: Deferred<unknown>, step: Step): Tasklet<R>;
  new <B extends Base, R>(base: B, fn: (base: Resolved<B>) => R): Tasklet<R>;
} = Object.defineProperty(TaskletClass, 'name', {value: 'Tasklet'}) as never;

function tasklets(fn: AnyFunction): TaskFunction {
  const {functions} = currentHost();
  return fn.name === '' || functions.known(fn) !== undefined ? functions.addBySource(fn) : functions.add(fn);
}
