// What properties do not show. Of a class: whether its instances are more than their properties, so that these alone must not
// be stored for them; of an object: whether it is really what its prototype says. Knows neither the codec nor who is registered.

import {types} from 'node:util';
import {privatesIn} from './class-source.js';
import {viewIndex} from './serializer.js';

export type AnyClass = abstract new (...args: never[]) => object;

/** Taken before anybody can add to them. */
const GLOBALS = new Set(Object.getOwnPropertyNames(globalThis));
/** As what holds something open outside of its properties has them: memory of WebAssembly or of a GPU, a file. */
const DISPOSERS: readonly PropertyKey[] = [
  ...['dispose', 'destroy', 'free', 'delete', 'close'],
  ...[Symbol.for('nodejs.dispose'), Symbol.for('nodejs.asyncDispose')],
  ...['dispose', 'asyncDispose'].flatMap(name => (Symbol as unknown as Record<string, symbol>)[name] ?? []),
];
const WITH_SLOTS: readonly {readonly name: string; readonly prototype: unknown}[] = [
  ...[Array, Map, Set, WeakMap, WeakSet, WeakRef, Date, RegExp, Promise, Function],
  ...[Boolean, Number, String, BigInt, Symbol, ArrayBuffer, SharedArrayBuffer, DataView],
];

/** The built-in class, if any, from which a prototype comes and whose instances carry what properties cannot show. */
export function hiddenBase(prototype: object | null): string | undefined {
  for (const {at, Class} of ancestry(prototype)) {
    const slots = WITH_SLOTS.find(builtIn => builtIn.prototype === at);
    if (slots !== undefined) return slots.name;
    if (Class !== undefined && isBuiltIn(Class) && !(isNative(Class) && isError(at))) return nameOf(Class);
  }
  return undefined;
}

/** Why the properties of its instances do not say all, as far as can be told without one. To follow `registerClass(X): `. */
export function whatIsHidden(Class: AnyClass): string | undefined {
  const prototype = Class.prototype as object;
  if (types.isProxy(Class)) return 'it is a Proxy, so that nobody can see what its instances contain';
  const realm = otherRealm(prototype);
  if (realm !== undefined) {
    return `${aOrAn(realm)} of another realm (vm, jsdom) would come back empty; structuredClone() makes one of this realm of it`;
  }
  const base = hiddenBase(prototype);
  if (base !== undefined) return `what ${aOrAn(base)} contains is not in its properties and would be lost`;
  for (const {at, Class: above} of ancestry(prototype)) {
    const one = at === prototype ? Class : above;
    if (one === undefined || isBuiltIn(one)) continue;
    const {names, helper, memory} = privatesIn(Function.prototype.toString.call(one));
    const of = one === Class ? '' : ` of ${nameOf(one) || 'its base class'}`;
    if (names.length > 0)
      return `what is in ${listed(names)}${of} cannot be seen from outside, and would be lost`;
    if (helper !== undefined) {
      return `what is in private fields${of} (${helper}) cannot be seen from outside, and would be lost`;
    }
    if (memory !== undefined) {
      return `what is in the memory of WebAssembly, to which its methods${of} go (${memory}), is not in its properties`;
    }
  }
  const disposer = disposerOf(prototype);
  if (disposer === undefined) return undefined;
  return `it has a method ${String(disposer)}(), as what holds something has that is not in its properties`;
}

export function disposerOf(prototype: object): PropertyKey | undefined {
  for (const {at} of ancestry(prototype)) {
    if (isError(at)) return undefined;
    const found = DISPOSERS.find(key => {
      const method: unknown = Object.getOwnPropertyDescriptor(at, key)?.value;
      // What takes an argument works on members: `delete(key)` of a collection.
      return typeof method === 'function' && method.length === 0;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The built-in class of another realm to which a prototype belongs, or from which it comes, if it does. */
export function otherRealm(prototype: object | null): string | undefined {
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const Class = constructorAt(at);
    if (Class === undefined || !isNative(Class)) continue;
    const name = nameOf(Class);
    const own = ownGlobal(name);
    // All that is not built in comes from Object, too.
    if (own === Class || (name === 'Object' && at !== prototype)) return undefined;
    if (own !== undefined) return name;
  }
  return undefined;
}

/** Whether V8 keeps something for it beside its properties, whatever its prototype may say. */
export function hasSlots(object: object): boolean {
  return (
    types.isMap(object) ||
    types.isSet(object) ||
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isPromise(object) ||
    types.isBoxedPrimitive(object) ||
    types.isAnyArrayBuffer(object) ||
    ArrayBuffer.isView(object) ||
    Array.isArray(object)
  );
}

/** The class of this language or of node, that jug or anybody finds under this name. */
function ownGlobal(name: string): unknown {
  return GLOBALS.has(name) ? (globalThis as Record<string, unknown>)[name] : undefined;
}

export function nameIsBuiltIn(name: string): boolean {
  return ownGlobal(name) !== undefined;
}

/** Written in no module of anybody's: part of the language, of node, or of an addon. */
export function isBuiltIn(Class: AnyClass): boolean {
  return isNative(Class) || ownGlobal(nameOf(Class)) === Class;
}

/** What a class says itself, which may be anything: `static name = …`. */
export function nameOf(Class: AnyClass): string {
  const name: unknown = Class.name;
  return typeof name === 'string' ? name : '';
}

function isNative(fn: object): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn));
}

export function isError(prototype: object): boolean {
  return prototype === Error.prototype || prototype instanceof Error;
}

/** A prototype and those it comes from, up to the one of all objects, with their classes as far as they say. */
export function* ancestry(prototype: object | null): Generator<{at: object; Class: AnyClass | undefined}> {
  for (let at = prototype; at !== null; ) {
    const above: object | null = Object.getPrototypeOf(at);
    const Class = constructorAt(at);
    if (above === null && (at === Object.prototype || (Class !== undefined && nameOf(Class) === 'Object')))
      return;
    yield {at, Class};
    at = above;
  }
}

export function constructorAt(prototype: object): AnyClass | undefined {
  const Class: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof Class === 'function' ? (Class as AnyClass) : undefined;
}

/** What messages call an object by its kind: `a Buffer`, `an ArrayBuffer`, `a Float64Array`. */
export function kindOf(object: object): string {
  return aOrAn(kindName(object));
}

function kindName(object: object): string {
  const index = viewIndex(Object.getPrototypeOf(object) ?? object);
  if (index !== undefined) return constructorAt(Object.getPrototypeOf(object))?.name ?? 'view';
  return Object.prototype.toString.call(object).slice(8, -1);
}

export function aOrAn(name: string): string {
  return `${/^[AEIO]|^Un[^i]/.test(name) ? 'an' : 'a'} ${name}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  if (names.length > shown.length)
    return `its private ${shown.join(', ')} and ${names.length - shown.length} more`;
  return `its private ${shown.length === 1 ? shown[0] : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`}`;
}
