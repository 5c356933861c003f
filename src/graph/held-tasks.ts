// Which tasks of a graph processes that are alive hold, since when, and which process: as the locks in the store tell.

import type {Owner, Store} from '../stores/store.js';
import type {TaskGraph, TaskId} from './graph.js';

export interface HeldTask {
  readonly id: TaskId;
  /** Milliseconds since 1970, by the owner's clock. */
  readonly since: number;
  readonly owner: Owner;
}

/** Those that have been held longest first. What has a result is not held for being run. Errors: StoreError. */
export async function heldIn(graph: TaskGraph, store: Pick<Store, 'locks' | 'has'>): Promise<HeldTask[]> {
  const held: HeldTask[] = [];
  for (const {owner, alive, since, hashes} of await store.locks()) {
    if (!alive) continue;
    for (const hash of hashes) {
      const id = graph.find(hash);
      if (id !== undefined) held.push({id, since, owner});
    }
  }
  const there = await store.has(held.map(({id}) => graph.task(id).hash));
  return held.filter((_, place) => !there[place]).sort((a, b) => a.since - b.since || a.id - b.id);
}
