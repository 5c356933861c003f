// What is awaited of code that is not jug's own. Node ends a process that nothing can go on in any more: then it can be
// said what never came. Knows nothing of who is awaited.

import type {JugError} from './errors.js';

const awaited = new Set<() => JugError>();

/** `otherwise`: what is told if `promise` never settles. */
export async function awaiting<T>(promise: Promise<T>, otherwise: () => JugError): Promise<T> {
  awaited.add(otherwise);
  try {
    return await promise;
  } finally {
    awaited.delete(otherwise);
  }
}

/** Of what has not come, that which was asked for last: the others may wait for it. */
export function whatNeverCame(): JugError | undefined {
  return [...awaited].at(-1)?.();
}
