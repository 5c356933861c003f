// Why a value cannot be stored or sent, and what to do: the error and its words. The reason is said of results and of arguments
// alike, of which it knows nothing.

import {types} from 'node:util';
import {classOf, isRegistered, type StoredClass} from './class-registry.js';
import {
  type AnyClass,
  aOrAn,
  constructorAt,
  hiddenBase,
  isBuiltIn,
  nameIsBuiltIn,
  nameOf,
  otherRealm,
  whatIsHidden,
} from './hidden-state.js';
import {propertyStep} from './path.js';
import {plainCopy, recipeFor} from './registration-recipe.js';

export {pathAlong, propertyStep} from './path.js';

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

/**
 * What is said of a value that is neither plain data nor an instance of a registered class. `above`: the objects in which it
 * is, from the outermost, for what could be done there.
 */
export function reasonAgainst(value: unknown, above: readonly object[] = []): string {
  if (typeof value === 'symbol') return `is a symbol (${String(value)}), which is different in every process`;
  if (typeof value === 'function') return `${functionReason(value)}${instead(above)}`;
  const object = value as object;
  if (types.isProxy(object)) return proxyReason(object);
  if (REFUSAL in object) return String(object[REFUSAL]);
  if (types.isPromise(object)) return 'is a Promise: await it first';
  if (types.isSharedArrayBuffer(object))
    return 'is a SharedArrayBuffer: hand over a copy of its bytes (new Uint8Array(it).slice())';
  if (ArrayBuffer.isView(object) && types.isSharedArrayBuffer(object.buffer)) {
    return 'is a view on a SharedArrayBuffer: hand over a copy of it (it.slice())';
  }
  const kind = Object.prototype.toString.call(object).slice(8, -1);
  if (/^(Weak|FinalizationRegistry)/.test(kind)) {
    return `is ${aOrAn(kind)}, whose content depends on what is still in memory`;
  }
  if (types.isGeneratorObject(object) || / Iterator$/.test(kind)) {
    return `is ${aOrAn(kind)}, which cannot be run twice: hand over what it yields, as an array ([...it])`;
  }
  if (isStream(object, kind)) {
    return 'is a stream: hand over what comes out of it';
  }
  if (object === process.env)
    return 'is process.env: hand over the variables that count, or a copy of all of them, {...process.env}';
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === Object.prototype || prototype === null) {
    if (kind === 'Module') return 'is a module (import * as …): hand over what is needed of it';
    if (kind === 'Arguments')
      return 'is the built-in object Arguments: hand over an array of it ([...arguments])';
    return `is the built-in object ${kind}`;
  }
  const realm = otherRealm(prototype);
  if (realm !== undefined) {
    return `is ${aOrAn(realm)} of another realm (vm, jsdom): hand over structuredClone(it)`;
  }
  return instanceReason(object, prototype, above);
}

/** Schemas, of zod and the like, have a method `pipe`, too. */
function isStream(object: object, kind: string): boolean {
  if (/^(Readable|Writable|Transform)Stream$/.test(kind) || '_writableState' in object) return true;
  return 'pipe' in object && ('_readableState' in object || ('on' in object && 'emit' in object));
}

function functionReason(fn: object): string {
  const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' && name !== '' ? `is a function (${name})` : 'is a function';
}

/** What holds a thing that cannot be registered, such as a class that its package does not export, may be itself. */
function instead(above: readonly object[]): string {
  const holder = above.findLast(object => holderOf(object) !== undefined);
  const stored = holder && holderOf(holder);
  if (stored === undefined) return '';
  const Class = constructorAt(stored.prototype) ?? (Object as AnyClass);
  if (stored.kind === 'custom') return `; or let encode() of ${stored.name}, above it, return plain data`;
  return `; or give the registered class above it, ${stored.name}, {encode, decode}: ${recipeFor(Class, stored.name)}`;
}

function holderOf(object: object): StoredClass | undefined {
  if (types.isProxy(object)) return undefined;
  const stored = classOf(Object.getPrototypeOf(object) as object | null);
  return stored?.kind === 'error' || (stored?.kind === 'custom' && stored.keeps) ? undefined : stored;
}

function instanceReason(object: object, prototype: object, above: readonly object[]): string {
  const Class = constructorAt(prototype);
  if (Class === undefined && isPlainBelow(prototype)) {
    return (
      'is an object that inherits properties from another one (Object.create), which would be lost: hand over a plain copy ' +
      'with all of them, {...Object.getPrototypeOf(it), ...it}'
    );
  }
  if (Class === undefined) return `${namelessReason(object)}${instead(above)}`;
  const name = nameOf(Class);
  if (isBuiltIn(Class) || types.isKeyObject(object)) return platformReason(object, Class);
  if (name === '') return `${namelessReason(object)}${instead(above)}`;
  const held =
    hiddenBase(prototype) === undefined && !types.isNativeError(object) ? keyBeyondPlain(object) : undefined;
  if (held !== undefined) {
    return (
      `is an instance of ${name}, which holds more than plain data (${propertyStep(held)}): make it where it is used, inside the ` +
      `function or at the top of its module, and hand over what it is made from; or register it with ${recipeFor(Class, name)}${instead(above)}`
    );
  }
  if (isRegistered(name)) return `${twinReason(name)}${instead(above)}`;
  const isNamesake = nameIsBuiltIn(name);
  const stored = isNamesake ? `other.${name}` : name;
  const bare = isNamesake ? `registerClass(${name}, {name: '${stored}'})` : `registerClass(${name})`;
  const how = whatIsHidden(Class) === undefined ? bare : recipeFor(Class, stored);
  const what = isNamesake ? 'a class of that name which is not the built-in one and ' : '';
  const copy = plainCopy(prototype);
  return (
    `is an instance of ${name}, ${what}of which only bare properties would be left: register it with ${how} in the module that ` +
    `defines it (a package's class in a module of yours that all import)${copy === undefined ? '' : `, or hand over a plain copy: ${copy}`}${instead(above)}`
  );
}

/** Two copies of one package, its CommonJS and its ES module, a class that is bundled with another package. */
function twinReason(name: string): string {
  return (
    `is an instance of another class named ${name} than the one that is registered (two copies of a package, or its CommonJS ` +
    `and its ES module): use one copy everywhere, or register this class too, under a name of its own: registerClass(${name}, {name: 'other.${name}'})`
  );
}

/** Of a schema, a client, a builder: a property that a bare registration of its class would not keep. */
function keyBeyondPlain(object: object): string | undefined {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(object));
  return properties.find(
    ([, {value, enumerable}]) => enumerable !== true || typeof value === 'function',
  )?.[0];
}

/** Whether an object has a plain one for its prototype, whose methods are those of all objects. */
function isPlainBelow(prototype: object): boolean {
  const above = Object.getPrototypeOf(prototype) as object | null;
  if (above !== Object.prototype && above !== null) return false;
  return !Reflect.ownKeys(prototype).some(key => {
    const {value} = Object.getOwnPropertyDescriptor(prototype, key)!;
    return key === 'constructor' || typeof value === 'function';
  });
}

function namelessReason(object: object): string {
  const hint = hintOf(object);
  const known = hint === undefined ? '' : ` (${hint}, as its constructor says)`;
  return (
    `is an instance of a class without a name${known}: register it with registerClass(${hint ?? 'Class'}, {name: '${hint ?? '…'}'}) ` +
    `in the module that defines it (a package's class in a module of yours that all import), or hand over a plain copy: {...it}`
  );
}

/** A class that an object names where it is not looked for at first: itself, or further up. */
function hintOf(object: object): string | undefined {
  try {
    const Class: unknown = object.constructor;
    const name = typeof Class === 'function' ? nameOf(Class as AnyClass) : '';
    return name === '' || name === 'Object' ? undefined : name;
  } catch {
    return undefined;
  }
}

/** What is built into node or the language: where its content is. */
const INSTEAD: Readonly<Record<string, string>> = {
  Blob: 'its bytes, await it.arrayBuffer()',
  File: 'its bytes, await it.arrayBuffer()',
  Response: 'its body, await it.arrayBuffer() or await it.json()',
  Request: 'its body, await it.arrayBuffer() or await it.json()',
  Headers: 'its entries, [...it]',
  FormData: 'its entries, [...it]',
  SecretKeyObject: 'the key, it.export()',
  PublicKeyObject: "the key, it.export({type: 'spki', format: 'der'})",
  PrivateKeyObject: "the key, it.export({type: 'pkcs8', format: 'der'})",
  CryptoKey: "the key, await crypto.subtle.exportKey('raw', it)",
};

function platformReason(object: object, Class: AnyClass): string {
  const name = nameOf(Class);
  const settings = typeof (object as {resolvedOptions?: unknown}).resolvedOptions === 'function';
  const content =
    INSTEAD[name] ??
    (settings ? 'what it is made from, it.resolvedOptions()' : 'what it holds, as plain data');
  return `is an instance of ${name}, which is built in and whose content is not in its properties: hand over ${content}`;
}

/** What a Proxy stands for is asked of itself, which may answer anything. */
function proxyReason(proxy: object): string {
  const name = hintOf(proxy);
  const of = name === undefined || name === 'Array' ? '' : ` (of ${aOrAn(name)}, as it says)`;
  const way = CONVERTERS.find(method => answers(proxy, method) && !answers(proxy, "jug's question"));
  const how = way === undefined ? '' : `, such as it.${way}()`;
  return `is a Proxy${of}: hand over a plain copy of what it stands for${how}`;
}
const CONVERTERS = ['toRecords', 'toObject', 'toArray', 'toJSON'];

function answers(proxy: object, method: string): boolean {
  try {
    return typeof (proxy as Record<string, unknown>)[method] === 'function';
  } catch {
    return false;
  }
}
