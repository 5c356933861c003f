import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import type {Failure} from '../../src/core/failure.js';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {Saving} from '../../src/run/group-commit.js';
import {Deaths} from '../../src/run/peers/crash-counter.js';
import {originOf} from '../../src/tasks/provenance.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {work} from '../helpers/tasks.js';
import {hashOf, recordOf} from '../stores/records.js';

const ORIGIN = originOf(work);
const FAILURE: Failure = {
  function: work.name,
  attempt: 1,
  started: 0,
  duration: 0,
  host: 'here',
  pid: 1,
  worker: 0,
  error: {name: 'Error', message: 'it threw'},
};

function savingTo(store: MemoryStore): Saving {
  return new Saving(store, new Deaths(store), new TaskGraph());
}

test('results, failures and their locks are stored in one go', async t => {
  const store = new MemoryStore();
  let saves = 0;
  store.before = method => {
    if (method === 'save') saves++;
  };
  await store.acquire([hashOf(1), hashOf(2), hashOf(3)]);
  const saving = savingTo(store);
  saving.result(1 as TaskId, hashOf(1), recordOf('one'), ORIGIN);
  saving.failure(2 as TaskId, hashOf(2), FAILURE);
  t.is(saving.size, 2);
  t.true(saving.hasFailures);
  const {finished, failed} = await saving.commit();
  t.deepEqual<object, object>({finished, failed}, {finished: [1], failed: [[2, FAILURE]]});
  t.is(saves, 1);
  t.is(saving.size, 0);
  t.false(saving.hasFailures);
  t.deepEqual(await store.has([hashOf(1), hashOf(2)]), [true, false]);
  t.is(store.memory.failureOf(hashOf(2)), 'it threw');
  t.deepEqual([...store.memory.locks.keys()], [hashOf(3)]);
  t.deepEqual(await store.origin(ORIGIN.id), ORIGIN.origin);
});

test('an origin is handed to the store once', async t => {
  const store = new MemoryStore();
  const origins: number[] = [];
  const save = store.save.bind(store);
  store.save = async parts => {
    origins.push(parts.origins.length);
    return save(parts);
  };
  const saving = savingTo(store);
  for (const i of [1, 2]) {
    saving.result(i as TaskId, hashOf(i), recordOf('x'), ORIGIN);
    saving.result((i + 10) as TaskId, hashOf(i + 10), recordOf('x'), ORIGIN);
    await saving.commit();
  }
  t.deepEqual(origins, [1, 0]);
});

test('what the store refused is still there to be stored', async t => {
  const store = new MemoryStore();
  store.before = () => {
    throw new StoreError('busy', false);
  };
  const saving = savingTo(store);
  saving.result(1 as TaskId, hashOf(1), recordOf('one'), ORIGIN);
  await t.throwsAsync(saving.commit(), {message: 'busy'});
  t.is(saving.size, 1);
  store.before = () => {};
  t.deepEqual((await saving.commit()).finished, [1 as TaskId]);
  t.deepEqual(await store.origin(ORIGIN.id), ORIGIN.origin);
});

test('a commit is due after a while, sooner when results are awaited, at once for much, and never for nothing', t => {
  const saving = savingTo(new MemoryStore());
  t.false(saving.isDue(true));
  saving.result(0 as TaskId, hashOf(0), recordOf('x'), ORIGIN);
  t.false(saving.isDue(false));
  t.true(saving.dueIn(false) > saving.dueIn(true));
  const large = savingTo(new MemoryStore());
  large.result(0 as TaskId, hashOf(0), new Uint8Array(2 ** 25), ORIGIN);
  t.true(large.isDue(false));
  const many = savingTo(new MemoryStore());
  for (let i = 0; i < 2 ** 14; i++) many.result(i as TaskId, hashOf(0), recordOf(''), ORIGIN);
  t.true(many.isDue(false));
});

test('what is computed is at hand until it is stored, as far as there is room', async t => {
  const saving = savingTo(new MemoryStore());
  t.true(saving.isAllAtHand);
  for (let i = 0; i < 2000; i++) {
    saving.result(i as TaskId, hashOf(i), recordOf(`${i}`), ORIGIN);
    if (saving.isAllAtHand) t.deepEqual(saving.atHand(i as TaskId), recordOf(`${i}`));
  }
  t.false(saving.isAllAtHand);
  await saving.commit();
  t.true(saving.isAllAtHand);
  t.is(saving.atHand(0 as TaskId), undefined);
});
