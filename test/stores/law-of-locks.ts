// The part of the law of src/stores/store.ts that is about locks.

import type {ExecutionContext} from 'ava';
import type {Store} from '../../src/stores/store.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

export type Law = (
  sentence: string,
  run: (t: ExecutionContext, store: Store, folder: string) => Promise<void>,
) => void;

export function lawsOfLocks(law: Law, open: (folder: string) => Promise<Store>): void {
  law('asking again for a lock of one’s own answers acquired, also within one call', async (t, store) => {
    t.deepEqual(await store.acquire([hashOf(1), hashOf(1)]), ['acquired', 'acquired']);
    t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
    const [lock, ...more] = await store.locks();
    t.deepEqual(more, []);
    t.deepEqual(lock!.hashes, [hashOf(1)]);
    t.true(lock!.alive);
    t.is(lock!.owner.pid, process.pid);
    t.true(Math.abs(lock!.since - Date.now()) < 60_000);
  });

  law('no lock is given for a hash that has a result', async (t, store) => {
    await store.save(saving({results: [[hashOf(1), recordOf('done')]]}));
    t.deepEqual(await store.acquire([hashOf(1), hashOf(2)]), ['finished', 'acquired']);
    await collect(store.hashes());
    t.deepEqual(await store.acquire([hashOf(1), hashOf(3)]), ['finished', 'acquired']);
    await store.save(saving({results: [[hashOf(2), recordOf('done')]], release: [hashOf(2), hashOf(3)]}));
    t.deepEqual(await store.acquire([hashOf(2), hashOf(3)]), ['finished', 'acquired']);
  });

  law('locks are given back one by one, in parts and all at once', async (t, store) => {
    const hashes = hashesOf(1000);
    await store.acquire(hashes);
    await store.release(hashes.slice(0, 1));
    await store.release(hashes.filter((_, i) => i % 3 === 0));
    const left = hashes.filter((_, i) => i % 3 !== 0);
    t.deepEqual([...(await store.locks())[0]!.hashes].sort(), [...left].sort());
    await store.release(left.slice(100));
    t.deepEqual([...(await store.locks())[0]!.hashes].sort(), left.slice(0, 100).sort());
    await store.save(saving({release: left}));
    t.deepEqual(await store.locks(), []);
    await store.release(hashes);
  });

  law('breaking everyone’s locks breaks one’s own, which can be taken anew', async (t, store) => {
    await store.acquire(hashesOf(5));
    t.is(await store.breakLocks(false), 0);
    t.is(await store.breakLocks(true), 5);
    t.deepEqual(await store.locks(), []);
    t.deepEqual(await store.acquire([hashOf('0')]), ['acquired']);
    t.is((await store.locks())[0]!.hashes.length, 1);
  });

  law('closing gives every lock back, and may be done twice', async (t, store, folder) => {
    await store.acquire(hashesOf(10));
    await store.close();
    await store.close();
    const again = await open(folder);
    t.deepEqual(await again.locks(), []);
    await again.close();
  });
}
