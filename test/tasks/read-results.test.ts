import test from 'ava';
import {MissingResults, resultsIn} from '../../src/tasks/read-results.js';
import type {Task} from '../../src/tasks/task.js';
import {encode} from '../../src/values/codec.js';
import {recordOf} from '../../src/values/record.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {task} from '../helpers/tasks.js';

const [a, b] = [task('a'), task('b')];

function record(result: unknown): Uint8Array<ArrayBuffer> {
  return recordOf(encode(result), {worker: 0, attempt: 1, started: 0, duration: 0}, Buffer.alloc(8));
}

function storeWith(results: readonly (readonly [Task, Uint8Array])[]): MemoryStore {
  const store = new MemoryStore();
  for (const [of, bytes] of results) store.memory.results.set(of.hash, bytes);
  return store;
}

async function missing(tree: unknown, store: MemoryStore): Promise<MissingResults> {
  try {
    await resultsIn(tree, async () => store);
  } catch (error) {
    if (error instanceof MissingResults) return error;
    throw error;
  }
  throw new Error('nothing was missing');
}

test('results take the places of tasks', async t => {
  const store = storeWith([
    [a, record({x: [1]})],
    [b, record(undefined)],
  ]);
  t.deepEqual<unknown, unknown>(await resultsIn({a, list: [b, 7]}, async () => store), {
    a: {x: [1]},
    list: [undefined, 7],
  });
});

test('one that is needed twice is loaded once, and all in one call', async t => {
  const store = storeWith([
    [a, record(1)],
    [b, record(2)],
  ]);
  const loads: (readonly string[])[] = [];
  store.before = (method, hashes) => {
    if (method === 'load') loads.push(hashes);
  };
  await resultsIn([a, [b], a, task('a')], async () => store);
  t.deepEqual(loads, [[a.hash, b.hash]]);
});

test('where nothing is needed, no store is opened', async t => {
  const tree = {x: [1]};
  t.is(
    await resultsIn(tree, () => {
      throw new Error('opened');
    }),
    tree,
  );
});

test('what is at hand is not loaded', async t => {
  const store = storeWith([[b, record('stored')]]);
  const loads: (readonly string[])[] = [];
  store.before = (_, hashes) => {
    loads.push(hashes);
  };
  const atHand = new Map([[a.hash, record('at hand')]]);
  t.deepEqual<unknown, unknown>(await resultsIn([a, b], async () => store, atHand), ['at hand', 'stored']);
  t.deepEqual<unknown, unknown>(await resultsIn([a], async () => store, atHand), ['at hand']);
  t.deepEqual(loads, [[b.hash]]);
});

test('what is done to a result is not done to the record it was read from', async t => {
  for (const value of [Buffer.from('abc'), {deep: [Buffer.from('abc')]}, Uint8Array.of(1, 2)]) {
    const whole = record(value);
    const before = Buffer.from(whole);
    const bytesIn = (result: unknown): Uint8Array[] =>
      ArrayBuffer.isView(result) ? [result as Uint8Array] : Object.values(result as object).flatMap(bytesIn);
    for (const tree of [a, [a]]) {
      const result = await resultsIn(tree, async () => storeWith([[a, whole]]), new Map([[a.hash, whole]]));
      for (const bytes of bytesIn(result)) bytes.fill(9);
    }
    t.deepEqual(Buffer.from(whole), before);
  }
});

test('results that are not there are named, all of them in the error', async t => {
  const one = await missing([a, b], storeWith([[b, record(1)]]));
  t.deepEqual(one.hashes, [a.hash]);
  t.regex(
    one.message,
    /^Expected the result of test\.work\('a', \[\]\).* to be there; it has not been computed yet\./,
  );
  const both = await missing([a, b], storeWith([]));
  t.deepEqual(both.hashes, [a.hash, b.hash]);
  t.regex(both.message, /it, and 1 more, has not been computed yet/);
});

test('a damaged result is told from one that is not there, and never believed', async t => {
  const whole = record('forty-two');
  for (let place = 0; place < whole.length; place++) {
    const damaged = Buffer.from(whole);
    damaged[place]! ^= 0xff;
    const error = await missing([a], storeWith([[a, damaged]]));
    t.deepEqual(error.hashes, [a.hash]);
    t.not(error.reason, 'not there');
    t.regex(error.message, /^Expected a whole result of test\.work\('a', \[\]\).*, found a damaged one: /);
  }
  t.is((await missing([a], storeWith([[a, whole.subarray(0, -1)]]))).reason, 'truncated');
});
