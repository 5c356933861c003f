// Small helpers of jugfiles: identity, wrapped arguments, parts of a task's result.

import {statSync} from 'node:fs';
import {userFrame} from '../core/call-site.js';
import {INSPECT, JugError, shownAs} from '../core/errors.js';
import type {Argument, Arguments, Deferred, Element, Resolved} from '../core/types.js';
import {HASH, OWN} from '../values/task-hash.js';
import {builtIn} from './functions.js';
import {Task, Tasklet} from './task.js';
import {VALUE} from './traverse.js';
import {misused} from './usage-errors.js';

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
  ) {
    if (typeof hash !== 'function') throw misused('a function in new CustomHash(object, hash)', hash);
  }

  [HASH](): unknown {
    return this.hash(this.object);
  }

  get [OWN](): true {
    return true;
  }

  [VALUE](): unknown {
    return this.object;
  }

  [INSPECT](depth: number, options: object): string {
    return shownAs(this.object, depth, options);
  }
}

/** Passed as `object`, and not in the hash at all: whatever it is, the task is the same task. */
export class NoHash<T> implements Deferred<T> {
  declare readonly __result: T;

  constructor(readonly object: Argument<T>) {}

  [HASH](): unknown {
    return 'jug.NoHash';
  }

  get [OWN](): true {
    return true;
  }

  [VALUE](): unknown {
    return this.object;
  }

  [INSPECT](depth: number, options: object): string {
    return shownAs(this.object, depth, options);
  }
}

/** The path of a file; its modification time and size are in the hash, so that a changed file makes new tasks. */
export function timedPath(path: string): CustomHash<string> {
  if (typeof path !== 'string') throw misused('the path of a file in timedPath(path), as a string', path);
  return new CustomHash<string>(path, () => {
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined) {
      throw new JugError(
        `Expected a file at ${path} for timedPath, found nothing there (${userFrame().site}).`,
        3,
      );
    }
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

/** The first `n` members of an array that `task` will return. Errors: a JugError for what is no task, or no number. */
export function iterateTask<R, N extends number>(task: Task<R> | Tasklet<R>, n: N): Members<R, N> {
  const call = 'iterateTask(task, n)';
  if (!isTask(task))
    throw misused(`a task in ${call}`, task, 'Of what is there already, take the members as they are.');
  checkCount(n, call, 'If it is not known, await bvalue(task) waits for the result.');
  return members(task, n);
}

/**
 * A generator whose tasks return arrays of `n`: its calls answer with the `n` members. Errors: as for iterateTask, where
 * it is called.
 */
export function returnTuple<A extends readonly unknown[], R, N extends number>(
  n: N,
  generator: (...args: Arguments<A>) => Task<R>,
): (...args: Arguments<A>) => Members<R, N> {
  const call = 'returnTuple(n, generator)';
  const advice = 'Write returnTuple(2, TaskGenerator(function name(…) {…})).';
  checkCount(n, call, advice);
  if (typeof generator !== 'function') throw misused(`a task generator in ${call}`, generator, advice);
  return (...args) => {
    const task = generator(...args);
    if (!isTask(task)) throw misused(`the function in ${call} to answer with a task`, task, advice);
    return members(task, n);
  };
}

function isTask(thing: unknown): thing is Task | Tasklet {
  return thing instanceof Task || thing instanceof Tasklet;
}

function checkCount(n: unknown, call: string, advice: string): void {
  if (!Number.isInteger(n) || (n as number) < 0)
    throw misused(`a whole number of members in ${call}`, n, advice);
}

function members<R, N extends number>(task: Task<R> | Tasklet<R>, n: N): Members<R, N> {
  return Array.from({length: n}, (_, index) => task.get(index)) as Members<R, N>;
}
