// Functions among arguments: they enter a hash by their names, and so must be all that their names say. Knows no task.

import {userFrame} from '../core/call-site.js';
import {JugError} from '../core/errors.js';
import {hashValue, type TaskHash} from '../values/task-hash.js';
import {Refusal} from '../values/unstorable.js';
import {carriedBy} from './closures.js';
import type {AnyFunction, TaskFunction} from './functions.js';
import {currentHost, type Host} from './host.js';
import {isPrimitive, visitFunctions} from './traverse.js';
import {isMethod} from './unknown-result.js';
import {isOfTheTask} from './usage-errors.js';

const WHY =
  'jug knows a function by its name, which says nothing of that: with other data, the old result would be found.';
const WHAT_TO_DO =
  'Make it inside the task, from its settings, and hand over those; or write it at the top level of a module, with what it ' +
  'needs as parameters';

/** Names functions among arguments while the jugfile's line is on the stack: by it they are named, in main and workers. */
export function register(args: readonly unknown[], host = currentHost()): void {
  if (args.every(isPrimitive)) return;
  visitFunctions(args, fn => {
    if (isMethod(fn)) throw isOfTheTask((fn as AnyFunction).name);
    try {
      host.functions.nameable(fn as AnyFunction);
    } catch (error) {
      // The hash has a better reason, and knows the place of it in the argument.
      if (carriedBy(fn as AnyFunction) === undefined) throw error;
    }
  });
}

/** `owner`: whose names count; the current host's, if there is none. Of a function that carries data: Refusal. */
export function namesUnder(owner: Host | undefined): (fn: AnyFunction) => TaskFunction | undefined {
  return fn => {
    const carried = carriedBy(fn);
    if (carried !== undefined)
      throw new Refusal(`is a function that carries data: ${carried}.\n${WHY} ${WHAT_TO_DO}`);
    return (owner ?? currentHost()).functions.nameable(fn);
  };
}

/** Errors: a JugError, if `fn` carries data. `role`: what it was to be, as in 'mapper in mapreduce.map'. */
export function refuseData(fn: unknown, role: string, whatToDo: string): void {
  const carried = typeof fn === 'function' ? carriedBy(fn as AnyFunction) : undefined;
  if (carried === undefined) return;
  const name = (fn as AnyFunction).name || 'one without a name';
  throw new JugError(
    `Expected a function whose code says all, as the ${role}, found ${name} (${userFrame().site}), which carries data: ${carried}.\n` +
      `${WHY} ${whatToDo}`,
    3,
  );
}

/** The hash of any value that could be an argument, as 64 hex digits. */
export function hashOne(value: unknown): TaskHash {
  return hashValue(value, namesUnder(undefined));
}
