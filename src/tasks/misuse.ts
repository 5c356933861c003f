// What is said where a call means nothing, or a task is used as if its result were known already. Knows of tasks no more
// than their text.

import {JugError, shown} from '../errors.js';
import {isCalledBy, userFrame} from '../frame.js';

/** Of a call that means nothing. To be made while the line of it is on the stack. */
export function misused(expected: string, found: unknown, advice?: string): JugError {
  const what = typeof found === 'function' ? `the function ${found.name}` : shown(found);
  const text = `Expected ${expected}, found ${what} (${userFrame().site}).`;
  const whatToDo = found instanceof Promise ? 'Await it first.' : advice;
  return new JugError(whatToDo === undefined ? text : `${text}\n${whatToDo}`);
}

/** `promise` itself, which from now on is refused where it is used as what it will give. It is still a Promise to all else. */
export function toBeAwaited<T>(promise: Promise<T>): Promise<T> {
  return Object.setPrototypeOf(promise, awaitable) as Promise<T>;
}

const awaitable: object = Object.create(Promise.prototype, {
  get: {value: refuseToUse},
  [Symbol.iterator]: {value: refuseToUse},
  [Symbol.toPrimitive]: {
    value(hint: string): string {
      if (hint === 'string' && isCalledBy('String')) return '[object Promise]';
      return refuseToUse.call(this);
    },
  },
});

function refuseToUse(this: unknown): never {
  throw misused('a value', this);
}

/** Errors: a JugError, if `options` is no object, or has one that is not among `names`. */
export function checkNames(options: unknown, names: readonly string[], call: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw misused(`the options of ${call} to be an object, as {${names[0]}: …}`, options);
  const strange = Object.keys(options).find(name => !names.includes(name));
  if (strange !== undefined) throw misused(`the options of ${call} to be among ${names.join(', ')}`, strange);
}

export function cannotIterate(text: string): JugError {
  return new JugError(
    `Expected an array, found ${text} (${userFrame().site}), whose result is not known yet: it cannot be iterated or spread.\n` +
      'Use iterateTask(task, n) for its first n members, or await bvalue(task) to wait for the result.',
  );
}

export function cannotSpread(text: string): JugError {
  return new JugError(
    `Expected an object, found one into which ${text} was spread (${userFrame().site}), whose result is not known yet.\n` +
      'Use task.get("key") for what stands at a key of it, or await bvalue(task) to wait for the result.',
  );
}

export function hasNoLength(text: string): JugError {
  return new JugError(
    `Expected an array, found ${text} (${userFrame().site}), whose result is not known yet: it has no length.\n` +
      'Use task.get("length") for a task, or await bvalue(task) to wait for the result.',
  );
}

/** Of a task that goes into another jugfile than its own, which is still open. */
export function ofAnotherJugfile(text: string): JugError {
  return new JugError(
    `Expected tasks of the same jugfile as the call, found ${text} (${userFrame().site}), made by another that is still open.\n` +
      'Hand over its result: await value(task). If a module makes it that both jugfiles import, which node does once for ' +
      'all: close the store of the first before the second is opened, or make the task in the jugfile.',
  );
}

/** `use`: what was to be done with its value. */
export function notKnown(use: string, text: string): JugError {
  return new JugError(
    `Expected a value to ${use}, found ${text} (${userFrame().site}), whose result is not known yet.\n` +
      'Hand the task itself to a task function, or await bvalue(task) for its result; String(task) is its name.',
  );
}

/**
 * For `Symbol.toPrimitive`. Whoever calls `String(task)`, as `%s` of console.log does, wants the name; in a template, a sum
 * or a comparison it would be taken for the result.
 */
export function primitiveOf(thing: {toString(): string}, hint: string): string {
  const text = thing.toString();
  if (hint === 'string' && isCalledBy('String')) return text;
  throw notKnown(hint === 'string' ? 'make text of' : 'compute with', text);
}
