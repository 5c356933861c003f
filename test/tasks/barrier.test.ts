import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {barrier, bvalue, CachedFunction, value} from '../../src/tasks/barrier.js';
import {CompoundTask} from '../../src/tasks/compound.js';
import {Task} from '../../src/tasks/task.js';
import {generators} from './generators.js';

const {serial} = test;

serial('a barrier waits for all, bvalue for what it is asked for', async t => {
  const {add, ran, store} = generators();
  const [one, two] = [add(1, 0), add(2, 0)];
  t.deepEqual(await bvalue({two: [two]}), {two: [2]});
  t.is(ran.length, 1);
  await barrier();
  t.is(ran.length, 2);
  t.deepEqual(await value(new Map([[1, one]])), new Map([[1, 1]]));
  t.is(store.memory.results.size, 2);
});

serial('value does not wait', async t => {
  const {add} = generators();
  await t.throwsAsync(value([add(1, 0)]), {
    instanceOf: JugError,
    message: /^Expected the result of .*add\(1, 0\)/,
  });
});

serial('a cached function is computed once', async t => {
  const {ran, add} = generators();
  let calls = 0;
  async function slow(n: number): Promise<string> {
    calls++;
    return `${n}`;
  }
  t.is(await CachedFunction(slow, 3), '3');
  t.is(await CachedFunction(slow, add(1, 2)), '3');
  t.is(await CachedFunction(slow, 3), '3');
  t.is(calls, 2);
  t.is(ran.length, 3);
});

serial(
  'what was to be awaited is refused where it is used as a value, and is a promise to all else',
  async t => {
    const {add, pair} = generators();
    for (const [promise, result] of [
      [CachedFunction(Math.max, 3, 4), 4],
      [bvalue(pair(2)), [2, -2]],
      [value([1]), [1]],
      [CompoundTask(pair, 2), undefined],
    ] as const) {
      for (const use of [
        () => [...(promise as never)],
        () => (promise as unknown as number) + 1,
        () => `${promise}`,
        () => (promise as unknown as Task).get('rows'),
      ]) {
        const message = /^Expected a value, found Promise .* \(barrier\.test\.js:\d+\)\.\nAwait it first\.$/;
        t.throws(use, {instanceOf: JugError, message});
      }
      t.throws(() => add(1, promise as never), {message: /of argument 2, it is a Promise: await it/});
      t.is(String(promise), '[object Promise]');
      t.true(promise instanceof Promise);
      const got: unknown = await promise;
      if (result === undefined) t.true(got instanceof Task);
      else t.deepEqual(got, result);
    }
  },
);
