// How arguments travel to a worker, and what is made of them there. Tasks go as hashes, functions as names (references.ts);
// values go by structured clone where it loses nothing, which is nearly always, and through the codec where it would.

import {INSPECT} from '../core/errors.js';
import {registerStandIn} from '../values/class-registry.js';
import {decode, type Encoded, encodeArguments, UnstorableError} from '../values/codec.js';
import {type TaskHash, unhashable} from '../values/task-hash.js';
import {checkUnchanged} from './call-hash.js';
import {type AnyFunction, TaskFunction, unsendableArgument} from './functions.js';
import {currentHost} from './host.js';
import {MappedTasks} from './map-reduce.js';
import {NoLoad} from './no-load.js';
import {FUNCTION_REFERENCE, TASK_REFERENCE, TASK_REFERENCES, TRAVELLING} from './references.js';
import type {Step} from './subscript.js';
import {Task, Tasklet} from './task.js';
import {HASHES, isPrimitive} from './traverse.js';

/** Arguments ready to be posted: as they are; with tasks among them, by their places; or encoded. */
export type Packed = readonly unknown[] | WithTasks | Encoded;

interface WithTasks {
  readonly args: readonly unknown[];
  readonly tasks: readonly (readonly [place: number, hash: TaskHash])[];
}

/** Those of a task, at the last moment before they are sent. Errors: a JugError, if they were changed, or hold what cannot be sent. */
export function packedArguments(task: Task): Packed {
  checkUnchanged(task);
  try {
    return pack(task.args);
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    throw unsendableArgument(task.function.name, unhashable(error));
  }
}

/** Errors: UnstorableError for what was put into an argument since it was hashed. */
export function pack(args: readonly unknown[]): Packed {
  if (args.every(isPrimitive)) return args;
  if (args.every(arg => isPrimitive(arg) || arg instanceof Task)) return withTasks(args);
  return encodeArguments(args, TRAVELLING);
}

/** In the worker: the arguments, with tasks in place of their hashes. */
export function unpack(packed: Packed): readonly unknown[] {
  if ('codec' in packed) return decode(packed.codec, packed.payload) as unknown[];
  if (!('tasks' in packed)) return packed;
  const args = packed.args.slice();
  for (const [place, hash] of packed.tasks) args[place] = arrivedTask(hash);
  return args;
}

/** The usual arguments of a task that depends on others: quicker than the codec, which can do it too. */
function withTasks(args: readonly unknown[]): WithTasks {
  const tasks: (readonly [number, TaskHash])[] = [];
  const rest = args.map((arg, place) => {
    if (!(arg instanceof Task)) return arg;
    tasks.push([place, arg.hash]);
    return undefined;
  });
  return {args: rest, tasks};
}

/** An array of tasks where only their results matter: in a worker, so many objects would cost more than loading them. */
class ArrivedTasks {
  readonly #hashes: readonly TaskHash[];

  constructor(hashes: readonly TaskHash[]) {
    this.#hashes = hashes;
  }

  [HASHES](): readonly TaskHash[] {
    return this.#hashes;
  }
}

/** Stands for the function of a task that is known by its hash alone. */
const some = new TaskFunction('a task', notHere, undefined);
/** Stands for the arguments, where they would be shown. */
const ARGUMENTS = [{[INSPECT]: () => '…'}];

function notHere(): never {
  throw new Error('This is a bug in jug: a task known by its hash alone cannot be run');
}

/** Stands for a task of which nothing but the result is of interest. */
export function arrivedTask(hash: string, name?: string): Task {
  const fn = name === undefined ? some : new TaskFunction(name, notHere, undefined);
  return Task.withHash(hash as TaskHash, fn, ARGUMENTS);
}

function functionNamed(name: string): AnyFunction {
  return currentHost().functions.demand(name).fn;
}

registerStandIn(TASK_REFERENCE, parts => arrivedTask(...(parts as [hash: string, name?: string])));
registerStandIn(
  TASK_REFERENCES,
  hashes => new ArrivedTasks([...(hashes as string).match(/.{64}/g)!] as TaskHash[]),
);
registerStandIn(FUNCTION_REFERENCE, name => functionNamed(name as string));
registerStandIn('jug.NoLoad', base => new NoLoad(base as Task, true));
registerStandIn('jug.Tasklet', data => {
  const {base, step} = data as {base: never; step: {get: unknown[]} | {call: string}};
  if ('get' in step) return new Tasklet(base, step as Step);
  return new Tasklet(base, functionNamed(step.call) as never);
});
registerStandIn('jug.MappedTasks', parts => {
  const [hashes, step, skip, length] = parts as [string[], number, number, number];
  return new MappedTasks(
    hashes.map(hash => arrivedTask(hash)),
    step,
    skip,
    length,
  );
});
