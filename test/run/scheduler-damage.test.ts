// Results that are found damaged in a run, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {MissingResults, NOT_THERE} from '../../src/tasks/read-results.js';
import {openRecord} from '../../src/values/record.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {outcomeOf, untilTrue} from '../helpers/waiting.js';
import {recordOf} from '../stores/records.js';

test('a barrier does not open over a result that was found damaged, until it is there again', async t => {
  const rig = new SchedulerRig({workers: 2});
  rig.define('a');
  rig.define('b', ['a']);
  rig.store.memory.results.set(rig.hash('a'), recordOf('a'));
  let opened = false;
  let isFirstPassed = false;
  const run = rig.run(async () => {
    await rig.runner.start('b');
    rig.define('c');
    await rig.barrier(['a'], 'first');
    isFirstPassed = true;
    await rig.barrier(['c'], 'c');
    opened = true;
  });
  // The barrier over `a` is passed while its result still counts as good.
  await rig.runner.start('b');
  await untilTrue(() => isFirstPassed);
  rig.damage('a');
  await rig.runner.miss('b', [rig.hash('a')]);
  await rig.runner.start('a');
  const again = rig.barrier(['a'], 'again');
  const all = rig.barrier(undefined, 'all');
  t.is(await outcomeOf(again), 'pending');
  t.is(await outcomeOf(all), 'pending');
  for (const name of ['a', 'b', 'c']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  await Promise.all([again, all]);
  t.true(opened);
});

test('a result that turns out to be damaged when the jugfile asks for it is told, set aside and made again', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  let recovered = false;
  const run = rig.run(async () => {
    await rig.barrier();
    const missing = new MissingResults([rig.hash('a')], 'checksum of the payload', 'damaged');
    rig.damage('a');
    await rig.scheduler.recover(missing);
    recovered = true;
  });
  await rig.runner.finish('a');
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.true(recovered);
  t.true(openRecord(rig.store.memory.results.get(rig.hash('a'))!).ok);
  t.deepEqual([...rig.store.memory.damaged.keys()], [rig.hash('a')]);
  const [warning] = rig.events.filter(event => event.type === 'warning');
  t.regex(
    warning!.message,
    /test\.work\('a', \[\]\) \([0-9a-f]{12}\) is damaged \(checksum of the payload\)/,
  );
});

test('a result that is damaged again and again ends the run: the store does not keep what it is given', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  const run = rig.run();
  for (let time = 0; time < 6; time++) {
    await rig.runner.finish('a');
    await rig.runner.start('b');
    rig.damage('a');
    await rig.runner.miss('b', [rig.hash('a')]);
  }
  await t.throwsAsync(run, {
    instanceOf: StoreError,
    message: /^The result of test\.work\('a', \[\]\) was lost or damaged 6 times since this run began/,
  });
});

test('a result that several tasks miss is made again once, also where one says so late', async t => {
  const rig = new SchedulerRig({workers: 3});
  rig.define('a');
  for (const name of ['early', 'late']) rig.define(name, ['a']);
  const run = rig.run();
  await rig.runner.finish('a');
  for (const name of ['early', 'late']) await rig.runner.start(name);
  rig.damage('a');
  await rig.runner.miss('early', [rig.hash('a')]);
  await rig.runner.finish('a');
  await rig.runner.start('early');
  // Began before `a` was there again.
  await rig.runner.miss('late', [rig.hash('a')]);
  for (const name of ['early', 'late']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started.toSorted(), ['a', 'a', 'early', 'early', 'late', 'late']);
});

test('a task that another process gives back is not started while a result that it needs is being made again', async t => {
  const rig = new SchedulerRig();
  const other = new MemoryStore(rig.store.memory, 'other');
  rig.define('a');
  for (const name of ['held', 'own']) rig.define(name, ['a']);
  await other.acquire([rig.hash('held')]);
  const run = rig.run();
  await rig.runner.finish('a');
  await rig.runner.start('own');
  while (rig.state('held') !== 'running') await turns(1);
  rig.damage('a');
  await rig.runner.miss('own', [rig.hash('a')]);
  await rig.runner.start('a');
  await other.release([rig.hash('held')]);
  while (rig.state('held') === 'running' && !rig.runner.started.includes('held')) await turns(1);
  t.is(rig.state('held'), 'waiting');
  for (const name of ['a', 'held', 'own']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started.toSorted(), ['a', 'a', 'held', 'own', 'own']);
});

test('a result that another process has made anew meanwhile is taken as it is', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  rig.damage('a');
  const run = rig.run();
  await rig.runner.start('b');
  rig.store.memory.results.set(rig.hash('a'), recordOf('theirs'));
  await rig.runner.miss('b', [rig.hash('a')]);
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b', 'b']);
  t.is(rig.store.memory.damaged.size, 0);
});

test('a result that was never there is not recovered', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  t.is(rig.scheduler.recover(new MissingResults([rig.hash('a')], NOT_THERE, '')), undefined);
  const run = rig.run();
  await rig.runner.finish('a');
  await run;
});

test('a damaged result is made anew, and then the task that needs it runs', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.define('b', ['a']);
  rig.damage('a');
  const run = rig.run();
  await rig.runner.miss('b', [rig.hash('a')]);
  await rig.runner.finish('a', 'sound');
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b', 'a', 'b']);
  t.notDeepEqual(Buffer.from(rig.store.memory.results.get(rig.hash('a'))!), recordOf('damaged'));
});

test('a damaged result that many need is made anew once, and each of them runs to its end once', async t => {
  const rig = new SchedulerRig({workers: 2});
  rig.define('a');
  for (let i = 0; i < 6; i++) rig.define(`b${i}`, ['a']);
  rig.damage('a');
  const run = rig.run();
  await rig.runner.start('b1');
  await rig.runner.miss('b0', [rig.hash('a')]);
  await rig.runner.start('a');
  await rig.runner.miss('b1', [rig.hash('a')]);
  await turns();
  rig.runner.onStart = name => setImmediate(() => void rig.runner.finish(name));
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(
    rig.runner.started.slice(2).filter(name => name === 'a'),
    ['a'],
  );
  t.is(rig.count('finished'), 7);
  t.is(rig.runner.started.length, 2 + 7);
});

test('making a damaged result anew leaves alone what had used it before it was damaged', async t => {
  const rig = new SchedulerRig({workers: 3, keepGoing: true});
  rig.define('a');
  for (const name of ['done', 'bad', 'running', 'unlucky']) rig.define(name, ['a']);
  rig.damage('a');
  const run = rig.run();
  await rig.runner.start('running');
  await rig.runner.finish('done');
  await rig.runner.fail('bad');
  await rig.runner.miss('unlucky', [rig.hash('a')]);
  await rig.runner.finish('a');
  await rig.runner.finish('unlucky');
  await rig.runner.finish('running');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['done', 'bad', 'running', 'unlucky', 'a', 'unlucky']);
  t.is(rig.count('loaded'), 1);
});

test('a task that asks for a result that is not among its arguments fails, and says so', async t => {
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.define('curious');
  rig.define('other');
  const run = rig.run();
  await rig.runner.miss('curious', [rig.hash('other')]);
  await rig.runner.finish('other');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.names('failed'), ['curious']);
  t.regex(rig.store.memory.failureOf(rig.hash('curious'))!, /not among its arguments/);
});

test('a task that asks for the result of a task that the jugfile did not define fails, and says so', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('curious');
  const run = rig.run();
  await rig.runner.miss('curious', ['f'.repeat(64) as never]);
  t.deepEqual(await run, {kind: 'stopped', reason: 'failure'});
  t.regex(rig.store.memory.failureOf(rig.hash('curious'))!, /not among its arguments/);
});

test('a result that is asked for again while it is made again is waited for, and not made once more', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  const missing = new MissingResults([rig.hash('a')], NOT_THERE, 'gone');
  const run = rig.run(async () => {
    await rig.barrier();
    rig.store.memory.results.clear();
    const asked = performance.now();
    const first = rig.scheduler.recover(missing);
    const second = rig.scheduler.recover(missing);
    t.truthy(first && second);
    await Promise.all([first, second]);
    // Of one who looked before it was there again, and asks late.
    const late = rig.scheduler.recover(missing, asked);
    t.truthy(late);
    await late;
  });
  await rig.runner.finish('a');
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['a', 'a']);
});
