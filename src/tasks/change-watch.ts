// What `--debug` looks for: functions that change what they were given. It compares what a value was before a call with what it
// is afterwards. Knows nothing of runs.

import {digest} from '../core/checksums.js';
import {encode} from '../values/codec.js';
import type {AnyFunction} from './functions.js';
import {callStepsBy, type Step} from './subscript.js';

/** `undefined` for what cannot be told: a value that the codec refuses. */
function fingerprint(value: unknown): string | undefined {
  try {
    return digest('sha256', encode([value]).payload, 'hex');
  } catch {
    return undefined;
  }
}

/** Calls `fn`, and refuses changes of its arguments. */
export async function callWatched(fn: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  const before = args.map(fingerprint);
  const result = await fn(...args);
  const changed = [...args.keys()].filter(place => fingerprint(args[place]) !== before[place]);
  if (changed.length > 0) throw new Error(changedText(changed, args.length));
  return result;
}

/** From now on, functions of tasklets are watched in the same way. */
export function watchTasklets(): void {
  callStepsBy(async (fn, value, tasklet) => {
    const before = fingerprint(value);
    const result = await fn(value);
    if (fingerprint(value) === before) return result;
    const {step} = tasklet as {readonly step?: Step};
    const site = step !== undefined && 'call' in step ? ` (${step.call.site})` : '';
    throw new Error(
      `the function of the tasklet ${String(tasklet)}${site} changed what it was given: that is a copy of its own, so that nobody sees the change. Return what is to be seen`,
    );
  });
}

/** `places`: of the arguments that were changed, from 0. */
function changedText(places: readonly number[], count: number): string {
  const [noun, them] = places.length === 1 ? ['argument', 'it'] : ['arguments', 'them'];
  const which = places.map(place => place + 1).join(', ');
  return `changed its ${noun} ${which} of ${count}: whoever else is given ${them} would see the change, and no hash shows it`;
}
