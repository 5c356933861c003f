// The file store: the law of stores, also while it is packed all the time, and what is its own.

import {join} from 'node:path';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {testStore} from './conformance.js';

const open = (folder: string): Promise<Store> => openStore(`file:${join(folder, 'primes.jugdata')}`, 'write');

testStore('file', open);

/** Packs after everything that changes it. */
testStore('packed file', async folder => {
  const store = await open(folder);
  const {save, remove, setAside} = store;
  return {
    ...store,
    async save(saving) {
      await save(saving);
      if (saving.results.length + saving.failures.length > 0) await store.pack();
    },
    async remove(hashes) {
      const removed = await remove(hashes);
      await store.pack();
      return removed;
    },
    async setAside(hashes) {
      const removed = await setAside(hashes);
      await store.pack();
      return removed;
    },
  };
});
