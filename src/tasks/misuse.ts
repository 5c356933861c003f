// What is said where a task is used as if its result were known already. Knows of tasks no more than their text.

import {JugError} from '../errors.js';
import {isCalledBy, userFrame} from '../frame.js';

export function cannotIterate(text: string): JugError {
  return new JugError(
    `Expected an array, found ${text}, whose result is not known yet: it cannot be iterated or spread.\n` +
      'Use iterateTask(task, n) for its first n members, or await bvalue(task) to wait for the result.',
  );
}

/**
 * For `Symbol.toPrimitive`. Whoever calls `String(task)`, as `%s` of console.log does, wants the name; in a template, a sum
 * or a comparison it would be taken for the result.
 */
export function primitiveOf(thing: {toString(): string}, hint: string): string {
  const text = thing.toString();
  if (hint === 'string' && isCalledBy('String')) return text;
  const use = hint === 'string' ? 'make text of' : 'compute with';
  throw new JugError(
    `Expected a value to ${use}, found ${text} (${userFrame().site}), whose result is not known yet.\n` +
      'Hand the task itself to a task function, or await bvalue(task) for its result; String(task) is its name.',
  );
}
