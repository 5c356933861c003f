// Plain data that was decoded once, and is to be handed out more than once: what it is made of, a copy of it, and how to
// freeze it. A copy is equal to what another decoding would give, in a third of the time or less; strings, which cannot
// change, are shared. Anything that is not quite plain (class instances, properties beside the members of an array, holes,
// regular expressions, great depth) is none of its business. Knows nothing of tasks.

import {types} from 'node:util';
import {extraKeys} from './classify.js';
import {decode, encode} from './codec.js';
import {viewIndex} from './serializer.js';

/** Levels: the copy recurses. */
const DEEPEST = 200;

/** Bytes that things take in memory, about. */
const OBJECT_BYTES = 32;
const SLOT_BYTES = 8;
const ENTRY_BYTES = 40;
const STRING_BYTES = 24;

export interface Plain {
  readonly value: unknown;
  /** What it takes in memory, estimated. */
  readonly bytes: number;
  /** Objects that are met more than once in it, and are one object in a copy, too. */
  readonly met: ReadonlySet<object>;
}

/** `undefined` for what is not plain. `value`: as it was decoded, and in nobody's hands yet. */
export function plainOf(value: unknown): Plain | undefined {
  const survey = new Survey();
  return survey.isPlainData(value, 0) ? {value, bytes: survey.bytes, met: survey.met} : undefined;
}

/** Whether there is nothing in it but plain data; up to `most` values, beyond which it is not looked at. */
export function isPlainData(value: unknown, most: number): boolean {
  return new Survey(most).isPlainData(value, 0);
}

/** Equal to `value`, and sharing nothing with it that can be changed. Errors: UnstorableError, where the codec does not know it. */
export function copyOfValue(value: unknown): unknown {
  const plain = plainOf(value);
  if (plain !== undefined) return copyOfPlain(plain);
  const {codec, payload} = encode(value);
  // Of bytes, the payload is their own memory.
  return decode(codec, new Uint8Array(payload));
}

class Survey {
  bytes = 0;
  readonly met = new Set<object>();
  readonly #seen = new Set<object>();
  #left: number;

  constructor(most = Infinity) {
    this.#left = most;
  }

  isPlainData(value: unknown, depth: number): boolean {
    if (this.#left-- <= 0) return false;
    if (typeof value === 'string') {
      this.bytes += STRING_BYTES + value.length;
      return true;
    }
    if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol';
    if (value === null) return true;
    if (this.#seen.has(value)) {
      this.met.add(value);
      return true;
    }
    this.#seen.add(value);
    if (depth > DEEPEST || types.isProxy(value)) return false;
    return this.#isPlainObject(value, depth + 1);
  }

  #isPlainObject(object: object, depth: number): boolean {
    if (Object.getOwnPropertySymbols(object).length > 0) return false;
    const prototype = Object.getPrototypeOf(object) as object | null;
    this.bytes += OBJECT_BYTES;
    if (prototype === Object.prototype) return this.#isRecord(object as Record<string, unknown>, depth);
    if (prototype === Array.prototype) return Array.isArray(object) && this.#isList(object, depth);
    if (prototype === null || extraKeys(object).length > 0) return false;
    if (prototype === Map.prototype)
      return types.isMap(object) && this.#areMembers([...object].flat(), depth);
    if (prototype === Set.prototype) return types.isSet(object) && this.#areMembers([...object], depth);
    if (prototype === Date.prototype) return types.isDate(object);
    return this.#isView(object, prototype);
  }

  #isRecord(object: Record<string, unknown>, depth: number): boolean {
    for (const key of Object.keys(object)) {
      this.bytes += SLOT_BYTES;
      // To assign to it would do something else.
      if (key === '__proto__' || !this.isPlainData(object[key], depth)) return false;
    }
    return true;
  }

  #isList(array: readonly unknown[], depth: number): boolean {
    this.bytes += SLOT_BYTES * array.length;
    for (let i = 0; i < array.length; i++) {
      const member = array[i];
      if ((member === undefined && !(i in array)) || !this.isPlainData(member, depth)) return false;
    }
    return extraKeys(array).length === 0;
  }

  #areMembers(members: readonly unknown[], depth: number): boolean {
    this.bytes += ENTRY_BYTES * members.length;
    return members.every(member => this.isPlainData(member, depth));
  }

  /** Typed arrays and buffers; one that shows a part of its memory is not copied without the rest. */
  #isView(object: object, prototype: object): boolean {
    if (types.isArrayBuffer(object)) {
      this.bytes += object.byteLength;
      return prototype === ArrayBuffer.prototype && !(object as {resizable?: boolean}).resizable;
    }
    if (viewIndex(prototype) === undefined || !ArrayBuffer.isView(object)) return false;
    this.bytes += object.byteLength;
    if (!types.isArrayBuffer(object.buffer)) return false;
    return Buffer.isBuffer(object) || object.byteLength === object.buffer.byteLength;
  }
}

/** With nothing in it that could change in common with `plain`. */
export function copyOfPlain({value, met}: Plain): unknown {
  const copies = new Map<object, unknown>();
  const copy = (from: unknown): unknown => {
    if (typeof from !== 'object' || from === null) return from;
    if (met.size === 0 || !met.has(from)) return copyObject(from, copy, () => {});
    if (!copies.has(from)) return copyObject(from, copy, to => copies.set(from, to));
    return copies.get(from);
  };
  return copy(value);
}

/** `born` is told of the copy before its members are copied, which may lead back to it. */
function copyObject(from: object, copy: (member: unknown) => unknown, born: (to: object) => void): object {
  if (Array.isArray(from)) {
    const to: unknown[] = [...(from as unknown[])];
    born(to);
    for (let i = 0; i < to.length; i++) if (typeof to[i] === 'object') to[i] = copy(to[i]);
    return to;
  }
  if (types.isMap(from)) {
    const to = new Map<unknown, unknown>();
    born(to);
    for (const [key, member] of from) to.set(copy(key), copy(member));
    return to;
  }
  if (types.isSet(from)) {
    const to = new Set<unknown>();
    born(to);
    for (const member of from) to.add(copy(member));
    return to;
  }
  if (types.isDate(from) || types.isArrayBuffer(from) || ArrayBuffer.isView(from)) {
    const to = copyLeaf(from);
    born(to);
    return to;
  }
  const to: Record<string, unknown> = {...from};
  born(to);
  for (const key in to) if (typeof to[key] === 'object') to[key] = copy(to[key]);
  return to;
}

function copyLeaf(from: Date | ArrayBuffer | ArrayBufferView): object {
  if (types.isDate(from)) return new Date(from.getTime());
  if (types.isArrayBuffer(from)) return from.slice(0);
  const bytes = (from.buffer as ArrayBuffer).slice(from.byteOffset, from.byteOffset + from.byteLength);
  if (Buffer.isBuffer(from)) return Buffer.from(bytes);
  return new (from.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(bytes);
}

/** Objects and arrays in it cannot be changed any more; what else there is, can. */
export function freezePlain({value}: Plain): void {
  const frozen = new Set<object>();
  const freeze = (from: unknown): void => {
    if (typeof from !== 'object' || from === null || frozen.has(from)) return;
    frozen.add(from);
    if (types.isMap(from)) {
      for (const [key, member] of from) {
        freeze(key);
        freeze(member);
      }
    } else if (types.isSet(from)) for (const member of from) freeze(member);
    else if (Array.isArray(from)) {
      for (const member of from) freeze(member);
      Object.freeze(from);
    } else if (Object.getPrototypeOf(from) === Object.prototype) {
      for (const member of Object.values(from)) freeze(member);
      Object.freeze(from);
    }
  };
  freeze(value);
}
