// What earlier runs took, by the heads of their results.

import test from 'ava';
import {earlierDurations} from '../../src/run/earlier-durations.js';
import type {Head, Origin, OriginId} from '../../src/values/record.js';
import {hashOf} from '../stores/records.js';

function storeOf(heads: readonly (readonly [origin: string, duration: number] | undefined)[], chunk = 2) {
  let read = 0;
  return {
    get read() {
      return read;
    },
    async *heads() {
      for (let i = 0; i < heads.length; i += chunk) {
        read++;
        yield heads.slice(i, i + chunk).map((one, place) => {
          const head = one && ({origin: one[0] as OriginId, duration: one[1]} as Head);
          return [hashOf(i + place), head] as const;
        });
      }
    },
    origin: async (id: OriginId) => (id === 'lost' ? undefined : ({function: `m.${id[0]}`} as Origin)),
  };
}

test('durations are added up by function, whoever has computed it', async t => {
  const store = storeOf([['f1', 10], ['f2', 20], undefined, ['g1', 5], ['lost', 7]]);
  t.deepEqual(
    [...(await earlierDurations(store))],
    [
      ['m.f', {count: 2, total: 30}],
      ['m.g', {count: 1, total: 5}],
    ],
  );
});

test('of a store with many results, some are enough', async t => {
  const store = storeOf(new Array(100_000).fill(['f1', 10]), 1000);
  const [[, {count, total}]] = [...(await earlierDurations(store))] as [
    [string, {count: number; total: number}],
  ];
  t.is(total, count * 10);
  t.true(store.read < 10);
});
