// Hashes of calls of one function, with two more that may stand among its arguments.

import {hashCall, type NamedFunction, type TaskHash} from '../../src/values/task-hash.js';

/** The hash of the call `m.f(...args)`. */
export function call(...args: readonly unknown[]): TaskHash {
  return hashCall('m.f', undefined, args, nameOf);
}

export function nameOf(fn: (...args: never[]) => unknown): NamedFunction | undefined {
  if (fn === versioned) return {name: 'm.versioned', version: '2'};
  return fn === named ? {name: 'm.named'} : undefined;
}

export function versioned(): void {}

export function named(): void {}
