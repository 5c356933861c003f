// Waiting inside a jugfile. What waiting means is decided by the host that evaluates the jugfile.

import type {Arguments, Outcome, Resolved} from '../core/types.js';
import type {AnyFunction} from './functions.js';
import {currentHost} from './host.js';
import {Task} from './task.js';
import {settledValueIn, valueIn} from './task-hosts.js';
import {toBeAwaited} from './usage-errors.js';

/** Waits until every task defined so far is finished. */
export function barrier(): Promise<void> {
  return currentHost().settled(undefined);
}

/** `tree` with every task in it, at any depth, replaced by its result. Errors: a JugError if one is not there. */
export function value<T>(tree: T): Promise<Resolved<T>> {
  return toBeAwaited(valueIn(tree));
}

/** Waits until the tasks in `tree` are finished; then as `value`. */
export function bvalue<T>(tree: T): Promise<Resolved<T>> {
  return toBeAwaited(settledValueIn(tree));
}

/** The result of `fn(...args)`, computed as a task the first time and loaded ever after. */
export function CachedFunction<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: Arguments<A>
): Promise<Outcome<R>> {
  const entry = currentHost().functions.add(fn as AnyFunction);
  return bvalue(Task.of<Outcome<R>>(entry, args)) as Promise<Outcome<R>>;
}
