// A store that knows whether an answer of it is still to come, over one whose answers the test gives by hand.

import test from 'ava';
import {askedStore} from '../../src/stores/pending-calls.js';
import type {Store} from '../../src/stores/store.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {turns} from '../helpers/scheduler-rig.js';

function heldStore() {
  const answers: ((there: boolean[]) => void)[] = [];
  const has = (): Promise<boolean[]> => new Promise(resolve => answers.push(resolve));
  return {answers, store: {has} as unknown as Store};
}

const HASHES = ['a' as TaskHash];

test('it rests when the last answer is given, and whoever asked goes on without asking again', async t => {
  const {answers, store} = heldStore();
  let rests = 0;
  const asked = askedStore(
    async () => store,
    () => rests++,
  );
  t.false(asked.isAsked());
  await asked.rest();
  const seen: string[] = [];
  void (async () => {
    await asked.store.has(HASHES);
    seen.push('first');
    await Promise.resolve();
    await asked.store.has(HASHES);
    seen.push('second');
  })();
  const resting = asked.rest().then(() => seen.push('rest'));
  await turns();
  t.true(asked.isAsked());
  answers.shift()!([true]);
  await turns();
  t.deepEqual(seen, ['first']);
  t.true(asked.isAsked());
  t.is(rests, 1);
  answers.shift()!([true]);
  await resting;
  t.deepEqual(seen, ['first', 'second', 'rest']);
  t.false(asked.isAsked());
  t.is(rests, 2);
});

test('an answer that is an error is one', async t => {
  const asked = askedStore(async () => {
    throw new Error('does not open');
  });
  const asking = asked.store.has(HASHES);
  t.true(asked.isAsked());
  await t.throwsAsync(asking, {message: 'does not open'});
  await asked.rest();
  t.false(asked.isAsked());
});
