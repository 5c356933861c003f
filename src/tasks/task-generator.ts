// TaskGenerator: turns a function into one whose calls describe tasks. What a jugfile is made of.

import type {Arguments} from '../core/types.js';
import {type AnyFunction, type FunctionOptions, STANDS_FOR, type TaskFunction} from './functions.js';
import {currentHost, hostOfCall} from './host.js';
import {Task} from './task.js';
import {checkOptions} from './usage-errors.js';

/** Called like `F`, with values or tasks of them at any depth; answers with a task of `F`'s result. */
export interface Generator<A extends readonly unknown[], R> {
  (...args: Arguments<A>): Task<Awaited<R>>;
  /** The plain function. */
  readonly f: (...args: A) => R;
  readonly [STANDS_FOR]: TaskFunction;
}

/**
 * Errors: a JugError if the function has no name, its name is another function's, or an option means nothing.
 * `options.name` stands for the function's own name, `options.version` enters the hash.
 */
// biome-ignore lint/suspicious/noExplicitAny: with unknown, a parameter that has a default and no type would be unknown.
export function TaskGenerator<A extends readonly any[], R>(
  fn: (...args: A) => R,
  options?: FunctionOptions,
): Generator<A, R> {
  if (options !== undefined) checkOptions(options, 'TaskGenerator');
  const home = currentHost();
  const entry = home.functions.add(fn as AnyFunction, options);
  const generator = (...args: readonly unknown[]): Task => Task.of(entry, args, hostOfCall(home));
  Object.defineProperty(generator, 'name', {value: fn.name, configurable: true});
  return Object.assign(generator, {f: fn, [STANDS_FOR]: entry}) as unknown as Generator<A, R>;
}
