// Functions among arguments: they enter a hash by their names. Knows no task.

import {hashValue, type TaskHash} from '../hash.js';
import type {AnyFunction, TaskFunction} from './functions.js';
import {currentHost, type Host} from './host.js';
import {isOfTheTask} from './misuse.js';
import {isMethod} from './not-known.js';
import {isPrimitive, visitFunctions} from './tree.js';

/** Names functions among arguments while the jugfile's line is on the stack: by it they are named, in main and workers. */
export function register(args: readonly unknown[], host = currentHost()): void {
  if (args.every(isPrimitive)) return;
  visitFunctions(args, fn => {
    if (isMethod(fn)) throw isOfTheTask((fn as AnyFunction).name);
    host.functions.nameable(fn as AnyFunction);
  });
}

/** `owner`: whose names count; the current host's, if there is none. */
export function namesUnder(owner: Host | undefined): (fn: AnyFunction) => TaskFunction | undefined {
  return fn => (owner ?? currentHost()).functions.nameable(fn);
}

/** The hash of any value that could be an argument, as 64 hex digits. */
export function hashOne(value: unknown): TaskHash {
  return hashValue(value, namesUnder(undefined));
}
