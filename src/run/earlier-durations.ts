// How long tasks took in earlier runs, by function, as the heads of their results tell: of some of them, as a store may
// have millions. Reads the store, and changes nothing.

import type {Store} from '../stores/store.js';
import type {OriginId} from '../values/record.js';

/** So many heads, and milliseconds, are enough for a mean. */
const MOST_HEADS = 4096;
const MOST_TIME = 50;

export interface Duration {
  /** How many were measured. */
  readonly count: number;
  /** Milliseconds of all of them. */
  readonly total: number;
}

/** Bounded in time, apart from the first chunk. Errors: StoreError. */
export async function earlierDurations(
  store: Pick<Store, 'heads' | 'origin'>,
): Promise<ReadonlyMap<string, Duration>> {
  const byOrigin = new Map<OriginId, {count: number; total: number}>();
  const begun = performance.now();
  let heads = 0;
  for await (const chunk of store.heads()) {
    for (const [, head] of chunk) {
      if (head === undefined) continue;
      const sum = byOrigin.get(head.origin);
      if (sum === undefined) byOrigin.set(head.origin, {count: 1, total: head.duration});
      else {
        sum.count++;
        sum.total += head.duration;
      }
    }
    heads += chunk.length;
    if (heads >= MOST_HEADS || performance.now() - begun > MOST_TIME) break;
  }
  const byFunction = new Map<string, {count: number; total: number}>();
  for (const [id, {count, total}] of byOrigin) {
    const name = (await store.origin(id))?.function;
    if (name === undefined) continue;
    const sum = byFunction.get(name) ?? {count: 0, total: 0};
    byFunction.set(name, {count: sum.count + count, total: sum.total + total});
  }
  return byFunction;
}
