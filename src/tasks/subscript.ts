// How the value of a tasklet is made: what stands at a key in a result, and what is said where nothing does. Knows nothing
// of tasks.

import {shown} from '../core/errors.js';
import {type AnyFunction, builtIn, type TaskFunction} from './functions.js';
import {isPlain} from './traverse.js';
import {misused} from './usage-errors.js';

/** How a tasklet's value is made from its base's. */
export type Step = {readonly get: readonly unknown[]} | {readonly call: TaskFunction};

/** A program written without types may hand over anything. */
export function checkedStep(step: unknown): Step {
  if (typeof step === 'object' && step !== null && ('get' in step || 'call' in step)) return step as Step;
  throw misused(
    'a function in new Tasklet(base, fn)',
    step,
    'It is called with the value of the base; for what stands at a key of a result, there is task.get(key).',
  );
}

/** Calls the function of a tasklet with the value of its base, which is its own. */
export type StepCaller = (fn: AnyFunction, value: unknown, tasklet: object) => unknown;

/** Set by whoever watches what such functions do. */
let caller: StepCaller = (fn, value) => fn(value);

export const callStep: StepCaller = (fn, value, tasklet) => caller(fn, value, tasklet);

export function callStepsBy(next: StepCaller): void {
  caller = next;
}

/** So many members are named where one is missing. */
const MOST_NAMED = 10;

/** What stands at `key` in `value`, be it `undefined`; that nothing does is an error. `tasklet`: for messages. */
export function subscript(value: unknown, key: unknown, tasklet: object): unknown {
  if (value === null || value === undefined)
    throw new TypeError(
      `Expected a value to take ${String(key)} of, found ${value} (in ${String(tasklet)}).`,
    );
  if (!hasMember(value, key))
    throw new TypeError(
      `Expected a member ${shown(key)}, found ${membersOf(value)} (in ${String(tasklet)}).`,
    );
  if (value instanceof Map) return value.get(key);
  return (value as Record<PropertyKey, unknown>)[placeIn(value, key) as PropertyKey];
}

/** Of an array, a typed array or a text, a negative place is counted from the end. */
function placeIn(value: NonNullable<unknown>, key: unknown): unknown {
  return isList(value) && Number.isInteger(key) && (key as number) < 0 ? value.length + (key as number) : key;
}

function isList(value: unknown): value is {readonly length: number} {
  return Array.isArray(value) || isTypedArray(value) || typeof value === 'string';
}

function isTypedArray(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** A number as `Array.prototype.slice` and `at` take it; anything else, a task say, as it is. */
export function placeOf(index: unknown): unknown {
  // `+ 0`: there is no place -0.
  return typeof index === 'number' ? Math.trunc(Number.isNaN(index) ? 0 : index) + 0 : index;
}

/** What a tasklet calls that is a part of a list: its base is the list and the bounds. */
export const SLICE = builtIn('slice', ([list, start, end]: readonly [unknown, number?, number?]) => {
  if (typeof list === 'string' || Array.isArray(list)) return list.slice(start, end);
  // That of a Buffer shows the same bytes.
  if (isTypedArray(list)) return Uint8Array.prototype.slice.call(list, start, end);
  const found = list === null || list === undefined ? String(list) : membersOf(list);
  throw new TypeError(
    `Expected an array or a text to take slice(${start}, ${end ?? ''}) of, found ${found}.`,
  );
});

function hasMember(value: NonNullable<unknown>, key: unknown): boolean {
  if (value instanceof Map) return value.has(key);
  const object = Object(value) as object;
  // A function of every object is no member of a plain one; of others, what a class has as a getter is one.
  if (isPlain(object)) return Object.hasOwn(object, key as PropertyKey);
  const place = placeIn(value, key);
  const isPlace = Array.isArray(object) && Number.isInteger(place) && (place as number) >= 0;
  // A hole is a member that is undefined.
  return isPlace ? (place as number) < object.length : (place as PropertyKey) in object;
}

function membersOf(value: NonNullable<unknown>): string {
  if (isList(value)) return `${withArticle(nameOf(value))} of length ${value.length}`;
  if (typeof value !== 'object') return `the ${typeof value} ${shown(value)}`;
  const keys = value instanceof Map ? [...value.keys()] : Object.keys(value);
  if (keys.length === 0) return `${withArticle(nameOf(value))} without any`;
  const named = keys.slice(0, MOST_NAMED).map(shown).join(', ');
  const others = keys.length > MOST_NAMED ? ` and ${keys.length - MOST_NAMED} more` : '';
  return `${withArticle(nameOf(value))} with ${named}${others}`;
}

function nameOf(value: NonNullable<unknown>): string {
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return 'array';
  return isPlain(value) ? 'object' : value.constructor.name;
}

function withArticle(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
