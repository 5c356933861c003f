// What a worker keeps decoded of the results that its tasks are given, for how long, and who gets it itself.

import test from 'ava';
import {decode, encode} from '../../src/values/codec.js';
import {codecOf, HEAD_BYTES, recordOf} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {KeptResults, type TaskKeeper, type Way} from '../../workers/result-cache.js';

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

  get(results: KeptResults, way: Way, hash = HASH): unknown {
    return this.readBy(results.keeper(way), hash);
  }

  readBy(keeper: TaskKeeper, hash = HASH): unknown {
    const record = keeper.holds(hash) ? undefined : this.#records.get(hash)!;
    if (record !== undefined) this.loaded++;
    return keeper.resultOf(hash, record, () => {
      this.decoded++;
      return decode(codecOf(record!), record!, HEAD_BYTES);
    });
  }
}

test('a result that many tasks are given is decoded twice, and loaded no more until the store is to be asked again', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('row'));
  for (let batch = 0; batch < 10; batch++) {
    results.begin(1000 * batch);
    for (let place = 0; place < 10; place++)
      t.deepEqual(source.get(results, place % 2 === 0 ? 'same' : 'copies'), table('row'));
  }
  t.is(source.decoded, 2);
  t.is(source.loaded, 11);
});

test('who only reads is given one object, frozen, and everybody else one of his own', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('row'));
  for (const way of ['copies', 'same'] as const) {
    source.get(results, way);
    const [one, other] = [source.get(results, way) as object[], source.get(results, way) as object[]];
    t.is(one === other, way === 'same');
    t.is(one[0] === other[0], way === 'same');
    t.is(Object.isFrozen(one) && Object.isFrozen(one[0]), way === 'same');
  }
  (source.get(results, 'copies') as object[]).length = 0;
  t.is((source.get(results, 'same') as object[]).length, 1000);
});

test('another record of the same result is decoded anew once the store is asked, whatever it holds', t => {
  const [source, results] = [new Source(), new KeptResults()];
  const first = (): unknown => (source.get(results, 'same') as {name: string}[])[0]!.name;
  source.put(table('old'));
  for (let time = 0; time < 3; time++) t.is(first(), 'old 0');
  source.put(table('new'));
  t.is(first(), 'old 0', 'it was asked a moment ago');
  results.distrust();
  t.is(first(), 'new 0');
  source.put(table('newer'));
  for (const now of [1000, 1001, 1100]) {
    results.begin(now);
    t.is(first(), 'newer 0');
  }
  source.put(table('newest'));
  results.begin(1100);
  t.is(first(), 'newer 0');
  results.begin(1101);
  t.is(first(), 'newest 0');
  source.put(table('newest'), HASH, 1);
  const {decoded} = source;
  results.distrust();
  t.is(first(), 'newest 0');
  t.is(source.decoded, decoded + 1, 'equal, but made at another time');
});

test('what was being read when the store was to be asked again does not count', t => {
  const [source, results] = [new Source(), new KeptResults()];
  source.put(table('old'));
  for (let time = 0; time < 3; time++) source.get(results, 'same');
  const keeper = results.keeper('same');
  t.true(keeper.holds(HASH));
  const late = results.keeper('same');
  results.distrust();
  source.readBy(late);
  source.put(table('new'));
  t.deepEqual(
    keeper.resultOf(HASH, undefined, () => t.fail()),
    table('old'),
    'the task has begun',
  );
  t.deepEqual(source.get(results, 'same'), table('new'));
});

test('what does not go into the budget is let go, the longest unused first', t => {
  const [source, results] = [new Source(), new KeptResults(250_000)];
  const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64) as TaskHash) as [
    TaskHash,
    TaskHash,
    TaskHash,
  ];
  for (const hash of [a, b, c]) source.put(table('row'), hash);
  for (const hash of [a, a, b, b, a]) source.get(results, 'same', hash);
  t.is(source.decoded, 4);
  const keeper = results.keeper('copies');
  t.true(keeper.holds(b));
  for (const hash of [c, c, a]) source.get(results, 'same', hash);
  t.is(source.decoded, 6);
  t.deepEqual(
    keeper.resultOf(b, undefined, () => t.fail()),
    table('row'),
    'a task that is to have it, has it',
  );
  t.false(results.keeper('same').holds(b));
  source.get(results, 'same', b);
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
    const given = Array.from({length: 5}, () => source.get(results, 'same'));
    t.is(source.decoded, 5);
    t.is(new Set(given).size, 5);
  }
});
