// The hash of a call, and whether the arguments are still those that were hashed: the jugfile may change an object that it
// has handed over, and what is made from it then would be kept under a wrong name. Knows no task; of a call its function,
// its arguments and its hash.

import {JugError} from '../core/errors.js';
import {encodeArguments} from '../values/codec.js';
import {
  type Asker,
  type FunctionNamer,
  HASH,
  hashCall,
  type TaskHash,
  UnhashableError,
  unhashable,
} from '../values/task-hash.js';
import {UnstorableError} from '../values/unstorable.js';
import {namesUnder} from './function-names.js';
import {type TaskFunction, unhashableArgument} from './functions.js';
import {HOST, type Host} from './host.js';
import {REFERENCE, TRAVELLING} from './references.js';
import type {Resolvable} from './substitute.js';
import {DEPENDENCIES, isPrimitive, RESOLVE, TASK, VALUE} from './traverse.js';

export interface Call {
  /** By whose names functions among the arguments are known. */
  readonly [HOST]: Host | undefined;
  readonly function: TaskFunction;
  readonly args: readonly unknown[];
}

export interface HashedCall extends Call {
  readonly hash: TaskHash;
}

interface MadeOf extends Resolvable {
  [DEPENDENCIES](): readonly unknown[];
}

/** What a call is held to where its own hash does not do. */
interface Seal {
  /** `undefined`: what it was cannot be told. */
  readonly hash: TaskHash | undefined;
  readonly changed: (call: Call) => JugError;
}

/**
 * An argument that decides itself what stands for it may answer otherwise the next time (a file has another time), and is
 * not to be asked again; a function may have got another name. So calls that have such a one beside what can change have a
 * second hash, of the rest.
 */
const seals = new WeakMap<Call, Seal>();

/** Errors: a JugError for arguments that cannot be hashed. To be called while the line of the call is on the stack. */
export function hashOfCall(call: Call): TaskHash {
  try {
    const names = namesUnder(call[HOST]);
    if (call.args.every(isPrimitive)) return hashed(call, names);
    let hasForeign = false;
    let mayNotTravel = false;
    const nameOf: FunctionNamer = fn => {
      hasForeign = true;
      return names(fn);
    };
    const hash = hashed(call, nameOf, (object, method) => {
      if (!isOurs(object)) {
        hasForeign = true;
        mayNotTravel ||= !travels(object);
      }
      return method.call(object);
    });
    if (mayNotTravel) checkCarried(call.args);
    if (hasForeign && !areFixed(call.args))
      seals.set(call, {hash: hashOfRest(call), changed: changedArguments});
    return hash;
  } catch (error) {
    throw error instanceof UnhashableError ? unhashableArgument(call.function.name, error) : error;
  }
}

/** What stands for an object in a hash says nothing of whether the object itself can be taken to a worker. */
function travels(object: object): boolean {
  if (REFERENCE in object) return true;
  return VALUE in object && isPrimitive((object as {[VALUE](): unknown})[VALUE]());
}

/** Errors: UnhashableError for what is hashed by what it says of itself, and cannot be taken to a worker. */
function checkCarried(args: readonly unknown[]): void {
  try {
    encodeArguments(args, TRAVELLING);
  } catch (error) {
    throw error instanceof UnstorableError ? unhashable(error) : error;
  }
}

/** Of a call whose hash is that of another: it is held to the arguments it has now, as far as they can be hashed. */
export function sealAsItIs(call: Call, changed: (call: Call) => JugError): void {
  if (areFixed(call.args)) return;
  let hash: TaskHash | undefined;
  try {
    hash = hashOfRest(call);
  } catch {}
  seals.set(call, {hash, changed});
}

/** To be called right before the arguments are used. Errors: a JugError, if they are not those that were hashed. */
export function checkUnchanged(call: HashedCall): void {
  if (areFixed(call.args)) return;
  const {hash, changed} = seals.get(call) ?? {hash: call.hash, changed: changedArguments};
  if (hash === undefined) return;
  try {
    if (hash === hashOfRest(call)) return;
  } catch (error) {
    // Something was put in that has no hash.
    if (!(error instanceof UnhashableError)) throw error;
  }
  throw changed(call);
}

function hashed({function: fn, args}: Call, nameOf: FunctionNamer, ask?: Asker): TaskHash {
  return hashCall(fn.name, fn.version, args, nameOf, ask);
}

/** Where there is nobody who might answer otherwise, it is the hash of the call. Errors: UnhashableError. */
function hashOfRest(call: Call): TaskHash {
  return hashed(call, itself, askOurs);
}

/** Numbers of functions that stand in arguments: which function it is, and not what it is called. */
const numbers = new WeakMap<object, string>();
let numbered = 0;

const itself: FunctionNamer = fn => {
  let name = numbers.get(fn);
  if (name === undefined) {
    name = `function ${++numbered}`;
    numbers.set(fn, name);
  }
  return {name, version: undefined};
};

const askOurs: Asker = (object, method) => (isOurs(object) ? method.call(object) : 'decides itself');

/** Tasks, and what is made of them: their answers are those of the arguments of which they are made. */
function isOurs(object: object): boolean {
  return TASK in object || RESOLVE in object;
}

/** Whether nothing that the jugfile may do to them later is of any concern. */
function areFixed(args: readonly unknown[]): boolean {
  return args.every(isFixed);
}

/** Nothing that the jugfile does to it is looked at again. How many tasklets are made of each other does not matter. */
function isFixed(arg: unknown): boolean {
  const parts = [arg];
  while (parts.length > 0) {
    const part = parts.pop();
    if (typeof part !== 'object' || part === null || TASK in part) continue;
    // What it is made of is a new list each time; its members are the jugfile's.
    if (RESOLVE in part) parts.push(...(part as MadeOf)[DEPENDENCIES]());
    else if (!(HASH in part)) return false;
  }
  return true;
}

function changedArguments({function: fn, args}: Call): JugError {
  const places = [...args.keys()].filter(place => !isFixed(args[place])).map(place => place + 1);
  const which = places.length === 1 ? `argument ${places[0]}` : `one of the arguments ${places.join(', ')}`;
  return new JugError(
    `Expected the arguments of ${fn.name} to be what they were when the jugfile called it, found that ${which} was changed since.\n` +
      'The task is known by what they were. Hand over a copy, as in use({...options}) or total([...list]); ' +
      'structuredClone(options) copies also what is inside.',
    3,
  );
}
