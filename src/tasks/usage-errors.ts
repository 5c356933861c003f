// What is said where a call means nothing, or a task is used as if its result were known already. Knows of tasks no more
// than their text.

import {callingFile, isCalledBy, userFrame} from '../core/call-site.js';
import {JugError, shown} from '../core/errors.js';

/** Of a call that means nothing. To be made while the line of it is on the stack. */
export function misused(expected: string, found: unknown, advice?: string): JugError {
  const what = typeof found === 'function' ? `the function ${found.name}` : shown(found);
  const text = `Expected ${expected}, found ${what} (${userFrame().site}).`;
  const whatToDo = found instanceof Promise ? 'Await it first.' : advice;
  return new JugError(whatToDo === undefined ? text : `${text}\n${whatToDo}`);
}

/**
 * What others read of any value, to know what it is. `then`: await. The rest: libraries that compare, show or copy. A name
 * with such a beginning is by convention no data.
 */
const PROBED = /^(then|asymmetricMatch|nodeType|inspect|__.*|@@.*|\$\$.*)$/;
/** What Node reads of a value that it shows, or takes for a path: it may be a URL. */
const PROBED_BY_NODE = 'href';

export function isProbed(key: string): boolean {
  return PROBED.test(key) || (key === PROBED_BY_NODE && callingFile().startsWith('node:')) || isCompared();
}

/** Libraries by which tests compare and show values. */
const COMPARING =
  /[\\/]node_modules[\\/](?:concordance|expect|jest-[^\\/]*|@jest|vitest|@vitest|chai|deep-eql|loupe|pretty-format|sinon|@sinonjs)[\\/]/;

/** Whether such a library asks: it reads, calls and iterates whatever there is. */
export function isCompared(): boolean {
  return COMPARING.test(callingFile());
}

/** `promise` itself, which from now on is refused where it is used as what it will give. It is still a Promise to all else. */
export function toBeAwaited<T>(promise: Promise<T>): Promise<T> {
  return Object.setPrototypeOf(promise, awaitable) as Promise<T>;
}

/** What stands before Promise in the chain: a property that no promise has is one of what it will give. */
const beforePromise = new Proxy(Object.create(Promise.prototype) as object, {
  get(target, key, receiver) {
    if (typeof key === 'symbol' || key in target || isProbed(key)) return Reflect.get(target, key, receiver);
    return key === 'toJSON' ? refuseToUse : refuseToUse.call(receiver);
  },
});

const awaitable: object = Object.create(beforePromise, {
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

/** Of what makes a task function: its name, and a version. */
export function checkOptions(options: object, call: string): void {
  const names = ['name', 'version'] as const;
  checkNames(options, names, call);
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && typeof value !== 'string')
      throw misused(`the ${name} of a task function to be a string`, value);
  }
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

/** Of something that is read of a task and that it has not, by what its result may be. */
export function hasNo(key: string, text: string): JugError {
  if (key === 'length') return hasNoLength(text);
  if (Number.isNaN(Number(key)) || key.trim() === '') return hasNoProperty(key, text);
  const advice = Number.isInteger(Number(key))
    ? `Use task.at(${key}), which counts from the end.`
    : 'Round it, as in task[Math.floor(n)].';
  return new JugError(
    `Expected a whole number from 0 as a place in the result of ${text}, found [${key}] (${userFrame().site}).\n${advice}`,
  );
}

function hasNoProperty(key: string, text: string): JugError {
  const name = JSON.stringify(key);
  const advice = isListMethod(key)
    ? `Let a function do it: new Tasklet(task, result => result.${key}(…)), or a task function`
    : `Use task.get(${name}) for what the result has there`;
  return new JugError(
    `Expected a value that has ${name}, found ${text} (${userFrame().site}), whose result is not known yet: only what all tasks ` +
      `have can be read of it.\n${advice}, or await bvalue(task) to wait for the result.`,
  );
}

function isListMethod(key: string): boolean {
  return [Array.prototype, String.prototype].some(list => typeof Reflect.get(list, key) === 'function');
}

/** Of what `map` returned, whose length is known. */
export function hasNoMember(key: string, length: number): JugError {
  const isPlace = !Number.isNaN(Number(key));
  const expected = isPlace
    ? length === 0
      ? 'no member of what map returned, which is empty'
      : `a member from 0 to ${length - 1} of what map returned`
    : `what the list has that map returned: members, length, get, at and slice`;
  let advice = `Use mapped.get(i, ${JSON.stringify(key)}) for what a result has there, or await bvalue(mapped) to wait for all.`;
  if (isPlace) advice = 'Use mapped.at(-1) for the last, and mapped.length for how many there are.';
  else if (isListMethod(key))
    advice = `Use [...mapped].${key}(…) for its members, which are not known yet, or await bvalue(mapped) to wait for the results.`;
  return new JugError(
    `Expected ${expected}, found ${isPlace ? `[${key}]` : JSON.stringify(key)} (${userFrame().site}).\n${advice}`,
  );
}

/** Of a method of a task that is handed over as a function: it was to be a part of the result. */
export function isOfTheTask(name: string): JugError {
  return new JugError(
    `Expected values or functions of yours as arguments, found ${name} (${userFrame().site}), which every task has as a method.\n` +
      `Use task.get(${JSON.stringify(name)}) for what the result has there.`,
  );
}

export function cannotWrite(text: string, key: string): JugError {
  return new JugError(
    `Expected a value into which ${JSON.stringify(key)} can be written, found ${text} (${userFrame().site}), whose result is not known yet.\n` +
      'Let a task function return a changed copy, or keep what belongs to the task beside it, as in {task, label}.',
  );
}

/** `for (const key in task)`: which task it is, is not told. */
export function cannotAsk(): JugError {
  return new JugError(
    `Expected a value, found a Proxy that has been revoked (${userFrame().site}), or something in which one stands.\n` +
      'Hand over a plain copy of what it stood for, made before it was revoked (an immer draft: what produce returns).',
  );
}

/** `'key' in task`. */
export function cannotTell(key: string): JugError {
  return new JugError(
    `Expected an object to look for ${JSON.stringify(key)} in, found a task (${userFrame().site}), whose result is not known yet.\n` +
      'Use await bvalue(task) to wait for the result, or a task function that looks into it.',
  );
}

export function cannotList(): JugError {
  return new JugError(
    `Expected an object to go through by its keys, found a task (${userFrame().site}), whose result is not known yet.\n` +
      'Use await bvalue(task) to wait for the result, or a task function that goes through it.',
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
