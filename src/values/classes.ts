// The classes whose instances may stand in results: which name is written for them, and how they become plain data
// and themselves again. Knows nothing of bytes; flat.ts asks it about every object that is not plain data.

import {JugError} from '../errors.js';

export interface ClassOptions<T, E> {
  /** What is written in place of the class; its own name if absent. It must stay the same for as long as results do. */
  readonly name?: string;
  /** What an instance is made of: any value that could be a result itself. */
  encode?(instance: T): E;
  decode?(encoded: E): T;
}

/** `object`, `error`: own properties on the prototype, an error being born as a real one. `custom`: by its own functions. */
export type StoredClass = {readonly name: string; readonly prototype: object} & (
  | {readonly kind: 'object' | 'error'}
  | {readonly kind: 'custom'; encode(instance: unknown): unknown; decode(encoded: unknown): unknown}
);

const byPrototype = new Map<object, StoredClass>();
const byName = new Map<string, StoredClass>();

/**
 * Lets instances of `Class` (not of its subclasses) be stored, and come back as instances of it. Call it in the module
 * that defines the class, so that whoever reads the result has called it as well.
 *
 * Without `encode` and `decode`, the own enumerable properties are kept and the constructor is not called again.
 * Private `#fields` cannot be seen from outside and are NOT kept: a class that has some needs both functions.
 */
export function registerClass<T extends object, E = unknown>(
  Class: abstract new (...args: never[]) => T,
  options: ClassOptions<T, E> = {},
): void {
  if (typeof Class !== 'function' || typeof Class.prototype !== 'object') {
    throw new JugError(`registerClass expected a class, found ${typeof Class}.`);
  }
  const name = options.name ?? Class.name;
  if (name === '') {
    throw new JugError(
      'registerClass expected a class with a name, found an anonymous one.\n' +
        "Give it a name that stays: registerClass(Class, {name: 'Point'}).",
    );
  }
  const known = byName.get(name);
  if (known !== undefined && known.prototype !== Class.prototype) {
    throw new JugError(
      `registerClass: the name ${name} belongs to another class already, and what is stored under it could be either.\n` +
        `Give one of them a name of its own: registerClass(${Class.name || 'Class'}, {name: 'another.${name}'}).`,
    );
  }
  const stored = describe(Class, name, options);
  byName.set(name, stored);
  byPrototype.set(stored.prototype, stored);
}

/** What is written under `name` by a stand-in, which is no class (see flat.ts), is read by `decode`. */
export function registerStandIn(name: string, decode: (encoded: unknown) => unknown): void {
  const encode = (): never => {
    throw new Error(`This is a bug in jug: ${name} is written by what it stands for`);
  };
  byName.set(name, {name, prototype: {}, kind: 'custom', encode, decode});
}

export function classOf(prototype: object | null): StoredClass | undefined {
  return prototype === null ? undefined : byPrototype.get(prototype);
}

export function classNamed(name: string): StoredClass {
  const stored = byName.get(name);
  if (stored !== undefined) return stored;
  throw new JugError(
    `The stored value holds an instance of ${name}, a class that is not registered here.\n` +
      `Import the module that calls registerClass for ${name} before the value is read.`,
  );
}

/** The built-in class, if any, whose instances carry what properties cannot show. */
export function hiddenBase(prototype: object | null): string | undefined {
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const base = WITH_SLOTS.find(builtIn => builtIn.prototype === at);
    if (base !== undefined) return base.name;
  }
  return undefined;
}

function describe<T, E>(
  Class: abstract new (...args: never[]) => T,
  name: string,
  {encode, decode}: ClassOptions<T, E>,
): StoredClass {
  const prototype = Class.prototype as object;
  if (encode !== undefined && decode !== undefined) {
    return {
      name,
      prototype,
      kind: 'custom',
      encode: instance => encode(instance as T),
      decode: encoded => decode(encoded as E),
    };
  }
  if (encode !== undefined || decode !== undefined) {
    throw new JugError(
      `registerClass(${name}) was given ${encode ? 'encode without decode' : 'decode without encode'}: expected both or neither.`,
    );
  }
  const base = hiddenBase(prototype);
  if (base !== undefined) {
    throw new JugError(
      `registerClass(${name}): what a ${base} contains is not in its properties and would be lost.\n` +
        `Say how to keep it: registerClass(${name}, {encode: instance => …, decode: encoded => …}).`,
    );
  }
  return {name, prototype, kind: isErrorPrototype(prototype) ? 'error' : 'object'};
}

function isErrorPrototype(prototype: object): boolean {
  return prototype === Error.prototype || prototype instanceof Error;
}

const WITH_SLOTS: readonly {readonly name: string; readonly prototype: unknown}[] = [
  ...[Array, Map, Set, WeakMap, WeakSet, WeakRef, Date, RegExp, Promise, Function],
  ...[Boolean, Number, String, BigInt, Symbol, ArrayBuffer, SharedArrayBuffer, DataView],
  Object.getPrototypeOf(Uint8Array),
];

// Registered before anyone else can take their names.
for (const kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  registerClass(kind);
}
registerClass(AggregateError);
registerClass(URL, {encode: url => url.href, decode: href => new URL(href)});
registerClass(URLSearchParams, {
  encode: parameters => [...parameters],
  decode: pairs => new URLSearchParams(pairs),
});
