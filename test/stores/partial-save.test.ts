import test from 'ava';
import {NoRoom, StoreError} from '../../src/core/errors.js';
import {saveWhatFits} from '../../src/stores/partial-save.js';
import type {Saving} from '../../src/stores/store.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {SmallStore} from '../helpers/small-store.js';
import {hashesOf, hashOf, recordOf, saving} from './records.js';

const SMALL = hashesOf(50, 'small').map(hash => [hash, recordOf('x')] as const);
const LARGE = hashesOf(12, 'large').map(hash => [hash, recordOf(new Uint8Array(300_000))] as const);

function hashesIn(results: Saving['results']): TaskHash[] {
  return results.map(([hash]) => hash);
}

test('where there is room for all, it is saved in one go', async t => {
  const store = new SmallStore(10_000_000);
  await saveWhatFits(store, saving({results: [...LARGE, ...SMALL]}));
  t.is(store.saves, 1);
  t.is(store.memory.results.size, 62);
});

test('where there is no room for all, the small results are saved first, and the error says which are not', async t => {
  const store = new SmallStore(1_000_000);
  const hashes = hashesIn([...LARGE, ...SMALL]);
  await store.acquire(hashes);
  const failed = [hashOf('failed'), Buffer.from('it threw')] as const;
  const all = saving({results: [...LARGE, ...SMALL], failures: [failed], release: hashes});
  const {unsaved} = (await t.throwsAsync(saveWhatFits(store, all), {instanceOf: NoRoom})) as NoRoom;
  t.true((await store.has(hashesIn(SMALL))).every(Boolean));
  t.is((await store.has(hashesIn(LARGE))).filter(Boolean).length, 3);
  const there = await store.has(hashes);
  t.deepEqual([...unsaved!].sort(), hashes.filter((_, at) => !there[at]).sort());
  t.true(store.memory.failures.has(failed[0]));
  t.is(store.memory.locks.size, hashes.length, 'it is saved again as a whole, with all its locks');
  t.true(store.saves < 20, `${store.saves}`);
  store.room = 10_000_000;
  await saveWhatFits(store, all);
  t.true((await store.has(hashes)).every(Boolean));
  t.is(store.memory.locks.size, 0);
});

test('a result is not saved before those it was made from, and not without them', async t => {
  const [large, ofLarge, first, second, third] = hashesOf(5) as [
    TaskHash,
    TaskHash,
    TaskHash,
    TaskHash,
    TaskHash,
  ];
  const madeFrom = new Map([
    [ofLarge, [large]],
    [second, [first]],
    [third, [second]],
  ]);
  const results = [
    [large, recordOf(new Uint8Array(9000))],
    [ofLarge, recordOf('x')],
    [first, recordOf(new Uint8Array(3000))],
    [second, recordOf(new Uint8Array(2000))],
    [third, recordOf(new Uint8Array(1000))],
  ] as const;
  const needs = (hash: TaskHash): TaskHash[] => madeFrom.get(hash) ?? [];
  const store = new SmallStore(5500);
  const error = await t.throwsAsync(saveWhatFits(store, {...saving({results}), needs}), {instanceOf: NoRoom});
  t.deepEqual([...store.memory.results.keys()], [first, second]);
  t.deepEqual((error as NoRoom).unsaved, new Set([large, ofLarge, third]));
});

test('of two results with one hash the first is saved, also where the second is smaller', async t => {
  const results = [...LARGE, [hashOf(1), recordOf('the first')], [hashOf(1), recordOf('2nd')]] as const;
  const store = new SmallStore(1000);
  await t.throwsAsync(saveWhatFits(store, saving({results})), {instanceOf: NoRoom});
  t.deepEqual(Buffer.from(store.memory.results.get(hashOf(1))!), recordOf('the first'));
});

test('another error is passed on, and nothing else is tried', async t => {
  const store = new SmallStore(1000);
  let saves = 0;
  store.before = () => {
    saves++;
    throw new StoreError('nobody answers', false);
  };
  await t.throwsAsync(saveWhatFits(store, saving({results: SMALL.slice(0, 2)})), {message: 'nobody answers'});
  t.is(saves, 1);
});
