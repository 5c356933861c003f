// Error classes of node that stand in many results and that a jugfile cannot name, or would have to import for the purpose:
// what `Promise.allSettled` gives for work that was aborted. Each is looked for when the first of its kind is met.

import {EventEmitter, on} from 'node:events';

type ErrorClass = new (...args: never[]) => Error;

/** By the names that are written for them, which no class of a user has. */
const FIND: Readonly<Record<string, () => ErrorClass | undefined>> = {
  'node.AbortError': abortError,
  'node.AssertionError': () =>
    process.getBuiltinModule?.('node:assert').AssertionError as ErrorClass | undefined,
};

export interface NodeError {
  readonly name: string;
  readonly prototype: object;
}

export function nodeErrorOf(prototype: object): NodeError | undefined {
  if (Object.getPrototypeOf(prototype) !== Error.prototype) return undefined;
  const Class: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  const found = typeof Class === 'function' ? nodeErrorNamed(`node.${Class.name}`) : undefined;
  return found?.prototype === prototype ? found : undefined;
}

export function nodeErrorNamed(name: string): NodeError | undefined {
  const Class = Object.hasOwn(FIND, name) ? FIND[name]!() : undefined;
  return Class === undefined ? undefined : {name, prototype: Class.prototype};
}

/** It is exported nowhere; this function is one that throws it at once. */
function abortError(): ErrorClass | undefined {
  try {
    on(new EventEmitter(), 'never', {signal: AbortSignal.abort()});
    return undefined;
  } catch (error) {
    const {constructor: Class, name} = error as Error;
    return name === 'AbortError' ? (Class as ErrorClass) : undefined;
  }
}
