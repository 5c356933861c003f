// How the value of a tasklet is made: what stands at a key in a result, and what is said where nothing does. Knows nothing
// of tasks.

import {shown} from '../errors.js';
import type {TaskFunction} from './functions.js';
import {misused} from './misuse.js';
import {isPlain} from './tree.js';

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
  return value instanceof Map ? value.get(key) : (value as Record<PropertyKey, unknown>)[key as PropertyKey];
}

function hasMember(value: NonNullable<unknown>, key: unknown): boolean {
  if (value instanceof Map) return value.has(key);
  const object = Object(value) as object;
  // A function of every object is no member of a plain one; of others, what a class has as a getter is one.
  if (isPlain(object)) return Object.hasOwn(object, key as PropertyKey);
  const isPlace = Array.isArray(object) && Number.isInteger(key) && (key as number) >= 0;
  // A hole is a member that is undefined.
  return isPlace ? (key as number) < object.length : (key as PropertyKey) in object;
}

function membersOf(value: NonNullable<unknown>): string {
  const {length} = value as {readonly length?: unknown};
  const isList = Array.isArray(value) || ArrayBuffer.isView(value) || typeof value === 'string';
  if (isList && length !== undefined) return `${withArticle(nameOf(value))} of length ${length}`;
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
