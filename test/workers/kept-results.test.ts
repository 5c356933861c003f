// What a worker keeps decoded of the results that its tasks are given, for how long, and who gets it itself.

import test from 'ava';
import type {TaskHash} from '../../src/hash.js';
import {decode, encode} from '../../src/values/codec.js';
import {codecOf, HEAD_BYTES, recordOf} from '../../src/values/record.js';
import {type KeptForBatch, KeptResults, type Way} from '../../workers/kept-results.js';

const HASH = 'a'.repeat(64) as TaskHash;
const table = (name: string): object[] =>
  Array.from({length: 1000}, (_, id) => ({id, name: `${name} ${id}`}));

/** A store of one result a hash, which counts what is loaded from it and decoded. */
class Source {
  loaded = 0;
  decoded = 0;
  readonly #records = new Map<TaskHash, Uint8Array>();

  put(value: unknown, hash = HASH, started = 0): void {
    const fields = {worker: 0, attempt: 1, started, duration: 0};
    this.#records.set(hash, recordOf(encode(value), fields, Buffer.alloc(8)));
  }

  get(batch: KeptForBatch, way: Way, hash = HASH): unknown {
    const keeper = batch.keeper(way);
    const record = keeper.holds(hash) ? undefined : this.#records.get(hash)!;
    if (record !== undefined) this.loaded++;
    return keeper.resultOf(hash, record, () => {
      this.decoded++;
      return decode(codecOf(record!), record!, HEAD_BYTES);
    });
  }
}

test('a result that many tasks are given is decoded twice, and loaded once a batch from then on', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('row'));
  for (let batch = 0; batch < 10; batch++) {
    const kept = results.batch();
    for (let place = 0; place < 10; place++)
      t.deepEqual(source.get(kept, place % 2 === 0 ? 'same' : 'copies'), table('row'));
  }
  t.is(source.decoded, 2);
  t.is(source.loaded, 11);
});

test('who only reads is given one object, frozen, and everybody else one of his own', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('row'));
  const kept = results.batch();
  for (const way of ['copies', 'same'] as const) {
    source.get(kept, way);
    const [one, other] = [source.get(kept, way) as object[], source.get(kept, way) as object[]];
    t.is(one === other, way === 'same');
    t.is(one[0] === other[0], way === 'same');
    t.is(Object.isFrozen(one) && Object.isFrozen(one[0]), way === 'same');
  }
  (source.get(kept, 'copies') as object[]).length = 0;
  t.is((source.get(kept, 'same') as object[]).length, 1000);
});

test('another record of the same result is decoded anew in the next batch, whatever it holds', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('old'));
  for (let batch = 0; batch < 3; batch++) source.get(results.batch(), 'same');
  source.put(table('new'));
  t.deepEqual(source.get(results.batch(), 'same'), table('new'));
  source.put(table('new'), HASH, 1);
  const {decoded} = source;
  t.deepEqual(source.get(results.batch(), 'same'), table('new'));
  t.is(source.decoded, decoded + 1, 'equal, but made at another time');
});

test('what does not go into the budget is let go, the longest unused first; a batch keeps what it has', t => {
  const [source, results] = [new Source(), new KeptResults(250_000)];
  const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64) as TaskHash) as [
    TaskHash,
    TaskHash,
    TaskHash,
  ];
  for (const hash of [a, b, c]) source.put(table('row'), hash);
  const first = results.batch();
  for (const hash of [a, a, b, b, a]) source.get(first, 'same', hash);
  t.is(source.decoded, 4);
  for (const hash of [c, c]) source.get(first, 'same', hash);
  t.is(source.decoded, 6);
  for (const hash of [a, b, c]) source.get(first, 'same', hash);
  t.is(source.decoded, 6);
  const second = results.batch();
  for (const hash of [a, c]) source.get(second, 'same', hash);
  t.is(source.decoded, 6);
  source.get(second, 'same', b);
  t.is(source.decoded, 7);
});

test('small results, instances of classes and what is larger than the budget are decoded for each task', t => {
  for (const [value, budget] of [
    [[1, 2, 3], undefined],
    [new Map([['error', new Error('x'.repeat(20_000))]]), undefined],
    [table('row'), 50_000],
  ] as const) {
    const [source, results] = [new Source(), new KeptResults(budget)];
    source.put(value);
    const kept = results.batch();
    const given = Array.from({length: 5}, () => source.get(kept, 'same'));
    t.is(source.decoded, 5);
    t.is(new Set(given).size, 5);
  }
});
