// Compound tasks: a function that makes tasks and answers with one of them, known by its own name and arguments. Once
// its result is there, the function is not called and its inner tasks are not made.

import {INSPECT, JugError, shownArguments} from '../core/errors.js';
import type {Resolved} from '../core/types.js';
import {registerClass} from '../values/class-registry.js';
import {HASH, OWN} from '../values/task-hash.js';
import {type Call, sealAsItIs} from './call-hash.js';
import {COMPOUND, reachedFrom, versionsReached} from './called-functions.js';
import {inScope} from './compound-scope.js';
import {register} from './function-names.js';
import {
  type AnyFunction,
  derivation,
  type FunctionOptions,
  STANDS_FOR,
  type TaskFunction,
} from './functions.js';
import {currentHost, type Host, hostOfCall} from './host.js';
import {received} from './parameters.js';
import {Task} from './task.js';
import {CALLS, DEPENDENCIES, visitFunctions} from './traverse.js';
import {checkOptions, toBeAwaited} from './usage-errors.js';

/** The one argument of a compound task that was found finished: its result can be read, but not made. */
class Found {
  constructor(
    /** So that it depends on what it was made from. */
    readonly args: readonly unknown[],
    readonly inner: readonly object[] = [],
    /** What its function may call. */
    readonly reached: () => readonly TaskFunction[] = () => [],
  ) {}

  [CALLS](): readonly TaskFunction[] {
    return this.reached();
  }

  [DEPENDENCIES](): unknown {
    return [this.args, this.inner];
  }

  /** Nothing is made from the arguments, so that they may be changed. */
  [HASH](): unknown {
    return 'jug.Found';
  }

  get [OWN](): true {
    return true;
  }

  [INSPECT](): string {
    return shownArguments(this.args);
  }
}
registerClass(Found, {name: 'jug.Found', encode: () => null, decode: () => new Found([])});

derivation('compound', made => result => {
  if (!(result instanceof Found)) return result;
  throw new JugError(
    `Expected the result of the compound task ${made.name} to be there still, as it was when the jugfile asked for it, ` +
      'found it removed or damaged since.\nIts inner tasks were not made, so it cannot be computed now. Run `jug execute` ' +
      'again: they are then made anew.',
  );
});

/**
 * `await CompoundTask(fn, …args)`: `fn` is called with `args` as they are, tasks as tasks; it may make tasks, wait at
 * barriers, and returns a task, a value that holds tasks, or a value.
 */
export function CompoundTask<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Promise<Task<Resolved<Awaited<R>>>> {
  const host = currentHost();
  return compound(host, host.functions.add(fn as AnyFunction), args);
}

/** What makes compound tasks of a function. */
export interface CompoundGenerator<A extends readonly unknown[], R> {
  (...args: A): Promise<Task<Resolved<Awaited<R>>>>;
  /** The plain function. */
  readonly f: (...args: A) => R;
}

/** Makes of `fn` a function whose calls are compound tasks: `await twice(x)`. `options`: as those of TaskGenerator. */
export function CompoundTaskGenerator<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options?: FunctionOptions,
): CompoundGenerator<A, R> {
  if (options !== undefined) checkOptions(options, 'CompoundTaskGenerator');
  const home = currentHost();
  const entry = home.functions.add(fn as AnyFunction, options);
  const generator = (...args: A) => compound<Resolved<Awaited<R>>>(hostOfCall(home), entry, args);
  Object.defineProperty(generator, 'name', {value: fn.name, configurable: true});
  return Object.assign(generator, {f: fn, [STANDS_FOR]: entry, [COMPOUND]: true});
}

function functionsIn(args: readonly unknown[]): AnyFunction[] {
  const functions: AnyFunction[] = [];
  visitFunctions(args, fn => void functions.push(fn as AnyFunction));
  return functions;
}

function compound<R>(host: Host, made: TaskFunction, args: readonly unknown[]): Promise<Task<R>> {
  return toBeAwaited(compoundTask(host, made, args));
}

async function compoundTask(host: Host, made: TaskFunction, given: readonly unknown[]): Promise<Task> {
  const args = received(made.fn, given);
  register(args, host);
  const inside = versionsReached([made.fn, ...functionsIn(args)], host.functions);
  const call = Task.unlisted(host.functions.derive('compound', [made], inside), args, host);
  const {isFinished, scope} = await host.enter(call);
  if (isFinished) {
    const reached = (): readonly TaskFunction[] => reachedFrom(made.fn, host.functions);
    const found =
      unopened === undefined
        ? Task.insteadOf(call, [new Found(args, [], reached)])
        : Task.insteadOf(call, [new Found(args, await open(call, made, unopened), reached)]);
    host.define(found);
    return found;
  }
  const inner = await inScope(scope, () => made.fn(...args));
  // Any other value may be meant: the answer of an empty list. Without one the tasks it made would soon be forgotten.
  if (inner === undefined) {
    throw new JugError(
      `Expected ${made.name} to return a task or a value, as the function of a compound task, found undefined (${made.site}).\n` +
        'Return what it makes: once the compound task is finished, tasks made inside are not made again.',
      3,
    );
  }
  register([inner], host);
  const task = Task.insteadOf(call, [inner]);
  if (host.lightTask === undefined) sealAsItIs(task, changedInner);
  host.define(task);
  return task;
}

function changedInner({function: {parts}}: Call): JugError {
  return new JugError(
    `Expected what ${parts[0]!.name} returned, as the function of a compound task, to be what it was then, found it changed since.\n` +
      'Return a copy, as in return [...list].',
    3,
  );
}

let unopened: Task[] | undefined;

/**
 * From now on, functions of finished compound tasks are called, too, so that their inner tasks are known. Answers with
 * a list, which grows by those whose functions did not come to their end.
 */
export function openCompounds(): readonly Task[] {
  unopened = [];
  return unopened;
}

/** The tasks that are made inside. */
async function open(call: Task, made: TaskFunction, failed: Task[]): Promise<readonly object[]> {
  // It may be made from any of them: what the function waits for goes into what it makes next as a plain value.
  const inner = new Set<object>();
  try {
    await new Promise((resolve, reject) => {
      const run = async (): Promise<unknown> => made.fn(...call.args);
      const watch = {leave: () => reject(new Error('waits')), made: (task: object) => void inner.add(task)};
      inScope(call.hash, run, watch).then(resolve, reject);
    });
  } catch {
    failed.push(call);
  }
  return [...inner];
}
