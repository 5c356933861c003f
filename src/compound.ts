// Compound tasks: a function that makes tasks and answers with one of them, known by its own name and arguments. Once
// its result is there, the function is not called and its inner tasks are not made.

import {JugError} from './errors.js';
import {type AnyFunction, derivation, type TaskFunction} from './functions.js';
import {inScope} from './scope.js';
import {currentHost, Task} from './task.js';
import {collectTasks} from './tree.js';
import type {Resolved} from './types.js';

derivation('compound', () => inner => inner);

/**
 * `await CompoundTask(fn, …args)`: `fn` is called with `args` as they are, tasks as tasks; it may make tasks, wait at
 * barriers, and returns a task, or a value that holds tasks.
 */
export function CompoundTask<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Promise<Task<Resolved<Awaited<R>>>> {
  return compound(currentHost().functions.add(fn as AnyFunction), args);
}

/** Makes of `fn` a function whose calls are compound tasks: `await twice(x)`. */
export function CompoundTaskGenerator<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): ((...args: A) => Promise<Task<Resolved<Awaited<R>>>>) & {readonly f: (...args: A) => R} {
  const entry = currentHost().functions.add(fn as AnyFunction);
  return Object.assign((...args: A) => compound<Resolved<Awaited<R>>>(entry, args), {f: fn});
}

async function compound<R>(made: TaskFunction, args: readonly unknown[]): Promise<Task<R>> {
  const host = currentHost();
  const entry = host.functions.derive('compound', [made]);
  const {hash} = Task.unlisted(entry, args);
  const known = Task.withHash<R>(hash, entry, []);
  const [finished] = await host.has([known]);
  if (finished) {
    host.define(known);
    return known;
  }
  const inner = await inScope(hash, () => made.fn(...args));
  const tasks = new Set<Task>();
  collectTasks(inner, tasks);
  if (tasks.size === 0) {
    throw new JugError(
      `Expected ${made.name} to return a task, as the function of a compound task, found none in what it returned.`,
      3,
    );
  }
  const task = Task.withHash<R>(hash, entry, [inner]);
  host.define(task);
  return task;
}
