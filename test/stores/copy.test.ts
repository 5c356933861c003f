// What a copy says of what its target does not keep.

import test from 'ava';
import {type Copied, copyAll} from '../../src/stores/copy.js';
import {encodeTrouble} from '../../src/stores/failure-record.js';
import type {Saving, Store} from '../../src/stores/store.js';
import {HEAD_BYTES, type Origin, originIdOf, writeHead} from '../../src/values/record.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {hashOf, recordOf, saving} from './records.js';

const origin: Origin = {
  function: 'primes.isPrime',
  fingerprint: '0123456789abcdef',
  host: 'here',
  pid: 1,
  jugVersion: '1',
};

function recordByOrigin(): Uint8Array {
  const record = Buffer.alloc(HEAD_BYTES + 1);
  const fields = {codec: 1, worker: 0, attempt: 1, started: 1_700_000_000_000, duration: 5};
  writeHead(record, 0, 1, fields, Buffer.from(originIdOf(origin), 'hex'));
  return record;
}

const failure = encodeTrouble({
  kind: 'failure',
  ended: [],
  failure: {
    function: 'primes.isPrime',
    attempt: 1,
    started: 0,
    duration: 1,
    host: 'here',
    pid: 1,
    worker: 0,
    error: {name: 'Error', message: 'never'},
  },
});

/** Copies a result, what is known of it, and two failures. */
async function copyTo(to: Store): Promise<{readonly copied: Copied; readonly told: readonly string[]}> {
  const from = new MemoryStore();
  await from.save(
    saving({
      results: [[hashOf(1), recordByOrigin()]],
      origins: [[originIdOf(origin), origin]],
      failures: [
        [hashOf(2), failure],
        [hashOf(3), failure],
      ],
    }),
  );
  const told: string[] = [];
  const copied = await copyAll({
    from,
    to,
    dryRun: false,
    onDamage: what => told.push(what),
    onProgress: () => {},
  });
  return {copied, told};
}

/** Keeps what `change` makes of each saving. */
function storeThat(change: (saving: Saving) => Partial<Saving>): MemoryStore {
  const store = new MemoryStore();
  const save = store.save.bind(store);
  store.save = given => save({...given, ...change(given)});
  return store;
}

test('what arrives whole is counted, and nothing is told', async t => {
  const {copied, told} = await copyTo(storeThat(() => ({})));
  t.like(copied, {results: 1, failures: 2, there: 0});
  t.deepEqual(told, []);
});

test('a failure that the target does not keep, or keeps damaged, is told and not counted', async t => {
  const [lost, damaged] = [hashOf(2), hashOf(3)];
  const target = storeThat(({failures}) => ({
    failures: failures.filter(([hash]) => hash !== lost).map(([hash]) => [hash, Buffer.from('{')] as const),
  }));
  const {copied, told} = await copyTo(target);
  t.like(copied, {results: 1, failures: 0, damaged: told});
  t.deepEqual(
    told,
    [lost, damaged].map(hash => `failure ${hash}: it did not arrive whole`),
  );
});

test('a failure whose task has come to be finished in the target meanwhile is not missed', async t => {
  const target = storeThat(({failures, results}) => ({
    results: [...results, ...failures.map(([hash]) => [hash, recordOf('theirs')] as const)],
  }));
  const {told} = await copyTo(target);
  t.deepEqual(told, []);
});

test('what is known of results and is not kept, or kept as something else, is told', async t => {
  for (const origins of [[], [[originIdOf(origin), {...origin, function: 'primes.sum'}] as const]]) {
    const {copied, told} = await copyTo(storeThat(() => ({origins})));
    t.like(copied, {results: 1, failures: 2});
    t.deepEqual(told, ['what is known of primes.isPrime: it did not arrive whole']);
  }
});
