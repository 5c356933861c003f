// A store that is opened when something is first asked of it: until then the jugfile may still say where results are
// kept. Knows no kind of store; hands every call on as it is.

import {StoreError} from '../errors.js';
import type {Store} from './store.js';

/** Milliseconds that count until the store itself can be asked. */
const INTERVAL = 30;

export interface LateStore extends Store {
  /** Opens it. Errors: those of opening it, made fatal: a store that is not there at the start is not waited for. */
  ready(): Promise<Store>;
}

export function lateStore(location: string, open: () => Promise<Store>): LateStore {
  let opening: Promise<Store> | undefined;
  let opened: Store | undefined;

  function ready(): Promise<Store> {
    opening ??= open().then(
      store => (opened = store),
      error => {
        throw error instanceof StoreError && !error.fatal
          ? new StoreError(error.message, true, {cause: error})
          : error;
      },
    );
    return opening;
  }

  return {
    get kind() {
      return opened?.kind ?? 'not opened yet';
    },
    get location() {
      return opened?.location ?? location;
    },
    get interval() {
      return opened?.interval ?? INTERVAL;
    },
    ready,
    has: async hashes => (await ready()).has(hashes),
    load: async hashes => (await ready()).load(hashes),
    save: async saving => (await ready()).save(saving),
    remove: async hashes => (await ready()).remove(hashes),
    removeFailures: async hashes => (await ready()).removeFailures(hashes),
    setAside: async hashes => (await ready()).setAside(hashes),
    async *hashes() {
      yield* (await ready()).hashes();
    },
    async *heads() {
      yield* (await ready()).heads();
    },
    async *failures() {
      yield* (await ready()).failures();
    },
    origin: async id => (await ready()).origin(id),
    acquire: async hashes => (await ready()).acquire(hashes),
    release: async hashes => (await ready()).release(hashes),
    locks: async () => (await ready()).locks(),
    breakLocks: async everyone => (await ready()).breakLocks(everyone),
    changes: async () => (await ready()).changes(),
    describe: async () => (await ready()).describe(),
    pack: async () => (await ready()).pack(),
    async close() {
      // What failed to open was told when it did.
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
