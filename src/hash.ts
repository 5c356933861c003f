// Identity: what makes two calls the same task. Turns a function's name and its arguments into one canonical
// text and that into a hash. Knows nothing of tasks, stores or threads: objects that stand for something else
// (a task, a wrapped path) say so themselves through `Symbol.for('jug.hash')`.
//
// The text format is an API: results on disk are found by it. Any change needs a new FORMAT.

import {types} from 'node:util';
import stringify from 'fast-json-stable-stringify';
import {digest} from './checksums.js';

/** SHA-256 in 64 lower-case hex digits: names a task, its result and its lock. Made only in this file. */
export type TaskHash = string & {readonly __brand: 'TaskHash'};

/** An object with a method of this name decides what stands for it in a hash: a string, bytes, or any hashable value. */
export const HASH: unique symbol = Symbol.for('jug.hash') as never;

const FORMAT = 'jug1';
/** The one key that marks a replaced value; a user's object that happens to own it is itself wrapped. */
const TAG = '$jug';

/** An argument that has no canonical form. `path` leads from the argument to the culprit: `.options.onDone`. */
export class UnhashableError extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path || 'the value'} ${reason}`);
  }
}

/** What stands for a function among arguments. */
export interface NamedFunction {
  readonly name: string;
  readonly version?: string | undefined;
}

/** Names the functions that may stand inside arguments; set by the registry of task functions. */
export type FunctionNamer = (fn: (...args: never[]) => unknown) => NamedFunction | undefined;

/** Gets from an object that decides itself what stands for it what that is: the answer of its method HASH. */
export type Asker = (object: object, method: () => unknown) => unknown;

const askItself: Asker = (object, method) => method.call(object);

export function hashCall(
  name: string,
  version: string | undefined,
  args: readonly unknown[],
  nameOf: FunctionNamer,
  ask = askItself,
): TaskHash {
  const head =
    version === undefined ? `${FORMAT}\n${name}\n` : `${FORMAT}\n${name}\n${JSON.stringify(version)}`;
  return digest('sha256', `${head}\n${argumentsText(args, nameOf, ask)}`, 'hex') as TaskHash;
}

/** The hash of any value that could be an argument. */
export function hashValue(value: unknown, nameOf: FunctionNamer = () => undefined): TaskHash {
  return digest('sha256', `${FORMAT}\n${canonicalText(value, nameOf)}`, 'hex') as TaskHash;
}

export function isTaskHash(text: string): text is TaskHash {
  return /^[0-9a-f]{64}$/.test(text);
}

function argumentsText(args: readonly unknown[], nameOf: FunctionNamer, ask: Asker): string {
  let text = '[';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (i > 0) text += ',';
    text += simpleText(arg) ?? stringify(new Canonicalizer(nameOf, ask).convert(arg, `[${i}]`));
  }
  return `${text}]`;
}

function canonicalText(value: unknown, nameOf: FunctionNamer): string {
  return simpleText(value) ?? stringify(new Canonicalizer(nameOf, askItself).convert(value, ''));
}

/** Numbers and strings are nearly all arguments there are; the general way costs ten times as much. */
function simpleText(value: unknown): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined;
  return typeof value === 'string' ? JSON.stringify(value) : undefined;
}

/** Rewrites a value so that JSON loses nothing of it. What is plain already is returned as it is, not copied. */
class Canonicalizer {
  readonly #nameOf: FunctionNamer;
  readonly #ask: Asker;
  readonly #above = new Set<object>();

  constructor(nameOf: FunctionNamer, ask: Asker) {
    this.#nameOf = nameOf;
    this.#ask = ask;
  }

  convert(value: unknown, path: string): unknown {
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
      case 'symbol':
        throw new UnhashableError(
          path,
          `is a symbol (${String(value)}), which is different in every process`,
        );
      case 'function':
        return this.#function(value as (...args: never[]) => unknown, path);
      case 'object':
        return value === null ? null : this.#object(value, path);
    }
  }

  #function(fn: (...args: never[]) => unknown, path: string): unknown {
    const own = hashMethod(fn);
    if (own !== undefined) return tagged('hash', this.convert(asHashable(this.#ask(fn, own)), path));
    const named = this.#nameFor(fn, path);
    if (named !== undefined)
      return tagged('function', named.version === undefined ? named.name : [named.name, named.version]);
    throw new UnhashableError(path, 'is a function without a name: jug knows functions by name');
  }

  /** Who names functions may refuse one, without knowing where it stands. */
  #nameFor(fn: (...args: never[]) => unknown, path: string): NamedFunction | undefined {
    try {
      return this.#nameOf(fn);
    } catch (error) {
      throw error instanceof UnhashableError ? new UnhashableError(path, error.reason) : error;
    }
  }

  #object(object: object, path: string): unknown {
    if (this.#above.has(object))
      throw new UnhashableError(path, 'refers back to an object it is part of (a cycle)');
    this.#above.add(object);
    try {
      const own = hashMethod(object);
      if (own !== undefined) return tagged('hash', this.convert(asHashable(this.#ask(object, own)), path));
      if (types.isProxy(object))
        throw new UnhashableError(path, 'is a Proxy: hand over a plain copy of what it stands for');
      const prototype = Object.getPrototypeOf(object);
      if (prototype === Array.prototype && Array.isArray(object)) return this.#array(object, path);
      if (prototype === Object.prototype || prototype === null)
        return this.#plain(object as Record<string, unknown>, path);
      return this.#builtIn(object, path);
    } catch (error) {
      if (error instanceof RangeError && error.message.includes('call stack')) {
        throw new UnhashableError(path.slice(0, 60), 'is nested too deeply');
      }
      throw error;
    } finally {
      this.#above.delete(object);
    }
  }

  #array(array: readonly unknown[], path: string): unknown {
    const hashes = taskHashes(array, this.#ask);
    if (hashes !== undefined) return tagged('hashes', digest('sha256', hashes, 'hex'));
    let copy: unknown[] | undefined;
    for (let i = 0; i < array.length; i++) {
      const member = array[i];
      const converted =
        member === undefined && !(i in array) ? tagged('hole') : this.convert(member, `${path}[${i}]`);
      if (converted !== member) copy ??= array.slice();
      if (copy !== undefined) copy[i] = converted;
    }
    refuseSymbols(array, path);
    const members = copy ?? array;
    const keys = Object.keys(array);
    const extra = keys.length > array.length || (keys.length > 0 && !isIndex(keys[keys.length - 1]!));
    if (!extra) return members;
    const properties = keys.filter(key => !isIndex(key)).map(key => [key, array[key as unknown as number]]);
    return tagged('array', [members, this.#plain(Object.fromEntries(properties), path)]);
  }

  #plain(object: Record<string, unknown>, path: string): unknown {
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(object)) {
      const member = object[key];
      const converted = this.convert(member, `${path}.${key}`);
      if (converted !== member || key === '__proto__') copy ??= nullPrototype(object);
      if (copy !== undefined) copy[key] = converted;
    }
    refuseSymbols(object, path);
    const members = copy ?? object;
    return Object.hasOwn(object, TAG) ? tagged('object', members) : members;
  }

  #builtIn(object: object, path: string): unknown {
    if (ArrayBuffer.isView(object)) {
      const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
      return tagged(Buffer.isBuffer(object) ? 'Buffer' : typeName(object), digest('sha256', bytes, 'hex'));
    }
    if (object instanceof ArrayBuffer)
      return tagged('ArrayBuffer', digest('sha256', Buffer.from(object), 'hex'));
    if (object instanceof Date && isExactly(object, Date))
      return tagged('Date', this.convert(object.getTime(), path));
    if (object instanceof RegExp && isExactly(object, RegExp))
      return tagged('RegExp', [object.source, object.flags]);
    if (object instanceof URL) return tagged('URL', object.href);
    if (object instanceof Set && isExactly(object, Set)) {
      return tagged(
        'Set',
        [...object].map(member => stringify(this.convert(member, `${path}<member>`))).sort(),
      );
    }
    if (object instanceof Map && isExactly(object, Map)) {
      const entries = [...object].map(([key, member]): [string, unknown] => {
        const name = stringify(this.convert(key, `${path}<key>`));
        return [name, this.convert(member, `${path}.get(${name})`)];
      });
      return tagged(
        'Map',
        entries.sort(
          // Two keys may look the same without being the same object.
          ([a, one], [b, other]) => compare(a, b) || compare(stringify(one), stringify(other)),
        ),
      );
    }
    if (object instanceof Promise) throw new UnhashableError(path, 'is a promise: await it first');
    throw new UnhashableError(
      path,
      `is an instance of ${typeName(object)}, which has no canonical form; give the class a method [Symbol.for('jug.hash')]()`,
    );
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
    if (typeof member !== 'object' || member === null) return undefined;
    const own = hashMethod(member);
    const hash = own === undefined ? undefined : ask(member, own);
    // All of one length, so that no two arrays make the same string.
    if (typeof hash !== 'string' || hash.length !== 64) return undefined;
    hashes += hash;
  }
  return Object.keys(array).length === array.length ? hashes : undefined;
}

/** Bytes are the usual answer of a hash function; their hex form is short and says the same. */
function asHashable(answer: unknown): unknown {
  return answer instanceof Uint8Array ? Buffer.from(answer).toString('hex') : answer;
}

/** A `__proto__` key must stay a key: on an ordinary object, assigning it changes the prototype instead. */
function nullPrototype(object: Record<string, unknown>): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(object)) copy[key] = object[key];
  return copy;
}

function refuseSymbols(object: object, path: string): void {
  if (Object.getOwnPropertySymbols(object).length === 0) return;
  throw new UnhashableError(path, 'has a property named by a symbol, which has no canonical form');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1;
}

function isExactly(object: object, builtIn: {readonly prototype: object}): boolean {
  return Object.getPrototypeOf(object) === builtIn.prototype;
}

function typeName(object: object): string {
  return (object.constructor as {name?: string} | undefined)?.name || 'a class without a name';
}
