// Compound tasks: a function that makes tasks and answers with one of them, known by its own name and arguments. Once
// its result is there, the function is not called and its inner tasks are not made.

import {INSPECT, JugError, shownArguments} from '../errors.js';
import {HASH, OWN} from '../hash.js';
import type {Resolved} from '../types.js';
import {registerClass} from '../values/classes.js';
import {type Call, sealAsItIs} from './call-hash.js';
import {type AnyFunction, derivation, type TaskFunction} from './functions.js';
import {currentHost, type Host, hostOfCall} from './host.js';
import {toBeAwaited} from './misuse.js';
import {register} from './naming.js';
import {received} from './parameters.js';
import {inScope} from './scope.js';
import {Task} from './task.js';
import {DEPENDENCIES} from './tree.js';

/** The one argument of a compound task that was found finished: its result can be read, but not made. */
class Found {
  constructor(
    /** So that it depends on what it was made from. */
    readonly args: readonly unknown[],
    readonly inner: readonly object[] = [],
  ) {}

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

/** Makes of `fn` a function whose calls are compound tasks: `await twice(x)`. */
export function CompoundTaskGenerator<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): ((...args: A) => Promise<Task<Resolved<Awaited<R>>>>) & {readonly f: (...args: A) => R} {
  const home = currentHost();
  const entry = home.functions.add(fn as AnyFunction);
  const generator = (...args: A) => compound<Resolved<Awaited<R>>>(hostOfCall(home), entry, args);
  return Object.assign(generator, {f: fn});
}

function compound<R>(host: Host, made: TaskFunction, args: readonly unknown[]): Promise<Task<R>> {
  return toBeAwaited(compoundTask(host, made, args));
}

async function compoundTask(host: Host, made: TaskFunction, given: readonly unknown[]): Promise<Task> {
  const args = received(made.fn, given);
  const entry = host.functions.derive('compound', [made]);
  register(args, host);
  const call = Task.unlisted(entry, args, host);
  const {isFinished, scope} = await host.enter(call);
  if (isFinished) {
    const known = Task.insteadOf(call, [new Found(args)]);
    const found = unopened === undefined ? known : await open(known, made, args, unopened);
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

async function open(
  known: Task,
  made: TaskFunction,
  args: readonly unknown[],
  failed: Task[],
): Promise<Task> {
  // It may be made from any of them: what the function waits for goes into what it makes next as a plain value.
  const inner = new Set<object>();
  try {
    await new Promise((resolve, reject) => {
      const run = async (): Promise<unknown> => made.fn(...args);
      const watch = {leave: () => reject(new Error('waits')), made: (task: object) => void inner.add(task)};
      inScope(known.hash, run, watch).then(resolve, reject);
    });
  } catch {
    failed.push(known);
  }
  return Task.insteadOf(known, [new Found(args, [...inner])]);
}
