// One text for a value, whatever the order of its keys: what is hashed. Plain data is written as JSON with sorted keys;
// whatever needs more care, or is large, is taken apart as it would be to be sent (flatten.ts), and its rows are written, so that
// nothing is hashed otherwise than it travels. Which of the two it is depends on the content alone. Knows no task: what
// stands for something else says so by `Symbol.for('jug.hash')`.
//
// The text is an API: results on disk are found by its hash. The rows:
//   O{…} object   Z{…} without a prototype   A[…] array   S5{…} array of length 5 by keys   M[…] Map   T[…] Set
//   I"name"{…} instance   E"name"{…} error   C"name"… what has an encoding of its own   D R B V X date, expression, bytes,
//   view, boxed primitive   N… an array of many numbers   #… the hash of a text that is long

import crypto from 'node:crypto';
import {types} from 'node:util';
import stringify from 'fast-json-stable-stringify';
import {digest} from '../core/checksums.js';
import {classOf} from './class-registry.js';
import {hasOnly, isBare, isBareView} from './classify.js';
import * as flat from './flatten.js';
import {numbersDigest} from './numbers-digest.js';
import {viewBytes, viewIndex} from './serializer.js';
import {Refusal} from './unstorable.js';

/** An object with a method of this name decides what stands for it in a hash: a string, bytes, or any hashable value. */
export const HASH: unique symbol = Symbol.for('jug.hash') as never;
/** Of jug's own objects with such a method: the answer alone stands for them, while others are known by their class, too. */
export const OWN: unique symbol = Symbol('jug.own') as never;

/** What stands for a function among arguments. */
export interface NamedFunction {
  readonly name: string;
  readonly version?: string | undefined;
}

/** Names the functions that may stand inside arguments; set by the registry of task functions. */
export type FunctionNamer = (fn: (...args: never[]) => unknown) => NamedFunction | undefined;

/** Gets from an object that decides itself what stands for it what that is: the answer of its method HASH. */
export type Asker = (object: object, method: () => unknown) => unknown;

/** The one key that marks a replaced value; a user's object that happens to own it is itself wrapped. */
const TAG = '$jug';
/** So many objects, and so many levels, are written as JSON; what has more is taken apart. Never change: see above. */
const MOST_OBJECTS = 10_000;
const MOST_LEVELS = 100;
/** Longer texts of objects in objects are hashed by themselves, so that what is shared is written once. Never change. */
const LONGEST_TEXT = 256;
/** Characters that are collected before they are hashed. */
const PIECE = 2 ** 16;

/** The text of a call's arguments. Throws UnstorableError, whose path leads from the array of arguments. */
export function argumentsText(args: readonly unknown[], nameOf: FunctionNamer, ask: Asker): string {
  let text = '[';
  let quick: Quick | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (i > 0) text += ',';
    const simple = simpleText(arg);
    if (simple === undefined) {
      quick ??= new Quick(ask);
      const written = quick.text(arg);
      if (written === undefined) return rowsText(args, nameOf, quick.askOnce);
      text += written;
    } else text += simple;
  }
  return `${text}]`;
}

/** The text of one value. Throws UnstorableError, whose path leads from an array with that value. */
export function canonicalText(value: unknown, nameOf: FunctionNamer, ask: Asker): string {
  const quick = new Quick(ask);
  return simpleText(value) ?? quick.text(value) ?? rowsText([value], nameOf, quick.askOnce);
}

/** Numbers and strings are nearly all arguments there are; the general way costs ten times as much. */
function simpleText(value: unknown): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined;
  return typeof value === 'string' ? JSON.stringify(value) : undefined;
}

/** Thrown and caught here: the value is not for the quick way. */
const NOT_QUICK = Symbol('not quick');

/** Rewrites plain data so that JSON loses nothing of it. What is JSON already is taken as it is, not copied. */
class Quick {
  readonly #ask: Asker;
  /** Of those that may answer otherwise the next time. */
  readonly #answers = new Map<object, unknown>();
  #left = MOST_OBJECTS;
  #isSorted = true;

  constructor(ask: Asker) {
    this.#ask = ask;
  }

  readonly askOnce: Asker = (object, method) => this.#answers.get(object) ?? this.#ask(object, method);

  /** `undefined`: the value is large, or not plain. */
  text(value: unknown): string | undefined {
    this.#isSorted = true;
    try {
      const converted = this.#convert(value, 0);
      return this.#isSorted ? JSON.stringify(converted) : stringify(converted);
    } catch (error) {
      // A getter may have thrown anything: the other way says where it is.
      if (error === NOT_QUICK || !(error instanceof RangeError)) return undefined;
      throw error;
    }
  }

  #convert(value: unknown, level: number): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Object.is(value, -0)) return tagged('number', '-0');
        return Number.isFinite(value) ? value : tagged('number', String(value));
      case 'undefined':
        return tagged('undefined');
      case 'bigint':
        return tagged('bigint', String(value));
      case 'object':
        return value === null ? null : this.#object(value, level);
      default:
        throw NOT_QUICK;
    }
  }

  #object(object: object, level: number): unknown {
    if (--this.#left < 0 || level > MOST_LEVELS || types.isProxy(object)) throw NOT_QUICK;
    const prototype = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return this.#plain(object as Record<string, unknown>, level);
    if (prototype === Array.prototype && Array.isArray(object)) return this.#array(object, level);
    if (prototype === Date.prototype && types.isDate(object) && Reflect.ownKeys(object).length === 0)
      return tagged('Date', this.#convert(object.getTime(), level));
    if (ArrayBuffer.isView(object)) return this.#view(object, prototype);
    const method = hashMethod(object);
    if (method === undefined || !(OWN in object)) throw NOT_QUICK;
    const answer = this.#ask(object, method);
    if (typeof answer !== 'string') this.#answers.set(object, answer);
    return tagged('hash', this.#convert(asHashable(answer), level + 1));
  }

  #view(view: ArrayBufferView, prototype: object): unknown {
    const index = viewIndex(prototype);
    if (index === undefined || types.isSharedArrayBuffer(view.buffer) || !isBareView(view)) throw NOT_QUICK;
    return tagged(viewName(view), digest('sha256', viewBytes(view), 'hex'));
  }

  #array(array: readonly unknown[], level: number): unknown {
    if (!isBare(array)) throw NOT_QUICK;
    const hashes = taskHashes(array, this.#ask);
    if (hashes !== undefined) return tagged('hashes', digest('sha256', hashes, 'hex'));
    const numbers = numbersDigest(array);
    if (numbers !== undefined) return tagged('numbers', numbers);
    let copy: unknown[] | undefined;
    for (let i = 0; i < array.length; i++) {
      const member = array[i];
      if (member === undefined && !(i in array)) throw NOT_QUICK;
      const converted = this.#convert(member, level + 1);
      if (converted !== member) copy ??= array.slice();
      if (copy !== undefined) copy[i] = converted;
    }
    return copy ?? array;
  }

  #plain(object: Record<string, unknown>, level: number): unknown {
    const keys = Object.keys(object);
    if (!hasOnly(object, keys)) throw NOT_QUICK;
    let copy: Record<string, unknown> | undefined;
    let previous: string | undefined;
    for (const key of keys) {
      if (key === '__proto__') throw NOT_QUICK;
      if (previous !== undefined && previous > key) this.#isSorted = false;
      previous = key;
      const member = object[key];
      const converted = this.#convert(member, level + 1);
      if (converted !== member) copy ??= {...object};
      if (copy !== undefined) copy[key] = converted;
    }
    const members = copy ?? object;
    return Object.hasOwn(object, TAG) ? tagged('object', members) : members;
  }
}

function tagged(kind: string, content: unknown = null): unknown {
  return {[TAG]: kind, of: content};
}

function hashMethod(object: object): (() => unknown) | undefined {
  const method = (object as {[HASH]?: unknown})[HASH];
  return typeof method === 'function' ? (method as () => unknown) : undefined;
}

/** Of an array of nothing but tasks, all hashes in one string: a sum may be over a hundred thousand of them. */
function taskHashes(array: readonly unknown[], ask: Asker): string | undefined {
  if (array.length === 0) return undefined;
  let hashes = '';
  for (let i = 0; i < array.length; i++) {
    const member = array[i];
    if (typeof member !== 'object' || member === null || types.isProxy(member)) return undefined;
    const method = hashMethod(member);
    const hash = method === undefined || !(OWN in member) ? undefined : ask(member, method);
    // All of one length, so that no two arrays make the same string.
    if (typeof hash !== 'string' || hash.length !== 64) return undefined;
    hashes += hash;
  }
  return hashes;
}

/** Bytes are the usual answer of a hash function; their hex form is short and says the same. */
function asHashable(answer: unknown): unknown {
  return answer instanceof Uint8Array ? Buffer.from(answer).toString('hex') : answer;
}

function rowsText(values: readonly unknown[], nameOf: FunctionNamer, ask: Asker): string {
  const rules: flat.Rules = {
    substitute: object => object,
    standIn(thing) {
      if (types.isProxy(thing) || Array.isArray(thing)) return undefined;
      const method = hashMethod(thing);
      if (method !== undefined) {
        const answer = asHashable(ask(thing, method));
        const isOwn = OWN in thing;
        return {name: 'hash', encoded: isOwn ? answer : [classNameOf(thing), answer], isReplaced: isOwn};
      }
      if (typeof thing !== 'function') return undefined;
      const named = nameOf(thing as (...args: never[]) => unknown);
      if (named === undefined) throw new Refusal('is a function without a name: jug knows functions by name');
      const {name, version} = named;
      return {name: 'function', encoded: version === undefined ? name : [name, version], isReplaced: false};
    },
  };
  return `rows:${textOfRows(flat.flatten(values as object, rules))}`;
}

/** The name under which its class is registered, or else the class's own. */
function classNameOf(object: object): string {
  const prototype = Object.getPrototypeOf(object) as {
    readonly constructor?: {readonly name?: unknown};
  } | null;
  return classOf(prototype)?.name ?? String(prototype?.constructor?.name);
}

/** Members stand before their owners, so that each text is made once, whoever shares it. */
function textOfRows(rows: readonly unknown[]): string {
  const texts: string[] = [];
  for (const row of rows) texts.push(textOfRow(row, texts));
  return texts.at(-1)!;
}

/** Collects a text, and answers with it, or with its hash if it is long. */
class Text {
  #piece: string;
  #hash: crypto.Hash | undefined;

  constructor(start: string) {
    this.#piece = start;
  }

  add(text: string): void {
    this.#piece += text;
    if (this.#piece.length < PIECE) return;
    this.#hash ??= crypto.createHash('sha256');
    this.#hash.update(this.#piece);
    this.#piece = '';
  }

  end(): string {
    if (this.#hash !== undefined) return `#${this.#hash.update(this.#piece).digest('hex')}`;
    return this.#piece.length <= LONGEST_TEXT ? this.#piece : `#${digest('sha256', this.#piece, 'hex')}`;
  }
}

function textOfRow(row: unknown, texts: readonly string[]): string {
  if (!Array.isArray(row)) return leafText(row as object);
  const [kind, first, second] = row as [number, unknown, unknown];
  switch (kind) {
    case flat.PLAIN:
      return propertiesText('O', first as object, texts);
    case flat.NULL_PROTOTYPE:
      return propertiesText('Z', first as object, texts);
    case flat.ARRAY:
      if (second === true) return propertiesText(`S${(first as unknown[]).length}`, first as object, texts);
      return membersText(first as readonly unknown[], texts);
    case flat.MAP:
      return listText('M', pairsOf(row.slice(1), texts));
    case flat.SET:
      return listText(
        'T',
        row.slice(1).map(member => slotText(member, texts)),
      );
    case flat.INSTANCE:
      return propertiesText(`I${JSON.stringify(first)}`, second as object, texts);
    case flat.ERROR:
      return propertiesText(`E${JSON.stringify(first)}`, second as object, texts);
    case flat.CUSTOM: {
      const text = new Text(`C${JSON.stringify(first)}`);
      text.add(slotText(second, texts));
      return text.end();
    }
    default:
      throw new Error(`This is a bug in jug: no text for rows of kind ${kind}`);
  }
}

function propertiesText(start: string, properties: object, texts: readonly string[]): string {
  const text = new Text(`${start}{`);
  for (const key of Object.keys(properties).sort()) {
    text.add(`${JSON.stringify(key)}:${slotText((properties as flat.Properties)[key], texts)},`);
  }
  text.add('}');
  return text.end();
}

function membersText(members: readonly unknown[], texts: readonly string[]): string {
  const numbers = numbersDigest(members);
  if (numbers !== undefined) return `N${numbers}`;
  const text = new Text('A[');
  for (const member of members) text.add(`${slotText(member, texts)},`);
  text.add(']');
  return text.end();
}

function pairsOf(slots: readonly unknown[], texts: readonly string[]): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < slots.length; i += 2) {
    pairs.push(`${slotText(slots[i], texts)}:${slotText(slots[i + 1], texts)}`);
  }
  return pairs;
}

/** In the order of the Map or Set: whoever iterates over it sees that. */
function listText(start: string, parts: readonly string[]): string {
  const text = new Text(`${start}[`);
  for (const part of parts) text.add(`${part},`);
  text.add(']');
  return text.end();
}

function slotText(slot: unknown, texts: readonly string[]): string {
  switch (typeof slot) {
    case 'object':
      return slot === null ? 'null' : texts[(slot as flat.Mention)[0]]!;
    case 'string': {
      if (slot.length < LONGEST_TEXT) return JSON.stringify(slot);
      const text = new Text('');
      text.add(JSON.stringify(slot));
      return text.end();
    }
    case 'number':
      return Object.is(slot, -0) ? '-0' : String(slot);
    case 'bigint':
      return `${slot}n`;
    default:
      return String(slot);
  }
}

function leafText(leaf: object): string {
  if (types.isDate(leaf)) return `D${leaf.getTime()}`;
  if (types.isRegExp(leaf)) return `R${JSON.stringify([leaf.source, leaf.flags])}`;
  if (ArrayBuffer.isView(leaf)) return `V${viewName(leaf)}:${digest('sha256', viewBytes(leaf), 'hex')}`;
  if (types.isArrayBuffer(leaf)) {
    const {resizable, maxByteLength} = leaf as {resizable?: boolean; maxByteLength?: number};
    const most = resizable === true ? `:${maxByteLength}` : '';
    return `B${digest('sha256', Buffer.from(leaf), 'hex')}${most}`;
  }
  return `X${slotText((leaf as {valueOf(): unknown}).valueOf(), [])}`;
}

function viewName(view: ArrayBufferView): string {
  return Buffer.isBuffer(view) ? 'Buffer' : view.constructor.name;
}
