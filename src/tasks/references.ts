// What is sent in the place of tasks, functions and what wraps a value: who each of them is, by hash and by name. What is
// sent is read again in wire-arguments.ts. Knows tasks by the symbols of traverse.ts alone.

import {extraKeys} from '../values/classify.js';
import type {Rules, StandIn} from '../values/flatten.js';
import type {TaskHash} from '../values/task-hash.js';
import {Refusal} from '../values/unstorable.js';
import type {AnyFunction} from './functions.js';
import {currentHost} from './host.js';
import {isTask, type TaskLike, VALUE} from './traverse.js';

/** A method: the stand-in that is sent in the place of the object. */
export const REFERENCE: unique symbol = Symbol('jug.reference') as never;

export const TASK_REFERENCE = 'jug.TaskReference';
export const TASK_REFERENCES = 'jug.TaskReferences';
export const FUNCTION_REFERENCE = 'jug.Function';

export function taskReference(hash: TaskHash, name?: string): StandIn {
  return {name: TASK_REFERENCE, encoded: name === undefined ? [hash] : [hash, name], isReplaced: true};
}

/** A task whose function's name is sent, too, since something may have to be said of it. */
export class NamedReference {
  readonly #task: TaskLike & {readonly name: string};

  constructor(task: TaskLike & {readonly name: string}) {
    this.#task = task;
  }

  [REFERENCE](): StandIn {
    return taskReference(this.#task.hash, this.#task.name);
  }
}

/** How arguments are taken apart in order to be sent. */
export const TRAVELLING: Rules = {
  substitute(object) {
    let value: unknown = object;
    while (typeof value === 'object' && value !== null && VALUE in value)
      value = (value as {[VALUE](): unknown})[VALUE]();
    return value;
  },
  standIn(thing) {
    if (typeof thing === 'function') return functionReference(thing as AnyFunction);
    if (Array.isArray(thing)) return listReference(thing);
    return REFERENCE in thing ? (thing as {[REFERENCE](): StandIn})[REFERENCE]() : undefined;
  },
};

/** An array of nothing but tasks: one string for all of them, since there may be a hundred thousand. */
function listReference(list: readonly unknown[]): StandIn | undefined {
  // `findIndex`, unlike `every`, does not pass over holes.
  if (list.length < 2 || list.findIndex(member => !isTask(member)) !== -1) return undefined;
  if (extraKeys(list).length > 0) return undefined;
  const hashes = (list as TaskLike[]).map(task => task.hash).join('');
  return {name: TASK_REFERENCES, encoded: hashes, isReplaced: true};
}

function functionReference(fn: AnyFunction): StandIn {
  const known = currentHost().functions.known(fn);
  if (known !== undefined) return {name: FUNCTION_REFERENCE, encoded: known.name, isReplaced: false};
  throw new Refusal(
    `is a function that has no name yet (${fn.name || 'it has none of its own'}): functions among arguments are named when the task is made`,
  );
}
