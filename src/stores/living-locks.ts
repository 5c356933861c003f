// Which tasks are held by processes that are alive, as the locks of a store tell.

import type {TaskHash} from '../values/task-hash.js';
import type {LockInfo} from './store.js';

/** What any process that is alive has locked, this one included. */
export function heldByLiving(locks: readonly LockInfo[]): Set<TaskHash> {
  const held = new Set<TaskHash>();
  for (const {alive, hashes} of locks) {
    if (alive) for (const hash of hashes) held.add(hash);
  }
  return held;
}
