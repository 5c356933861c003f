// When results are stored in a run, and what becomes of them where that fails, on a runner that the test holds by the hand
// and a store in memory.

import test from 'ava';
import {NoRoom, StoreError} from '../../src/core/errors.js';
import type {Batch} from '../../src/run/protocol.js';
import {patient} from '../../src/stores/retry.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import type {MemoryStore} from '../helpers/memory-store.js';
import {SchedulerRig} from '../helpers/scheduler-rig.js';
import {SmallStore} from '../helpers/small-store.js';
import {deferred} from '../helpers/waiting.js';

test('a task may start before what it needs is stored: the result goes along with it', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  const gate = deferred();
  rig.store.before = method => (method === 'save' ? gate.promise : undefined);
  let along: Batch['unsaved'] = [];
  rig.runner.onStart = (name, {unsaved}) => {
    if (name === 'b') along = unsaved;
  };
  const run = rig.run();
  await rig.runner.finish('a');
  await rig.runner.start('b');
  t.is(rig.store.memory.results.size, 0);
  t.is(rig.state('a'), 'running');
  t.deepEqual(
    along.map(([hash, record]) => [hash, openRecord(record).ok]),
    [[rig.hash('a'), true]],
  );
  gate.resolve();
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
});

test('a large result is stored before what needs it starts', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  rig.runner.onStart = (name, {unsaved}) => {
    if (name === 'b') t.deepEqual([unsaved.length, rig.store.memory.results.has(rig.hash('a'))], [0, true]);
  };
  const run = rig.run();
  await rig.runner.finish('a', 'x'.repeat(2 ** 20));
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.plan(2);
});

test('an error of the store ends the run with it, and says by name what is lost', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b');
  rig.store.before = method => {
    if (method === 'save') throw new StoreError('the disk is full', true);
  };
  const run = rig.run();
  await rig.runner.finish('a');
  await t.throwsAsync(run, {
    instanceOf: StoreError,
    message:
      'the disk is full\nA result is lost, to be computed again by the next run:\n' +
      "  test.work('a', [])\n1 task was still running.",
  });
});

const IMPATIENT = (store: MemoryStore): Store => patient(store, {milliseconds: 0, onAway() {}, onBack() {}});

test('where there is room for a part of the results, that is stored, and the others are named as lost', async t => {
  const store = new SmallStore(2000);
  const rig = new SchedulerRig({store, through: IMPATIENT});
  rig.define('large');
  rig.define('small');
  const run = rig.run(() => rig.barrier());
  await rig.runner.finish('large', 'x'.repeat(5000));
  await rig.runner.finish('small');
  const {message} = (await t.throwsAsync(run, {instanceOf: StoreError}))!;
  t.deepEqual([...store.memory.results.keys()], [rig.hash('small')]);
  t.regex(message, /\nA result is lost, .*:\n {2}test\.work\('large', \[\]\)$/);
});

test('what could not be tried before the store refused another call is stored at last', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.define('b');
  rig.store.before = (method, hashes) => {
    if (method === 'acquire' && hashes.includes(rig.hash('b'))) throw new NoRoom('the disk is full');
  };
  const run = rig.run();
  await rig.runner.finish('a');
  await t.throwsAsync(run, {instanceOf: StoreError, message: 'the disk is full'});
  t.true(rig.store.memory.results.has(rig.hash('a')));
});
