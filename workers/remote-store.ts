// The store of a worker where main alone has the results: it asks main. Knows nothing of what kind of store that is.

import type {Remote} from 'comlink';
import type {MainService} from '../src/run/protocol.js';
import type {LockInfo, Reading} from '../src/stores/store.js';
import type {TaskHash} from '../src/values/task-hash.js';

export function storeOfMain(main: Remote<MainService>): Reading {
  return {
    has: hashes => main.has(hashes) as Promise<boolean[]>,
    load: hashes => main.load(hashes) as Promise<(Uint8Array | undefined)[]>,
    locks: () => main.locks() as Promise<LockInfo[]>,
    async *failures() {
      yield (await main.failures()) as (readonly [TaskHash, Uint8Array])[];
    },
  };
}
