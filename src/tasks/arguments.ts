// How arguments travel to a worker. Tasks go as hashes, functions as names; values go by structured clone where it
// loses nothing, which is nearly always, and through the codec where it would.

import {INSPECT, JugError} from '../errors.js';
import type {TaskHash} from '../hash.js';
import {registerClass} from '../values/classes.js';
import {decode, type Encoded, encode} from '../values/codec.js';
import {checkUnchanged} from './call-hash.js';
import {type AnyFunction, TaskFunction} from './functions.js';
import {currentHost} from './host.js';
import {NoLoad} from './io.js';
import {MappedTasks} from './map-reduce.js';
import type {Step} from './subscript.js';
import {Task, Tasklet} from './task.js';
import {copyOf, HASHES, isPlain, isPrimitive, VALUE} from './tree.js';

/** Arguments ready to be posted: as they are; with tasks among them, by their places; or encoded. */
export type Packed = readonly unknown[] | WithTasks | Encoded;

interface WithTasks {
  readonly args: readonly unknown[];
  readonly tasks: readonly (readonly [place: number, hash: TaskHash])[];
}

/** Those of a task, at the last moment before they are sent. Errors: as of `pack`, and a JugError if they were changed. */
export function packedArguments(task: Task): Packed {
  checkUnchanged(task);
  return pack(task.args);
}

/** Errors: UnstorableError where an argument can be hashed (it says how) but not be sent. */
export function pack(args: readonly unknown[]): Packed {
  if (args.every(isPrimitive)) return args;
  if (args.every(arg => isPrimitive(arg) || arg instanceof Task)) return withTasks(args);
  const packer = new Packer();
  const converted = packer.convert(args) as readonly unknown[];
  return packer.needsCodec ? encode(converted) : converted;
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

class TaskReference {
  constructor(
    readonly hash: TaskHash,
    /** Of its function: where something is to be said of it. */
    readonly name?: string,
  ) {}
}

/** An array of nothing but tasks: one string for all of them, since there may be a hundred thousand. */
class TaskReferences {
  constructor(readonly hashes: string) {}
}

class TaskletReference {
  constructor(
    readonly base: unknown,
    readonly step: {readonly get: unknown} | {readonly call: string},
  ) {}
}

class FunctionReference {
  constructor(readonly name: string) {}
}

class NoLoadReference {
  constructor(readonly base: TaskReference) {}
}

class MappedReference {
  constructor(readonly parts: readonly unknown[]) {}
}

class Packer {
  needsCodec = false;
  readonly #copies = new Map<object, unknown>();

  convert(value: unknown): unknown {
    if (typeof value === 'function') return this.#reference(this.#functionReference(value as AnyFunction));
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Task) return this.#reference(new TaskReference(value.hash));
    if (value instanceof Tasklet) return this.#reference(this.#taskletReference(value));
    if (value instanceof NoLoad)
      return this.#reference(new NoLoadReference(new TaskReference(value.base.hash, value.base.name)));
    if (value instanceof MappedTasks) {
      const [blocks, ...rest] = value.parts;
      const references = blocks.map(({hash}) => new TaskReference(hash));
      return this.#reference(new MappedReference([references, ...rest]));
    }
    if (VALUE in value) return this.convert((value as {[VALUE](): unknown})[VALUE]());
    if (value instanceof Map) {
      return new Map([...value].map(([key, member]) => [this.convert(key), this.convert(member)]));
    }
    if (value instanceof Set) return new Set([...value].map(member => this.convert(member)));
    if (isPlain(value)) return this.#plain(value as Record<string, unknown>);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    // Structured clone would make an ordinary object of a class instance; the codec knows better, or refuses.
    if (!(value instanceof Date || value instanceof RegExp)) this.needsCodec = true;
    return value;
  }

  /** Structured clone takes all of a buffer along, however little of it is shown. */
  #view(view: ArrayBufferView): unknown {
    if (Buffer.isBuffer(view)) return this.#reference(view);
    if (view.byteLength === view.buffer.byteLength || !(view.buffer instanceof ArrayBuffer)) return view;
    let copy = this.#copies.get(view);
    if (copy === undefined) {
      const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
      copy = new (view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(bytes);
      this.#copies.set(view, copy);
    }
    return copy;
  }

  #array(array: readonly unknown[]): unknown {
    // `findIndex`, unlike `every`, does not pass over holes.
    if (array.length > 1 && array.findIndex(member => !(member instanceof Task)) === -1) {
      return this.#reference(new TaskReferences(array.map(task => (task as Task).hash).join('')));
    }
    let copy: unknown[] | undefined;
    for (let i = 0; i < array.length; i++) {
      const member = this.convert(array[i]);
      if (member === array[i]) continue;
      copy ??= array.slice();
      copy[i] = member;
    }
    return copy ?? array;
  }

  #plain(object: Record<string, unknown>): unknown {
    if (Object.getPrototypeOf(object) === null) this.needsCodec = true;
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(object)) {
      const member = this.convert(object[key]);
      if (member === object[key]) continue;
      copy ??= copyOf(object);
      copy[key] = member;
    }
    return copy ?? object;
  }

  #reference<T>(reference: T): T {
    this.needsCodec = true;
    return reference;
  }

  #taskletReference({base, step}: Tasklet): TaskletReference {
    return new TaskletReference(
      base instanceof Task ? new TaskReference(base.hash, base.name) : this.convert(base),
      'get' in step ? {get: this.convert(step.get)} : {call: step.call.name},
    );
  }

  #functionReference(fn: AnyFunction): FunctionReference {
    const known = currentHost().functions.known(fn);
    if (known !== undefined) return new FunctionReference(known.name);
    throw new JugError(
      `Expected functions among arguments to have a name when the task is made, found ${fn.name || 'one without'}.`,
    );
  }
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

registerClass(TaskReference, {
  name: 'jug.TaskReference',
  encode: ({hash, name}: TaskReference) => (name === undefined ? [hash] : [hash, name]),
  decode: parts => arrivedTask(...(parts as [hash: string, name?: string])) as never,
});
registerClass(TaskReferences, {
  name: 'jug.TaskReferences',
  encode: (references: TaskReferences) => references.hashes,
  decode: hashes => new ArrivedTasks([...(hashes as string).match(/.{64}/g)!] as TaskHash[]) as never,
});
registerClass(NoLoadReference, {
  name: 'jug.NoLoad',
  encode: (reference: NoLoadReference) => reference.base,
  decode: base => new NoLoad(base as Task, true) as never,
});
registerClass(FunctionReference, {
  name: 'jug.Function',
  encode: (reference: FunctionReference) => reference.name,
  decode: name => functionNamed(name as string) as never,
});
registerClass(TaskletReference, {
  name: 'jug.Tasklet',
  encode: ({base, step}: TaskletReference) => ({base, step}),
  decode: data => {
    const {base, step} = data as {base: never; step: {get: unknown[]} | {call: string}};
    if ('get' in step) return new Tasklet(base, step as Step) as never;
    return new Tasklet(base, functionNamed(step.call) as never) as never;
  },
});
registerClass(MappedReference, {
  name: 'jug.MappedTasks',
  encode: (reference: MappedReference) => reference.parts,
  decode: parts =>
    new MappedTasks(...(parts as unknown as ConstructorParameters<typeof MappedTasks>)) as never,
});
