// A run that is interrupted, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import {SchedulerRig} from '../helpers/scheduler-rig.js';
import {deferred} from '../helpers/waiting.js';

test('a run that is interrupted while a large result is stored starts nothing with it', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  const gate = deferred();
  const asked = deferred();
  rig.store.before = method => {
    if (method !== 'save') return;
    asked.resolve();
    return gate.promise;
  };
  const run = rig.run();
  await rig.runner.finish('a', 'x'.repeat(2 ** 20));
  await asked.promise;
  rig.scheduler.stop('interrupt');
  gate.resolve();
  t.deepEqual(await run, {kind: 'stopped', reason: 'interrupt'});
  t.deepEqual(rig.runner.started, ['a']);
  t.is(rig.state('b'), 'ready');
});

test('an interrupted run starts nothing new, takes back what its batches have not started, and stores what ends', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.runner.elapsed = 1;
  for (const name of ['first', 'a', 'b', 'c']) rig.define(name);
  const run = rig.run();
  await rig.runner.finish('first');
  await rig.runner.start('a');
  rig.scheduler.stop('interrupt');
  rig.scheduler.stop('interrupt');
  t.deepEqual(
    rig.events.filter(({type}) => type === 'stopping'),
    [{type: 'stopping', reason: 'interrupt', running: 1}],
  );
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'stopped', reason: 'interrupt'});
  t.deepEqual(rig.runner.started, ['first', 'a']);
  t.deepEqual(rig.names('ready'), ['b', 'c']);
});

test('a run that is interrupted while it waits for a lock starts nothing with it', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  const gate = deferred();
  const asked = deferred();
  rig.store.before = method => {
    if (method !== 'acquire') return;
    asked.resolve();
    return gate.promise;
  };
  const run = rig.run();
  await asked.promise;
  rig.scheduler.stop('interrupt');
  gate.resolve();
  t.deepEqual(await run, {kind: 'stopped', reason: 'interrupt'});
  t.deepEqual(rig.runner.started, []);
});

test('a run whose threads are ended blames no task', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b');
  const run = rig.run();
  await rig.runner.start('b');
  rig.scheduler.stop('interrupt');
  await rig.runner.kill();
  t.deepEqual(await run, {kind: 'stopped', reason: 'interrupt'});
  t.deepEqual(rig.names('ready'), ['a', 'b']);
  t.is(rig.store.memory.failures.size, 0);
});
