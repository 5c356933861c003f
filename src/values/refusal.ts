// Why a value cannot be stored, and where in the result it is: the error and its words. Paths are found only now, by
// looking for each object in the one that led to it, so that storing keeps no account of the way.

import {inspect, types} from 'node:util';
import {hiddenBase} from './classes.js';

/** A getter of this name says of an object why it is not to be stored: `is a task: …`. */
export const REFUSAL: unique symbol = Symbol('jug.refusal') as never;

/** A value that would not come back as it was. `path` leads from the result to the culprit: `.rows[3].get("k")`. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path || 'the result itself'} ${reason}.\n` +
        'A result is made of plain data (objects, arrays, Map, Set, Date, typed arrays, errors and the like) and of ' +
        'instances of registered classes.',
      options,
    );
  }
}

/** Says of a value why it is refused, to whoever knows where it is. */
export class Refusal extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** What is said of a value that is neither plain data nor an instance of a registered class. */
export function reasonAgainst(value: unknown): string {
  if (typeof value === 'symbol') return `is a symbol (${String(value)}), which is different in every process`;
  if (typeof value === 'function') return functionReason(value);
  const object = value as object;
  if (types.isProxy(object)) return 'is a Proxy: return a plain copy of what it stands for';
  if (REFUSAL in object) return String(object[REFUSAL]);
  if (types.isPromise(object)) return 'is a Promise: await it before it is returned';
  if (types.isSharedArrayBuffer(object)) return 'is a SharedArrayBuffer: return a copy of its bytes';
  if (ArrayBuffer.isView(object) && types.isSharedArrayBuffer(object.buffer)) {
    return 'is a view on a SharedArrayBuffer: return a copy of it (.slice())';
  }
  const kind = Object.prototype.toString.call(object).slice(8, -1);
  if (/^(Weak|FinalizationRegistry)/.test(kind)) {
    return `is a ${kind}, whose content depends on what is still in memory`;
  }
  if (types.isGeneratorObject(object) || / Iterator$/.test(kind)) {
    return `is ${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}, which cannot be run twice: return what it yields, as an array`;
  }
  if (/^(Readable|Writable|Transform)Stream$/.test(kind) || 'pipe' in object || '_writableState' in object) {
    return 'is a stream: return what comes out of it';
  }
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === Object.prototype || prototype === null) return `is the built-in object ${kind}`;
  return instanceReason(prototype);
}

function functionReason(fn: object): string {
  const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' && name !== '' ? `is a function (${name})` : 'is a function';
}

function instanceReason(prototype: object): string {
  const Class = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  const name = typeof Class === 'function' && typeof Class.name === 'string' ? Class.name : '';
  if (name === '') {
    return 'is an instance of a class without a name: register it with registerClass(Class, {name: …})';
  }
  const how = hiddenBase(prototype) === undefined ? name : `${name}, {encode, decode}`;
  return `is an instance of ${name}, of which only bare properties would be left: register it with registerClass(${how}) in the module that defines it`;
}

/** The path along `chain`: each object after the first, or what it stands for, is found somewhere in the one before it. */
export function pathAlong(
  chain: readonly unknown[],
  originalOf: (member: unknown) => unknown = member => member,
): string {
  let path = '';
  for (let i = 1; i < chain.length; i++) {
    path += stepTo(originalOf(chain[i]), chain[i - 1] as object);
    if (path.length > LONGEST_PATH)
      return `${path.slice(0, LONGEST_PATH)}… (${chain.length - 1} levels deep)`;
  }
  return path;
}
const LONGEST_PATH = 300;

function stepTo(member: unknown, object: object): string {
  if (types.isMap(object)) {
    for (const [key, value] of object) {
      if (value === member) return `.get(${short(key)})`;
      if (key === member) return '<key>';
    }
  }
  if (types.isSet(object) && object.has(member)) return '<member>';
  for (const key of Reflect.ownKeys(object)) {
    let found: unknown;
    try {
      found = (object as Record<string | symbol, unknown>)[key];
    } catch {
      continue;
    }
    if (found === member && typeof key === 'string') return propertyStep(key, Array.isArray(object));
  }
  return '<encoded>';
}

export function propertyStep(key: string, inArray = false): string {
  if (inArray && /^\d+$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function short(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
  try {
    return inspect(key, {depth: 0, breakLength: Number.POSITIVE_INFINITY}).slice(0, 60);
  } catch {
    return '…';
  }
}
