// Which other processes are at work on the same results, as the locks in the store tell.

import {thisOwner} from '../../stores/owner.js';
import type {Store} from '../../stores/store.js';

export interface Others {
  readonly processes: number;
  readonly hosts: number;
}

/** Those that hold a task now. Errors: StoreError. */
export async function othersIn(store: Pick<Store, 'locks'>): Promise<Others> {
  const own = thisOwner();
  const processes = new Set<string>();
  const hosts = new Set<string>();
  for (const {owner, alive, hashes} of await store.locks()) {
    const isOwn = owner.pid === own.pid && owner.host === own.host && owner.startTime === own.startTime;
    if (!alive || isOwn || hashes.length === 0) continue;
    processes.add(owner.token);
    hosts.add(owner.host);
  }
  return {processes: processes.size, hosts: hosts.size};
}
