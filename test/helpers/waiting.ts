// Waiting for what a test holds by the hand: for a sign, for a condition, for what must not come.

import {turns} from './scheduler-rig.js';

export function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve = (): void => {};
  const promise = new Promise<void>(settle => {
    resolve = settle;
  });
  return {promise, resolve};
}

/** Turns the event loop until `condition` is true; what never becomes true ends with the test's time. */
export async function untilTrue(condition: () => boolean): Promise<true> {
  while (!condition()) await turns(1);
  return true;
}

export async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return Promise.race([promise.then(() => 'settled'), turns().then(() => 'pending')]);
}
