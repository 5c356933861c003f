// The classes whose instances may stand in results: which name is written for them, and how they become plain data
// and themselves again. Knows nothing of bytes; flatten.ts asks it about every object that is not plain data.

import {JugError} from '../core/errors.js';
import {
  type AnyClass,
  constructorAt,
  disposerOf,
  hasSlots,
  isError,
  kindOf,
  nameOf,
  whatIsHidden,
} from './hidden-state.js';
import {nodeErrorNamed, nodeErrorOf} from './node-errors.js';
import {propertyStep} from './path.js';
import {emptyRecipe, fieldsRecipe, recipeFor} from './registration-recipe.js';
import {viewPrototypes} from './serializer.js';

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
  | {
      readonly kind: 'custom';
      /** The own properties that its `encode` keeps, where that is known: any other would be lost. */
      readonly keeps?: readonly string[];
      encode(instance: unknown): unknown;
      decode(encoded: unknown): unknown;
    }
);

const byPrototype = new Map<object, StoredClass>();
const byName = new Map<string, StoredClass>();

/**
 * Lets instances of `Class` (not of its subclasses) be stored, and come back as instances of it. Call it in the module
 * that defines the class, or for a package's class in one that all who read or write it import.
 *
 * Without `encode` and `decode`, the own enumerable properties are kept and the constructor is not called again. Classes
 * whose instances are more than these (private `#fields`, what is built in, what holds something open) are refused, and
 * so is, when it is to be stored, an instance with other properties or with none.
 */
export function registerClass<T extends object, E = unknown>(
  Class: abstract new (...args: never[]) => T,
  options: ClassOptions<T, E> = {},
): void {
  refuseOther(Class);
  const name = options.name ?? nameOf(Class);
  if (name === '') {
    throw new JugError(
      'registerClass expected a class with a name, found an anonymous one.\n' +
        "Give it a name that stays: registerClass(Class, {name: 'Point'}).",
    );
  }
  if (KEPT.has(Class.prototype)) {
    throw new JugError(
      `registerClass(${name}): expected a class that jug does not know, found one whose instances it keeps as they are.\n` +
        'Leave that line out.',
    );
  }
  const known = byName.get(name);
  if (known !== undefined && known.prototype !== Class.prototype) {
    throw new JugError(
      `registerClass: the name ${name} belongs to another class already, and what is stored under it could be either.\n` +
        `Give one of them a name of its own: registerClass(${nameOf(Class) || 'Class'}, {name: 'another.${name}'}).`,
    );
  }
  know(describe(Class, name, options));
}

/** What is written under `name` by a stand-in, which is no class (see flatten.ts), is read by `decode`. */
export function registerStandIn(name: string, decode: (encoded: unknown) => unknown): void {
  const encode = (): never => {
    throw new Error(`This is a bug in jug: ${name} is written by what it stands for`);
  };
  byName.set(name, {name, prototype: {}, kind: 'custom', encode, decode});
}

/** The class of an object, as it was registered; also of those that nobody has to register. */
export function classOf(prototype: object | null): StoredClass | undefined {
  return prototype === null ? undefined : (byPrototype.get(prototype) ?? ofNode(prototype));
}

export function isRegistered(name: string): boolean {
  return byName.has(name);
}

export function classNamed(name: string): StoredClass {
  const stored = byName.get(name) ?? ofNodeByName(name);
  if (stored !== undefined) return stored;
  throw new JugError(
    `The stored value holds an instance of ${name}, a class that is not registered here.\n` +
      `Import the module that calls registerClass for ${name} before the value is read.`,
  );
}

/** Why an instance of a registered class would come back as less than it is: words that follow the path to it. */
export function whyNotBare(object: object, stored: StoredClass): string | undefined {
  if (stored.kind === 'custom') return stored.keeps === undefined ? undefined : beside(object, stored.keeps);
  const how = (): string =>
    `register ${stored.name} with {encode, decode}: ${recipeFor(classAt(stored), stored.name)}`;
  const symbol = Object.getOwnPropertySymbols(object)[0];
  if (symbol !== undefined) {
    return `has a property named by a symbol (${String(symbol)}), which cannot be stored: ${how()}`;
  }
  if (stored.kind === 'error') return undefined;
  const names = Object.getOwnPropertyNames(object);
  if (names.length === 0) {
    return (
      `is an instance of ${stored.name} without any property of its own, so that nothing would be kept of it: ${how()}; ` +
      `if there is nothing to keep, ${emptyRecipe(classAt(stored))}`
    );
  }
  if (names.length > Object.keys(object).length) {
    const hidden = names.find(name => !Object.prototype.propertyIsEnumerable.call(object, name))!;
    return `has a property that is not enumerable (${propertyStep(hidden)}), which would be lost: ${how()}`;
  }
  if (hasSlots(object)) return `is ${kindOf(object)} that says it were an instance of ${stored.name}`;
  return undefined;
}

function classAt({prototype}: StoredClass): AnyClass {
  return constructorAt(prototype) ?? Object;
}

function beside(object: object, keeps: readonly string[]): string | undefined {
  const extra = Reflect.ownKeys(object).find(key => typeof key === 'symbol' || !keeps.includes(key));
  if (extra === undefined) return undefined;
  const step = typeof extra === 'symbol' ? String(extra) : propertyStep(extra);
  return `is ${kindOf(object)} with a property of its own (${step}), which would be lost: keep the two side by side in an object`;
}

function refuseOther(Class: unknown): void {
  if (typeof Class !== 'function') {
    throw new JugError(
      `registerClass expected a class, found ${Class === null ? 'null' : typeof Class}.\n` +
        'Hand over the class itself: registerClass(Point).',
    );
  }
  const prototype: unknown = Class.prototype;
  if (typeof prototype === 'object' && prototype !== null) return;
  const name = typeof Class.name === 'string' && Class.name !== '' ? Class.name : 'a function';
  throw new JugError(
    `registerClass expected a class, found ${name}, a function without a prototype: what it makes are instances of another class, or of none.\n` +
      'Hand over what its objects hold, as plain data, in place of them.',
  );
}

function describe<T extends object, E>(
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
  const hidden = whatIsHidden(Class);
  if (hidden !== undefined) {
    const known =
      disposerOf(prototype) !== undefined
        ? `; or, if its properties are all there is, ${fieldsRecipe(Class)}`
        : '';
    throw new JugError(
      `registerClass(${name}): ${hidden}.\nSay how it is kept: ${recipeFor(Class, name)}${known}.`,
    );
  }
  return {name, prototype, kind: isError(prototype) ? 'error' : 'object'};
}

function know(stored: StoredClass): StoredClass {
  byName.set(stored.name, stored);
  byPrototype.set(stored.prototype, stored);
  return stored;
}

function ofNode(prototype: object): StoredClass | undefined {
  const found = nodeErrorOf(prototype);
  return found && know({...found, kind: 'error'});
}

function ofNodeByName(name: string): StoredClass | undefined {
  const found = nodeErrorNamed(name);
  return found && know({...found, kind: 'error'});
}

/** Kept whole without being registered, or registered here: not to be registered otherwise. */
const KEPT = new Set<unknown>([
  ...[Object, Array, Map, Set, Date, RegExp, Boolean, Number, String, BigInt].map(kept => kept.prototype),
  ...[ArrayBuffer.prototype, ...viewPrototypes()],
]);

// Registered before anyone else can take their names.
for (const kind of [
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError],
]) {
  know({name: kind.name, prototype: kind.prototype, kind: 'error'});
  KEPT.add(kind.prototype);
}

function keep<T extends object, E>(
  Class: new (...args: never[]) => T,
  keeps: readonly string[],
  encode: (instance: T) => E,
  decode: (encoded: E) => T,
): void {
  const {prototype} = Class as {prototype: object};
  know({
    name: Class.name,
    prototype,
    kind: 'custom',
    keeps,
    encode: encode as (instance: unknown) => unknown,
    decode: decode as (encoded: unknown) => unknown,
  });
  KEPT.add(prototype);
}

keep(
  URL,
  [],
  url => url.href,
  href => new URL(href),
);
keep(
  URLSearchParams,
  [],
  parameters => [...parameters],
  pairs => new URLSearchParams(pairs),
);
keep(DOMException, ['stack', 'cause'], domExceptionParts, domExceptionOf);

interface DomExceptionParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: unknown;
}

/** Its name and message are in no property, and its `code` follows from the name. */
function domExceptionParts(error: DOMException): DomExceptionParts {
  const {name, message, stack} = error;
  const parts = {name, message, stack: typeof stack === 'string' ? stack : undefined};
  return Object.hasOwn(error, 'cause') ? {...parts, cause: error.cause} : parts;
}

function domExceptionOf({name, message, stack, ...rest}: DomExceptionParts): DOMException {
  const error = new DOMException(message, name);
  const properties = {stack, ...rest};
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(error, key, {value, writable: true, enumerable: false, configurable: true});
  }
  return error;
}
