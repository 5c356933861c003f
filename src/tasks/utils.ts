// Small helpers of jugfiles: identity, wrapped arguments, parts of a task's result.

import {statSync} from 'node:fs';
import {JugError} from '../errors.js';
import {HASH} from '../hash.js';
import type {Argument, Arguments, Deferred, Element, Resolved} from '../types.js';
import {builtIn} from './functions.js';
import {Task, Tasklet} from './task.js';
import {VALUE} from './tree.js';

const identityFunction = builtIn('identity', x => x);

/** A task whose result is `x`: a large argument of many tasks is then hashed and stored once. */
export function identity<T>(x: Argument<T>): Deferred<T> & (Task<T> | Tasklet<T>) {
  return (x instanceof Task || x instanceof Tasklet ? x : Task.of<T>(identityFunction, [x])) as Task<T>;
}

/** Passed as `object`; in the hash stands what `hash(object)` answers: a string, bytes, or any hashable value. */
export class CustomHash<T> implements Deferred<Resolved<T>> {
  declare readonly __result: Resolved<T>;

  constructor(
    readonly object: T,
    readonly hash: (object: T) => unknown,
  ) {}

  [HASH](): unknown {
    return this.hash(this.object);
  }

  [VALUE](): unknown {
    return this.object;
  }
}

/** Passed as `object`, and not in the hash at all: whatever it is, the task is the same task. */
export class NoHash<T> implements Deferred<T> {
  declare readonly __result: T;

  constructor(readonly object: Argument<T>) {}

  [HASH](): unknown {
    return 'jug.NoHash';
  }

  [VALUE](): unknown {
    return this.object;
  }
}

/** The path of a file; its modification time and size are in the hash, so that a changed file makes new tasks. */
export function timedPath(path: string): CustomHash<string> {
  return new CustomHash<string>(path, () => {
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined)
      throw new JugError(`Expected a file at ${path} for timedPath, found nothing there.`, 3);
    return {timedPath: path, modified: stat.mtimeMs, size: stat.size};
  });
}

/** A tuple for a number that the compiler knows, if it is not a large one. */
type Members<R, N extends number, M extends readonly unknown[] = []> = number extends N
  ? Tasklet<Element<R, number>>[]
  : M['length'] extends N
    ? M
    : M['length'] extends 64
      ? Tasklet<Element<R, number>>[]
      : Members<R, N, [...M, Tasklet<Element<R, M['length']>>]>;

/** The first `n` members of an array that `task` will return. */
export function iterateTask<R, N extends number>(task: Task<R> | Tasklet<R>, n: N): Members<R, N> {
  return Array.from({length: n}, (_, index) => task.get(index)) as Members<R, N>;
}

/** A generator whose tasks return arrays of `n`: its calls answer with the `n` members. */
export function returnTuple<A extends readonly unknown[], R, N extends number>(
  n: N,
  generator: (...args: Arguments<A>) => Task<R>,
): (...args: Arguments<A>) => Members<R, N> {
  return (...args) => iterateTask(generator(...args), n);
}
