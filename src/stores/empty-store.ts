// A store that is not there: it is empty, and there is nothing to change in it. What would have to be kept is refused, for
// commands that never make a store, or makes one, for `init`. What only a store could give is refused.

import {StoreError} from '../core/errors.js';
import {forwarding} from './forwarding.js';
import type {Store} from './store.js';

export const ABSENT = 'none';

/** `place`: where one was looked for. */
export function absentStore(place: string): Store {
  const none = async (): Promise<never[]> => [];
  const nothing = async (): Promise<void> => {};
  async function* nobody(): AsyncGenerator<never> {}
  const refusal = (expected: string): StoreError =>
    new StoreError(`Expected ${expected} at ${place}, found nothing there. \`jug execute\` makes it`, true);
  const refuse = async (): Promise<never> => {
    throw refusal('a store');
  };
  return {
    kind: ABSENT,
    location: place,
    interval: 1000,
    has: async hashes => hashes.map(() => false),
    async load(hashes) {
      if (hashes.length > 0) throw refusal('results in a store');
      return [];
    },
    save: refuse,
    remove: none,
    removeFailures: nothing,
    setAside: none,
    hashes: nobody,
    heads: nobody,
    failures: nobody,
    origin: async () => undefined,
    acquire: refuse,
    release: nothing,
    locks: none,
    breakLocks: async () => 0,
    changes: async () => 0,
    describe: async () => ({
      format: 0,
      bytes: 0,
      notes: [{kind: 'fact', text: `There is no store at ${place} yet, and no results.`}],
    }),
    pack: async () => ({kind: 'nothing', why: `There is no store at ${place} yet.`}),
    close: nothing,
  };
}

/** The same until something is to be kept: then `make` makes the store, and from there on it is that. */
export function storeOnceKept(place: string, make: () => Promise<Store>): Store {
  const absent = absentStore(place);
  let making: Promise<Store> | undefined;
  const current = (): Store | Promise<Store> => making ?? absent;
  const made = (): Promise<Store> => {
    making ??= make();
    return making;
  };
  return {
    kind: ABSENT,
    location: place,
    interval: absent.interval,
    ...forwarding({
      call: async ask => ask(await current()),
      async *list(ask) {
        yield* ask(await current());
      },
    }),
    save: async saving => (await made()).save(saving),
    acquire: async hashes => (await made()).acquire(hashes),
    close: async () => (await current()).close(),
  };
}
