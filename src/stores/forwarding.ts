// A store that does everything by another one. How the other is reached, whoever makes it says in one place: opened when
// it is first needed, or asked again where it is away.

import type {Store} from './store.js';

export interface Way {
  call<T>(ask: (store: Store) => Promise<T>): Promise<T>;
  list<T>(ask: (store: Store) => AsyncIterable<T>): AsyncIterable<T>;
}

/** All but what a store says of itself, and its end. */
export type Forwarded = Omit<Store, 'kind' | 'location' | 'interval' | 'watch' | 'flush' | 'close'>;

export function forwarding({call, list}: Way): Forwarded {
  return {
    has: hashes => call(store => store.has(hashes)),
    load: hashes => call(store => store.load(hashes)),
    save: saving => call(store => store.save(saving)),
    remove: hashes => call(store => store.remove(hashes)),
    removeFailures: hashes => call(store => store.removeFailures(hashes)),
    setAside: hashes => call(store => store.setAside(hashes)),
    hashes: () => list(store => store.hashes()),
    heads: () => list(store => store.heads()),
    failures: () => list(store => store.failures()),
    origin: id => call(store => store.origin(id)),
    acquire: hashes => call(store => store.acquire(hashes)),
    release: hashes => call(store => store.release(hashes)),
    locks: () => call(store => store.locks()),
    living: () => call(async store => (await store.living?.()) ?? []),
    breakLocks: everyone => call(store => store.breakLocks(everyone)),
    changes: () => call(store => store.changes()),
    describe: () => call(store => store.describe()),
    pack: () => call(store => store.pack()),
  };
}
