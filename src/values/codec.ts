// A value as bytes, and back: equal, and of the same type, or not at all. Chooses the way; knows nothing of records,
// checksums or stores. Bytes are in the order of the machine, which is little-endian wherever node is published.

import {types} from 'node:util';
import {JugError} from '../core/errors.js';
import {extraKeys, passageOf, wayOf} from './classify.js';
import {flatten, type Rules} from './flatten.js';
import {deserialize, exactBuffer, serialize, viewBytes, viewIndex, viewOn} from './serializer.js';
import {unflatten} from './unflatten.js';
import {reasonAgainst, UnstorableError} from './unstorable.js';

export {UnstorableError} from './unstorable.js';

/** What says how to read a payload; one byte in each record. Stored: never renumber. */
export const CODEC = {
  undefined: 1,
  null: 2,
  true: 3,
  false: 4,
  /** 8 bytes. */
  number: 5,
  json: 6,
  clone: 7,
  flat: 8,
  arrayBuffer: 9,
  /** And the 31 after it: a typed array, Buffer or DataView; which one, by its place in serializer.ts. */
  view: 32,
} as const;

export interface Encoded {
  readonly codec: number;
  /**
   * May be a view on the memory of the value itself (buffers and typed arrays are not copied) or on memory that node
   * shares among small buffers: write it before the value can change, and never transfer its `.buffer`.
   */
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const UNDEFINED: Encoded = {codec: CODEC.undefined, payload: NOTHING};
const NULL: Encoded = {codec: CODEC.null, payload: NOTHING};
const TRUE: Encoded = {codec: CODEC.true, payload: NOTHING};
const FALSE: Encoded = {codec: CODEC.false, payload: NOTHING};
/** Up to so many characters, JSON is the faster way for a string. */
const SHORT_STRING = 1024;

/**
 * Throws UnstorableError rather than lose anything, with three exceptions: `lastIndex` of a RegExp, whether an object is
 * frozen, and whether two typed arrays look at the same memory (each gets the bytes it shows).
 */
export function encode(value: unknown): Encoded {
  switch (typeof value) {
    case 'undefined':
      return UNDEFINED;
    case 'boolean':
      return value ? TRUE : FALSE;
    case 'number': {
      const payload = Buffer.allocUnsafe(8);
      payload.writeDoubleLE(value);
      return {codec: CODEC.number, payload};
    }
    case 'string':
      if (value.length > SHORT_STRING) return {codec: CODEC.clone, payload: serialize(value)};
      return {codec: CODEC.json, payload: Buffer.from(JSON.stringify(value))};
    case 'bigint':
      return {codec: CODEC.clone, payload: serialize(value)};
    case 'object':
      return value === null ? NULL : (encodeBytes(value) ?? encodeObject(value));
    default:
      throw new UnstorableError('', reasonAgainst(value));
  }
}

/** Arguments of a task, to be posted to another thread: as they are, where structured clone loses nothing. */
export function encodeArguments(args: readonly unknown[], rules: Rules): readonly unknown[] | Encoded {
  const passage = passageOf(args);
  if (passage === 'posted') return args;
  if (passage === 'clone') return {codec: CODEC.clone, payload: serialize(args)};
  return {codec: CODEC.flat, payload: serialize(flatten(args, rules))};
}

/** The payload stays the caller's, who must not change it: a typed array may be a view on it, if there is nothing else in its memory. */
export function decode(codec: number, bytes: Uint8Array, start = 0): unknown {
  switch (codec) {
    case CODEC.undefined:
      return undefined;
    case CODEC.null:
      return null;
    case CODEC.true:
      return true;
    case CODEC.false:
      return false;
    case CODEC.number:
      return asBuffer(bytes).readDoubleLE(start);
    default:
      return decodePayload(codec, start === 0 ? bytes : bytes.subarray(start));
  }
}

function decodePayload(codec: number, payload: Uint8Array): unknown {
  switch (codec) {
    case CODEC.json:
      return JSON.parse(asBuffer(payload).toString());
    case CODEC.clone:
      return deserialize(payload);
    case CODEC.flat:
      return unflatten(deserialize(payload) as unknown[]);
    case CODEC.arrayBuffer:
      return exactBuffer(payload);
    default:
      if (codec >= CODEC.view && codec < CODEC.view + 32) return viewOn(codec - CODEC.view, payload);
      throw new JugError(`The stored value was written by a newer jug (codec ${codec}): update this one.`);
  }
}

/** Bytes that are the whole result, as they are. Whatever is not quite usual about them is left to the general way. */
function encodeBytes(value: object): Encoded | undefined {
  const isView = ArrayBuffer.isView(value);
  if (!isView && !types.isArrayBuffer(value)) return undefined;
  const prototype = Object.getPrototypeOf(value) as object;
  // No bytes: perhaps because the memory was transferred elsewhere.
  if (value.byteLength === 0 || extraKeys(value).length > 0 || hasSymbols(value)) return undefined;
  if (!isView) {
    if (prototype !== ArrayBuffer.prototype || (value as {resizable?: boolean}).resizable === true)
      return undefined;
    return {codec: CODEC.arrayBuffer, payload: new Uint8Array(value)};
  }
  const index = viewIndex(prototype);
  if (index === undefined || types.isSharedArrayBuffer(value.buffer)) return undefined;
  return {codec: CODEC.view + index, payload: viewBytes(value)};
}

function encodeObject(value: object): Encoded {
  try {
    const way = wayOf(value);
    if (way === 'json') return {codec: CODEC.json, payload: Buffer.from(JSON.stringify(value))};
    if (way === 'clone') return {codec: CODEC.clone, payload: serialize(value)};
  } catch {
    // A getter that throws, memory that was transferred …: the careful way finds out where.
  }
  return {codec: CODEC.flat, payload: serialize(flatten(value))};
}

function hasSymbols(object: object): boolean {
  return Object.getOwnPropertySymbols(object).length > 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
