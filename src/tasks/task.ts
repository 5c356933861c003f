// Task and Tasklet: what a call of a task function returns. They describe work and are handed on as if they were
// its result. What happens to them is decided by the host that evaluates the jugfile; they know only its interface.

import {INSPECT, shown, shownArguments} from '../core/errors.js';
import type {Argument, Base, Deferred, Element, ElementAt, Own, Resolved, Slice} from '../core/types.js';
import type {StandIn} from '../values/flatten.js';
import {HASH, OWN, type TaskHash} from '../values/task-hash.js';
import {hashOfCall} from './call-hash.js';
import {register} from './function-names.js';
import {type AnyFunction, called, type FunctionOptions, TaskFunction} from './functions.js';
import {timed} from './hashing-report.js';
import {currentHost, HOST, type Host, hostOf, makingHost} from './host.js';
import {received} from './parameters.js';
import {ownValue} from './private-copy.js';
import {NamedReference, REFERENCE, taskReference} from './references.js';
import {callStep, checkedStep, placeOf, SLICE, type Step, subscript} from './subscript.js';
import type {IsShared} from './substitute.js';
import {areThere, valueIn} from './task-hosts.js';
import {taskletFunction} from './tasklet-function.js';
import {CALLS, collectTasks, DEPENDENCIES, isPrimitive, RESOLVE, SPREAD, TASK} from './traverse.js';
import {declareMethods, MEMBER, MISSING, NotKnown} from './unknown-result.js';
import {cannotIterate, checkOptions, hasNo, isCompared} from './usage-errors.js';

/** What a task and a tasklet have in common: parts of what they stand for. */
abstract class Subscriptable<R> extends NotKnown implements Deferred<R> {
  declare readonly __result: R;

  /** What stands at `keys` in the result, one key below the other: `task.get('rows', 3)`. A key may be a task. */
  get<const Keys extends readonly unknown[]>(...keys: Keys): Tasklet<ElementAt<R, Keys>> {
    return new Tasklet(this, {get: keys});
  }

  /** A place in an array or a text: negative from the end. */
  at(index: Argument<number>): Tasklet<Element<R, number>> {
    return new Tasklet(this, {get: [placeOf(index)]});
  }

  /** As an array's, or a text's. */
  slice(start: Argument<number> = 0, end?: Argument<number>): Tasklet<Slice<R>> {
    return new Tasklet<Slice<R>>([this, placeOf(start), placeOf(end)] as never, {call: SLICE});
  }

  [Symbol.iterator](): never {
    if (isCompared()) return [].values() as never;
    throw cannotIterate(String(this));
  }

  override [MEMBER](place: number): unknown {
    return this.get(place);
  }

  get [OWN](): true {
    return true;
  }

  override [MISSING](key: string): Error {
    return hasNo(key, String(this));
  }
}

/** Of tasks that are known by the hash of another call. */
const calls = new WeakMap<Task, Task>();

/** One call of a task function: its name and arguments, known by their hash. `R` is the type of its result. */
// biome-ignore lint/suspicious/noExplicitAny: a Task without an argument is a task of anything; with unknown, no other task would fit it.
export interface Task<R = any> extends Subscripts<R> {}
// biome-ignore lint/suspicious/noExplicitAny: as above.
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the proxy below the prototype provides them.
export class Task<R = any> extends Subscriptable<R> {
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
      this.#args = received(this[SPREAD].fn, args);
      this.#host = makingHost();
      register(this.#args);
      currentHost().define(this as Task);
    }
  }

  /** The call of a function that is registered already, with what of `given` the function can receive. */
  static of<R>(fn: TaskFunction, given: readonly unknown[], host = currentHost()): Task<R> {
    const args = received(fn.fn, given);
    register(args, host);
    const task = host.lightTask?.(fn, args) ?? Task.unlisted(fn, args, host.running ? host : undefined);
    host.define(task);
    return task as Task<R>;
  }

  /** A task that is known by the hash of another call, and made from other arguments. */
  static insteadOf(call: Task, args: readonly unknown[]): Task {
    const task = Task.unlisted(call.function, args, call.#host);
    task.#hash = call;
    calls.set(task, call);
    return task;
  }

  /** What a task was called with, and what it is made from. */
  static given(task: Task): readonly unknown[] {
    const call = calls.get(task);
    return call === undefined ? task.args : [...call.args, ...task.args];
  }

  /** A task whose hash is given: a reference that came from elsewhere. */
  static withHash(hash: TaskHash, fn: TaskFunction, args: readonly unknown[], host?: Host): Task {
    const task = Task.unlisted(fn, args, host);
    task.#hash = hash;
    return task;
  }

  /** A call that is not defined as a task of the run: to know its hash. */
  static unlisted(fn: TaskFunction, args: readonly unknown[], host = makingHost()): Task {
    return new Task(fn as never, args, host);
  }

  get name(): Own<R, 'name', string> {
    return (this as Task).function.name as never;
  }

  get function(): Own<R, 'function', TaskFunction> {
    return this[SPREAD] as never;
  }

  get args(): Own<R, 'args', readonly unknown[]> {
    return this.#args as never;
  }

  get hash(): Own<R, 'hash', TaskHash> {
    if (typeof this.#hash !== 'string') {
      this.#hash = this.#hash?.hash ?? timed(this as Task, () => hashOfCall(this as Task));
    }
    return this.#hash as never;
  }

  /** The tasks whose results this one needs, each once. */
  dependencies(): Task[] {
    if ((this as Task).args.every(isPrimitive)) return [];
    const tasks = new Set<Task>();
    collectTasks((this as Task).args, tasks);
    return [...tasks];
  }

  async canLoad(): Promise<boolean> {
    return areThere([this as Task]);
  }

  async canRun(): Promise<boolean> {
    return areThere(this.dependencies());
  }

  run(): Promise<R> {
    return hostOf(this as Task).run(this as Task);
  }

  value(): Promise<R> {
    return hostOf(this as Task).value(this as Task) as Promise<R>;
  }

  /** Removes the result, and what depends on it. */
  invalidate(): Promise<void> {
    return hostOf(this as Task).invalidate(this as Task);
  }

  isLocked(): Promise<boolean> {
    return hostOf(this as Task).isLocked(this as Task);
  }

  isFailed(): Promise<boolean> {
    return hostOf(this as Task).isFailed(this as Task);
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

  [REFERENCE](): StandIn {
    return taskReference((this as Task).hash);
  }

  override toString(): string {
    const text = shownArguments((this as Task).args);
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

/** So many tasklets of tasklets are written out at all. */
const MOST_WRITTEN = 20;
/** So many are spelled out where there is little room. */
const MOST_SPELLED = 3;

/** A part of a task's result, or a small function of it: never stored, computed where it is needed. */
// biome-ignore lint/suspicious/noExplicitAny: as for Task.
export interface Tasklet<R = any> extends TaskletClass<R>, Subscripts<R> {}
class TaskletClass<R> extends Subscriptable<R> {
  readonly [SPREAD]: unknown;
  readonly #step: Step;

  constructor(base: unknown, step: Step | AnyFunction, options?: FunctionOptions) {
    super();
    if (options !== undefined) checkOptions(options, 'new Tasklet');
    this[SPREAD] = base;
    this.#step = typeof step === 'function' ? {call: taskletFunction(step, options)} : checkedStep(step);
  }

  get base(): Own<R, 'base', unknown> {
    return this[SPREAD] as never;
  }

  get step(): Own<R, 'step', Step> {
    return this.#step as never;
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
    return 'get' in this.#step ? [this.base, ...this.#step.get] : [this.base];
  }

  [CALLS](): readonly TaskFunction[] {
    return 'call' in this.#step && this.#step.call !== SLICE ? [this.#step.call] : [];
  }

  [HASH](): unknown {
    return 'get' in this.#step
      ? {tasklet: this.base, get: this.#step.get}
      : {tasklet: this.base, ...called(this.#step.call)};
  }

  [REFERENCE](): StandIn {
    const {base} = this;
    const step = this.#step;
    const encoded = {
      base: base instanceof Task ? new NamedReference(base) : base,
      step: 'get' in step ? {get: step.get} : {call: step.call.name},
    };
    return {name: 'jug.Tasklet', encoded, isReplaced: true};
  }

  [RESOLVE](resolve: (tree: unknown) => unknown, isShared: IsShared): unknown {
    let value = resolve(this.base);
    if ('call' in this.#step) {
      const {call} = this.#step;
      const isOwn = call === SLICE || isPrimitive(value) || !this.#isBaseShared(isShared);
      return callStep(call.fn, isOwn ? value : ownValue(value, this), this);
    }
    for (const key of this.#step.get.map(resolve)) value = subscript(value, key, this);
    return value;
  }

  /** Whether somebody else may be given what the base's value is, or is in. */
  #isBaseShared(isShared: IsShared): boolean {
    let base = this[SPREAD];
    while (base instanceof TaskletClass && 'get' in base.#step) {
      if (isShared(base)) return true;
      base = base[SPREAD];
    }
    return !(base instanceof Task || base instanceof TaskletClass) || isShared(base);
  }

  override toString(): string {
    return this.#text(0);
  }

  #text(levels: number): string {
    const base = this[SPREAD];
    const step = this.#step;
    if ('call' in step && step.call === SLICE) {
      const [whole, ...bounds] = base as readonly unknown[];
      return `${this.#textOf(whole, levels)}.slice(${boundsText(bounds)})`;
    }
    const text = this.#textOf(base, levels);
    return 'get' in step
      ? `${text}.get(${step.get.map(key => textOf(key)).join(', ')})`
      : `${step.call.name}(${text})`;
  }

  #textOf(base: unknown, levels: number): string {
    if (!(base instanceof TaskletClass)) return textOf(base);
    return levels < MOST_WRITTEN ? base.#text(levels + 1) : '…';
  }

  [INSPECT](depth = 1): string {
    return `Tasklet ${depth > 0 ? this.toString() : this.#brief(0)}`;
  }

  /** As it is written, without arguments: `double(…)[0]`. Tasklets of tasklets may be any number. */
  #brief(levels: number): string {
    const base = this[SPREAD];
    const step = this.#step;
    if ('call' in step && step.call === SLICE) {
      const [whole, ...bounds] = base as readonly unknown[];
      return `${this.#briefOf(whole, levels)}.slice(${boundsText(bounds)})`;
    }
    const text = this.#briefOf(base, levels);
    if ('call' in step) return `${step.call.name}(${text})`;
    const [key] = step.get;
    const isPlace = step.get.length === 1 && typeof key === 'number';
    return isPlace ? `${text}[${key}]` : `${text}.get(${step.get.map(shown).join(', ')})`;
  }

  #briefOf(base: unknown, levels: number): string {
    if (base instanceof Task) return `${base.name}(…)`;
    return base instanceof TaskletClass && levels < MOST_SPELLED ? base.#brief(levels + 1) : '…';
  }
}

/** As it is written; of a task, without what stands before it in `inspect`. */
function textOf(thing: unknown): string {
  return thing instanceof Subscriptable ? thing.toString() : shown(thing);
}

function boundsText([start, end]: readonly unknown[]): string {
  return (end === undefined ? [start] : [start, end]).map(textOf).join(', ');
}

for (const {prototype} of [Subscriptable, Task, TaskletClass]) declareMethods(prototype);

/** Not the class itself: a constructor cannot be generic, so it could not infer from the base what its function takes. */
export const Tasklet: {
  new <R>(base: Deferred<unknown>, step: Step): Tasklet<R>;
  /** `options`: as those of TaskGenerator. */
  new <B extends Base, R>(
    base: B,
    fn: (base: Resolved<B>) => R,
    options?: FunctionOptions,
  ): Tasklet<Awaited<R>>;
} = Object.defineProperty(TaskletClass, 'name', {value: 'Tasklet'}) as never;
