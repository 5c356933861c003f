// What is said where a task is used as if its result were known already. Knows of tasks no more than their text.

import {JugError} from '../errors.js';

export function cannotIterate(text: string): JugError {
  return new JugError(
    `Expected an array, found ${text}, whose result is not known yet: it cannot be iterated or spread.\n` +
      'Use iterateTask(task, n) for its first n members, or await bvalue(task) to wait for the result.',
  );
}
