// A value taken apart into a list with a row for each object in it (unflatten.ts puts it together again): the way for
// whatever structured clone would change, refuse or overflow on. In a row, an object is mentioned as `[index of its row]`, so
// no object of the user's can be mistaken for a mention. Nothing here recurses: any depth and any cycle will do.
//
// Rows stand in the order in which their objects are finished, members before owners, and the result itself last:
// a class with its own `decode` gets a complete value. Knows nothing of bytes.

import {types} from 'node:util';
import {classOf, type StoredClass, whyNotBare} from './class-registry.js';
import {extraKeys, hiddenKey, isLeaf} from './classify.js';
import {kindOf} from './hidden-state.js';
import {pathAlong, propertyStep, Refusal, reasonAgainst, UnstorableError} from './unstorable.js';

// Stored: never renumber. A row that is not an array is a leaf, whole.
export const PLAIN = 0; //          [kind, properties]
export const NULL_PROTOTYPE = 1; // [kind, properties]
export const ARRAY = 2; //          [kind, members, whether to go by keys: holes, or properties beside the members]
export const MAP = 3; //            [kind, key, value, key, value …]
export const SET = 4; //            [kind, member …]
export const INSTANCE = 5; //       [kind, class, properties]
export const ERROR = 6; //          [kind, class, properties, names of those that are not enumerable]
export const CUSTOM = 7; //         [kind, class, encoded]

export type Mention = [row: number];
export type Properties = Record<string, unknown>;

/** Where `thing` is not taken apart: what is written instead, which whoever knows the name can read. */
export interface StandIn {
  readonly name: string;
  readonly encoded: unknown;
  /** Whether something else is put in the place of what is read: in arrays, plain objects, Maps and Sets, nowhere else. */
  readonly isReplaced: boolean;
}

/** What arguments of tasks are allowed, and refused, besides what results are. */
export interface Rules {
  /** What goes in the place of an object; the object itself, if nothing else does. */
  substitute(object: object): unknown;
  /** Of an object or a function; undefined: it is data, or refused. */
  standIn(thing: object): StandIn | undefined;
}

interface Node {
  readonly object: object;
  readonly mention: Mention;
  row: unknown;
  children: Node[];
  nextChild: number;
  /** The order in which it was entered; -1 before. */
  order: number;
  /** Lowest order that is reached from it, of nodes whose knot is not tied up yet (Tarjan 1972). */
  low: number;
  open: boolean;
  custom: StoredClass | undefined;
  isInstance: boolean;
  /** Whether something that is replaced is in it, at any depth. */
  isReplaced: boolean;
}

const NOT_LOOKED_FOR =
  'holds a task, or what stands for a value (NoHash, CustomHash), which is not looked for inside an instance: hand it over ' +
  'beside it, as an argument of its own';

/** The rows of `root`; throws UnstorableError. Arguments have `rules`, and may hold no cycle; nor is an error's stack kept. */
export function flatten(root: object, rules?: Rules): unknown[] {
  return new Flattener(rules).flatten(root);
}

class Flattener {
  readonly #rules: Rules | undefined;
  /** In whose place an object is. */
  readonly #originals = new Map<unknown, unknown>();
  readonly #nodes = new Map<object, Node>();
  /** From the root to the object that is being looked at. */
  readonly #way: Node[] = [];
  readonly #open: Node[] = [];
  readonly #rows: unknown[] = [];
  #entered = 0;

  constructor(rules: Rules | undefined) {
    this.#rules = rules;
  }

  flatten(root: object): unknown[] {
    this.#enter(this.#node(root));
    for (let top = this.#way.at(-1); top !== undefined; top = this.#way.at(-1)) {
      const child = top.children[top.nextChild++];
      if (child === undefined) this.#leave(top);
      else if (child.order < 0) this.#enter(child);
      else if (child.open) {
        if (this.#rules !== undefined) this.#refuseCycle(child.object);
        top.low = Math.min(top.low, child.order);
      } else if (child.isReplaced) this.#holdsReplaced(top);
    }
    return this.#rows;
  }

  #node(object: object): Node {
    let node = this.#nodes.get(object);
    if (node === undefined) {
      node = {
        object,
        mention: [-1],
        row: undefined,
        children: [],
        nextChild: 0,
        order: -1,
        low: -1,
        open: true,
        custom: undefined,
        isInstance: false,
        isReplaced: false,
      };
      this.#nodes.set(object, node);
    }
    return node;
  }

  #enter(node: Node): void {
    node.order = node.low = this.#entered++;
    this.#way.push(node);
    this.#open.push(node);
    node.row = this.#row(node);
  }

  #leave(node: Node): void {
    node.mention[0] = this.#rows.length;
    this.#rows.push(node.row);
    node.children = [];
    if (node.low === node.order) {
      const knot = this.#open.splice(this.#open.lastIndexOf(node));
      this.#refuseKnot(knot);
      for (const member of knot) member.open = false;
    }
    this.#way.pop();
    const above = this.#way.at(-1);
    if (above === undefined) return;
    above.low = Math.min(above.low, node.low);
    if (node.isReplaced) this.#holdsReplaced(above);
  }

  #holdsReplaced(node: Node): void {
    if (node.isInstance) this.#refuse(NOT_LOOKED_FOR);
    node.isReplaced = true;
  }

  #refuseCycle(object: object): never {
    throw new UnstorableError(this.#path(object), 'refers back to an object it is part of (a cycle)');
  }

  /** Objects that all lead to each other can be made only one before the other: not by a `decode` that wants them whole. */
  #refuseKnot(knot: readonly Node[]): void {
    if (knot.length < 2) return;
    const custom = knot.find(node => node.custom !== undefined)?.custom;
    if (custom === undefined) return;
    this.#refuse(
      `is part of a cycle through an instance of ${custom.name}, whose decode() would need it before it exists: leave the way back out of what encode() returns`,
    );
  }

  #row(node: Node): unknown {
    const {object} = node;
    const standIn = this.#standIn(object);
    if (standIn !== undefined) {
      const mention = this.#slot(standIn.encoded);
      node.isReplaced = standIn.isReplaced;
      return [CUSTOM, standIn.name, mention];
    }
    if (types.isProxy(object)) this.#refuse(this.#reason(object));
    const prototype = Object.getPrototypeOf(object) as object | null;
    const stored = classOf(prototype) ?? baseOfNodeError(object, prototype);
    if (stored !== undefined) return this.#instance(node, stored);
    if (!isBuiltIn(object, prototype)) this.#refuse(this.#reason(object));
    this.#refuseSymbols(object);
    if (Array.isArray(object) || prototype === Object.prototype || prototype === null)
      this.#refuseHidden(object);
    if (Array.isArray(object)) return this.#array(object);
    if (prototype === Object.prototype) return [PLAIN, this.#properties(object, Object.keys(object))];
    if (prototype === null) return [NULL_PROTOTYPE, this.#properties(object, Object.keys(object))];
    if (types.isMap(object)) {
      this.#refuseExtras(object);
      const row: unknown[] = [MAP];
      for (const [key, member] of object) row.push(this.#slot(key), this.#slot(member));
      return row;
    }
    if (types.isSet(object)) {
      this.#refuseExtras(object);
      return [SET, ...Array.from(object, member => this.#slot(member))];
    }
    this.#refuseExtras(object);
    if (this.#rules !== undefined && types.isRegExp(object) && object.lastIndex !== 0) {
      this.#refuse(
        'is a RegExp that has been used (lastIndex is not 0): hand over a new one, new RegExp(expression)',
      );
    }
    if (isDetached(object)) this.#refuse('has lost its memory: its ArrayBuffer was transferred elsewhere');
    return object;
  }

  #array(array: readonly unknown[]): unknown {
    const copy: unknown[] = [];
    for (let i = 0; i < array.length; i++) {
      const member = array[i];
      if (member === undefined && !(i in array)) return this.#sparse(array);
      copy.push(this.#slot(member));
    }
    return extraKeys(array).length === 0 ? [ARRAY, copy, false] : this.#sparse(array);
  }

  #sparse(array: readonly unknown[]): unknown {
    const copy = this.#properties(array, Object.keys(array), []);
    copy.length = array.length;
    return [ARRAY, copy, true];
  }

  #instance(node: Node, stored: StoredClass): unknown {
    const {object} = node;
    node.isInstance = true;
    const reason = whyNotBare(object, stored);
    if (reason !== undefined) this.#refuse(reason);
    if (stored.kind === 'custom') {
      node.custom = stored;
      return [CUSTOM, stored.name, this.#slot(this.#encoded(object, stored))];
    }
    if (stored.kind === 'object')
      return [INSTANCE, stored.name, this.#properties(object, Object.keys(object))];
    let names = Object.getOwnPropertyNames(object);
    // It says where the error was made, which is another place in each process.
    if (this.#rules !== undefined) names = names.filter(name => name !== 'stack');
    const hidden = names.filter(name => !Object.prototype.propertyIsEnumerable.call(object, name));
    return [ERROR, stored.name, this.#properties(object, names), hidden];
  }

  #encoded(object: object, stored: StoredClass & {readonly kind: 'custom'}): unknown {
    let encoded: unknown;
    try {
      encoded = stored.encode(object);
    } catch (error) {
      this.#refuse(`is an instance of ${stored.name} whose encode() threw: ${messageOf(error)}`, error);
    }
    if (encoded === object) this.#refuse(`is an instance of ${stored.name} whose encode() returned itself`);
    return encoded;
  }

  #properties<T extends object = Properties>(
    object: object,
    keys: readonly string[],
    copy: T = Object.create(null),
  ): T {
    for (const key of keys) {
      let member: unknown;
      try {
        member = (object as Properties)[key];
      } catch (error) {
        const path = this.#path() + propertyStep(key, Array.isArray(object));
        throw new UnstorableError(path, `is a getter that threw when it was read: ${messageOf(error)}`, {
          cause: error,
        });
      }
      // Where Error.prepareStackTrace is replaced, a stack is anything at all.
      if (key === 'stack' && typeof member !== 'string' && types.isNativeError(object)) member = undefined;
      put(copy, key, this.#slot(member));
    }
    return copy;
  }

  #slot(member: unknown): unknown {
    const value = this.#substitute(member);
    const isFunction = typeof value === 'function';
    if (typeof value === 'symbol' || (isFunction && this.#standIn(value, value) === undefined)) {
      throw new UnstorableError(this.#path(value), this.#reason(value));
    }
    if ((typeof value !== 'object' && !isFunction) || value === null) return value;
    const node = this.#node(value);
    this.#way.at(-1)!.children.push(node);
    return node.mention;
  }

  #standIn(thing: object, ...culprit: [] | [unknown]): StandIn | undefined {
    try {
      return this.#rules?.standIn(thing);
    } catch (error) {
      if (error instanceof Refusal) throw new UnstorableError(this.#path(...culprit), error.reason);
      throw error;
    }
  }

  #substitute(member: unknown): unknown {
    if (this.#rules === undefined || typeof member !== 'object' || member === null || types.isProxy(member))
      return member;
    const value = this.#rules.substitute(member);
    if (value === member) return value;
    if (this.#way.some(({isInstance}) => isInstance)) this.#refuse(NOT_LOOKED_FOR);
    this.#originals.set(value, member);
    return value;
  }

  #refuseHidden(object: object): void {
    const key = hiddenKey(object);
    if (key === undefined) return;
    this.#refuse(
      `has a property that is not enumerable (${propertyStep(key)}), which would be lost: make it an ordinary one, or leave it out (a copy, {...it}, has none)`,
    );
  }

  #refuseSymbols(object: object): void {
    const symbol = Object.getOwnPropertySymbols(object)[0];
    if (symbol !== undefined) {
      this.#refuse(`has a property named by a symbol (${String(symbol)}), which cannot be stored`);
    }
  }

  #refuseExtras(object: object): void {
    const key = extraKeys(object)[0];
    if (key === undefined) return;
    this.#refuse(
      `is ${kindOf(object)} with a property of its own (${propertyStep(key)}), which would be lost: keep the two side by side in an object`,
    );
  }

  #reason(value: unknown): string {
    return reasonAgainst(
      value,
      this.#way.map(node => node.object).filter(object => object !== value),
    );
  }

  #refuse(reason: string, cause?: unknown): never {
    throw new UnstorableError(this.#path(), reason, cause === undefined ? undefined : {cause});
  }

  #path(...culprit: [] | [unknown]): string {
    return pathAlong(
      [...this.#way.map(node => node.object), ...culprit],
      member => this.#originals.get(member) ?? member,
    );
  }
}

/** Where assigning would call a setter, or change the prototype, the property is defined. */
export function put(object: object, key: string, value: unknown): void {
  if (key in object && !Object.hasOwn(object, key)) {
    Object.defineProperty(object, key, {value, writable: true, enumerable: true, configurable: true});
  } else {
    (object as Properties)[key] = value;
  }
}

/** Of the kinds that are known here, by prototype and by what it really is. */
function isBuiltIn(object: object, prototype: object | null): boolean {
  switch (prototype) {
    case null:
    case Object.prototype:
      // Math, a module, `arguments`: not the plain objects that they look like.
      return Object.prototype.toString.call(object) === '[object Object]';
    case Array.prototype:
      return Array.isArray(object);
    case Map.prototype:
      return types.isMap(object);
    case Set.prototype:
      return types.isSet(object);
    default:
      return isLeaf(object, prototype);
  }
}

/** Node puts prototypes of its own, which nobody can name, between its errors and TypeError and the like. */
function baseOfNodeError(error: object, prototype: object | null): StoredClass | undefined {
  if (prototype === null || !types.isNativeError(error)) return undefined;
  const base = prototype.constructor.prototype as object;
  return Object.prototype.isPrototypeOf.call(base, prototype) ? classOf(base) : undefined;
}

function isDetached(object: object): boolean {
  const {byteLength} = object as {byteLength?: number};
  if (byteLength !== 0) return false;
  try {
    new Uint8Array(ArrayBuffer.isView(object) ? object.buffer : (object as ArrayBuffer));
    return false;
  } catch {
    return true;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error;
}
