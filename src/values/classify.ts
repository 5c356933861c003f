// The quick look at a value before it is stored: may it go the short way, or must flatten.ts take it apart? Only says so;
// in doubt it says flat, which also knows how to refuse. Builds no paths and remembers as little as it can.

import {inspect, isDeepStrictEqual, types} from 'node:util';
import {viewIndex} from './serializer.js';

/** `json`: JSON loses nothing of it. `clone`: nor does structured clone. `flat`: needs care, or cannot be stored. */
export type Way = 'json' | 'clone' | 'flat';

/** Structured clone recurses in native code: at about 2000 levels it overflows the stack of a main thread. */
const DEEPEST = 200;
/** So many values, characters counting as 1/8 and fractions as 4, are faster as JSON than as structured clone. */
const MOST_AS_JSON = 200;
/** So many objects are searched one by one, faster than a Set; also the most an answer of `json` may hold. */
const FEW = 16;

const LEAVES = new Map<object, (value: unknown) => boolean>([
  [Date.prototype, types.isDate],
  [RegExp.prototype, types.isRegExp],
  [ArrayBuffer.prototype, types.isArrayBuffer],
  [Number.prototype, types.isNumberObject],
  [Boolean.prototype, types.isBooleanObject],
  [String.prototype, types.isStringObject],
  [BigInt.prototype, types.isBigIntObject],
]);

/** How arguments reach a worker: posted as they are, as bytes of a structured clone, or taken apart. */
export type Passage = 'posted' | 'clone' | 'flat';

/** Bytes up to which to compare a view with itself costs less than to ask for its keys. */
const MOST_COMPARED_BYTES = 4096;

/** Date, RegExp, ArrayBuffer, typed arrays, boxed primitives: structured clone takes them whole. */
export function isLeaf(object: object, prototype: object): boolean {
  const isOne = LEAVES.get(prototype);
  if (isOne !== undefined) return isOne(object);
  if (viewIndex(prototype) === undefined || !ArrayBuffer.isView(object)) return false;
  return !types.isSharedArrayBuffer(object.buffer);
}

/** Properties of its own beside its members; those of an array are kept, those of other built-ins would be lost. */
export function extraKeys(object: object): string[] {
  const {length} = object as {length?: unknown};
  const members = ArrayBuffer.isView(object) || Array.isArray(object) || types.isStringObject(object);
  if (!members || typeof length !== 'number') return Object.keys(object);
  // Listing the keys of a million members takes 90 ms, while inspect asks V8 for the other keys alone, in 2 µs.
  if (
    length > FEW &&
    ONLY_MEMBERS.test(inspect(object, {maxArrayLength: 0, depth: 0, customInspect: false}))
  ) {
    return [];
  }
  return Object.keys(object).filter(key => !isIndex(key));
}
const ONLY_MEMBERS = /\[ \.\.\. \d+ more items? \]$/;

/** Whether there is no property but those of `keys`, which are the enumerable ones: by a symbol, or hidden. */
export function hasOnly(object: object, keys: readonly string[]): boolean {
  return (
    Object.getOwnPropertyNames(object).length === keys.length &&
    Object.getOwnPropertySymbols(object).length === 0
  );
}

/** Whether an array has nothing beside its members, be it enumerable or not. Its members are not looked at. */
export function isBare(array: readonly unknown[]): boolean {
  if (array.length <= FEW) return Reflect.ownKeys(array).length === array.length + 1;
  if (Object.getOwnPropertySymbols(array).length > 0) return false;
  return ONLY_LENGTH.test(
    inspect(array, {maxArrayLength: 0, depth: 0, customInspect: false, showHidden: true}),
  );
}
const ONLY_LENGTH = /\[ \.\.\. \d+ more items?, \[length\]: \d+ \]$/;

/** Whether a view has nothing beside its members that is enumerable. */
export function isBareView(view: ArrayBufferView): boolean {
  if (view.byteLength > MOST_COMPARED_BYTES || types.isDataView(view))
    return Object.getOwnPropertySymbols(view).length === 0 && extraKeys(view).length === 0;
  // The quickest to look at properties beside the members: all of them, and symbols, are compared with those of another.
  const {buffer, byteOffset, length} = view as Uint8Array;
  if (!Buffer.isBuffer(view))
    return isDeepStrictEqual(
      view,
      new (view.constructor as Uint8ArrayConstructor)(buffer, byteOffset, length),
    );
  return isDeepStrictEqual(view, Buffer.from(buffer, byteOffset, length));
}

/** The name of a property that is not enumerable, which nothing that copies an object takes along. */
export function hiddenKey(object: object): string | undefined {
  if (Array.isArray(object) && isBare(object)) return undefined;
  return Object.getOwnPropertyNames(object).find(
    name =>
      !Object.prototype.propertyIsEnumerable.call(object, name) &&
      !(name === 'length' && Array.isArray(object)),
  );
}

export function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1;
}

export function wayOf(value: unknown): Way {
  const survey = new Survey(false);
  if (!survey.short(value, 0)) return 'flat';
  return survey.json ? 'json' : 'clone';
}

/**
 * The same for what is posted to another thread, where a view would take all of its memory along. To be asked of what was
 * hashed, by which views with properties of their own were refused: to look for them takes as long as all the rest.
 */
export function passageOf(value: unknown): Passage {
  const survey = new Survey(true);
  try {
    if (!survey.short(value, 0)) return 'flat';
  } catch {
    return 'flat'; // A getter that throws: the careful way finds out where.
  }
  return survey.windows ? 'clone' : 'posted';
}

class Survey {
  json = true;
  /** Whether there is a view that shows a part of its memory, or is more than a structured clone would make of it. */
  windows = false;
  readonly #isHashed: boolean;
  #left = MOST_AS_JSON;
  readonly #few: object[] = [];
  #many: Set<object> | undefined;

  constructor(isHashed: boolean) {
    this.#isHashed = isHashed;
  }

  /** Whether `value` can go one of the short ways; `json` says which. */
  short(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'number':
        // x - x is 0 for finite numbers only; 1 / -0 is the one way to tell it from 0 that costs nothing.
        if (this.json) {
          this.#spend(Number.isInteger(value) ? 1 : 4, value - value === 0 && (value !== 0 || 1 / value > 0));
        }
        return true;
      case 'string':
        if (this.json) this.#spend(1 + value.length / 8, true);
        return true;
      case 'boolean':
        if (this.json) this.#spend(1, true);
        return true;
      case 'undefined':
      case 'bigint':
        this.json = false;
        return true;
      case 'object':
        return value === null || this.#object(value, depth);
      default:
        return false;
    }
  }

  #spend(weight: number, asJson: boolean): void {
    this.#left -= weight;
    if (!asJson || this.#left < 0) this.json = false;
  }

  #object(object: object, depth: number): boolean {
    if (depth > DEEPEST || types.isProxy(object)) return false;
    if (this.#known(object)) {
      // Met before: structured clone keeps it one object, JSON would make two.
      this.json = false;
      return true;
    }
    const prototype = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return this.#plain(object as Record<string, unknown>, depth);
    if (prototype === Array.prototype && Array.isArray(object)) return this.#array(object, depth);
    this.json = false;
    if (Object.getOwnPropertySymbols(object).length > 0) return false;
    if (prototype === null) return false;
    if (!(this.#isHashed && ArrayBuffer.isView(object)) && extraKeys(object).length > 0) return false;
    if (prototype === Map.prototype && types.isMap(object)) {
      this.#remember(object);
      for (const [key, member] of object) {
        if (!this.short(key, depth + 1) || !this.short(member, depth + 1)) return false;
      }
      return true;
    }
    if (prototype === Set.prototype && types.isSet(object)) {
      this.#remember(object);
      for (const member of object) if (!this.short(member, depth + 1)) return false;
      return true;
    }
    if (!isLeaf(object, prototype)) return false;
    if (ArrayBuffer.isView(object)) {
      this.windows ||= object.byteLength !== object.buffer.byteLength || Buffer.isBuffer(object);
    }
    return true;
  }

  #plain(object: Record<string, unknown>, depth: number): boolean {
    const keys = Object.keys(object);
    if (!this.#isHashed && !hasOnly(object, keys)) return false;
    let remembered = false;
    for (const key of keys) {
      const member = object[key];
      if (!remembered && typeof member === 'object') {
        remembered = true;
        this.#remember(object);
      }
      if (this.json) this.#spend(1 + key.length / 8, true);
      if (!this.short(member, depth + 1)) return false;
    }
    return true;
  }

  #array(array: readonly unknown[], depth: number): boolean {
    const {length} = array;
    let remembered = length > FEW;
    if (remembered) this.#remember(array);
    for (let i = 0; i < length; i++) {
      const member = array[i];
      // Holes may be millions: flatten.ts goes by the keys there are.
      if (member === undefined && !(i in array)) return false;
      if (!remembered && typeof member === 'object') {
        remembered = true;
        this.#remember(array);
      }
      if (!this.short(member, depth + 1)) return false;
    }
    if (!this.#isHashed) {
      if (isBare(array)) return true;
      if (Object.getOwnPropertySymbols(array).length > 0 || hiddenKey(array) !== undefined) return false;
    } else if (length <= FEW && Object.keys(array).length === length) return true;
    for (const key of extraKeys(array)) {
      this.json = false;
      if (!this.short(array[key as unknown as number], depth + 1)) return false;
    }
    return true;
  }

  #known(object: object): boolean {
    if (this.#few.includes(object)) return true;
    if (this.#few.length < FEW) {
      this.#few.push(object);
      return false;
    }
    this.json = false;
    return this.#many?.has(object) === true;
  }

  /** Only what holds objects or much: to look again at a few numbers costs less than a place in the Set. */
  #remember(object: object): void {
    if (this.#few.length < FEW) return;
    this.#many ??= new Set();
    this.#many.add(object);
  }
}
