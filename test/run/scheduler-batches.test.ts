// Batches and chains of tasks, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import {Task} from '../../src/tasks/task.js';
import {NoHash} from '../../src/tasks/utils.js';
import {batchesOf, SchedulerRig} from '../helpers/scheduler-rig.js';
import {work} from '../helpers/tasks.js';
import {untilTrue} from '../helpers/waiting.js';

test('tasks seen to be quick travel in batches, and leave their share to the other workers', async t => {
  const rig = new SchedulerRig({workers: 2});
  rig.runner.elapsed = 1;
  for (let i = 0; i < 9; i++) rig.define(`t${i}`);
  const batches = batchesOf(rig);
  const run = rig.run();
  await rig.runner.start('t1');
  await rig.runner.finish('t0');
  await rig.runner.start('t2');
  t.deepEqual(batches(), [['t0'], ['t1'], ['t2', 't3', 't4', 't5']]);
  await rig.runner.finish('t1');
  await rig.runner.start('t6');
  t.deepEqual(batches()[3], ['t6', 't7']);
  for (const i of [2, 3, 4, 5, 6, 7, 8]) await rig.runner.finish(`t${i}`);
  t.deepEqual(await run, {kind: 'finished'});
});

test('what comes back while locks are taken counts before the next batch is put together', async t => {
  const rig = new SchedulerRig({workers: 2});
  rig.runner.elapsed = 1;
  for (let i = 0; i < 9; i++) rig.define(`t${i}`);
  const batches = batchesOf(rig);
  rig.store.before = async method => {
    if (method === 'acquire' && rig.runner.started.length === 1) await rig.runner.finish('t0');
  };
  const run = rig.run();
  await rig.runner.finish('t1');
  await rig.runner.start('t2');
  t.deepEqual(batches().slice(0, 3), [['t0'], ['t1'], ['t2', 't3', 't4', 't5']]);
  for (const i of [2, 3, 4, 5, 6, 7, 8]) await rig.runner.finish(`t${i}`);
  t.deepEqual(await run, {kind: 'finished'});
});

test('what a late batch has not started goes to another worker', async t => {
  const rig = new SchedulerRig({workers: 2, late: 20});
  rig.runner.elapsed = 1;
  rig.define('quick');
  const run = rig.run(async () => {
    await rig.barrier();
    for (let i = 0; i < 6; i++) rig.define(`t${i}`);
  });
  await rig.runner.finish('quick');
  // t0 hangs; t1 and t2 stand behind it, and are begun by the other worker once it has nothing left.
  await rig.runner.start('t0');
  await Promise.all([1, 2, 3, 4, 5].map(i => rig.runner.finish(`t${i}`)));
  t.deepEqual(rig.runner.running, ['t0']);
  await rig.runner.finish('t0');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(new Set(rig.runner.started).size, rig.runner.started.length);
});

test('what stands in a batch and is not begun is ready, and is told to be started when a worker begins it', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.runner.elapsed = 1;
  for (let i = 0; i < 5; i++) rig.define(`t${i}`);
  const run = rig.run();
  await rig.runner.finish('t0');
  await rig.runner.start('t1');
  await untilTrue(() => rig.count('started') === 2 && rig.count('finished') === 1);
  t.like(rig.scheduler.states.total, {ready: 3, running: 1});
  t.like(rig.scheduler.progress, {all: 5, running: 1, elsewhere: 0});
  t.is(rig.store.memory.locks.size, 4);
  await rig.runner.finish('t1');
  await rig.runner.start('t2');
  await untilTrue(() => rig.count('started') === 3);
  rig.scheduler.stop('interrupt');
  t.deepEqual(rig.events.at(-1), {type: 'stopping', reason: 'interrupt', running: 1});
  await rig.runner.finish('t2');
  await run;
  t.is(rig.count('started'), 3);
  t.deepEqual(rig.names('ready'), ['t3', 't4']);
});

test('what fails in a chain leaves the rest of it waiting, and other tasks go on', async t => {
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.runner.elapsed = 1;
  rig.define('first');
  for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) rig.define(name, [['first', 'a', 'b', 'c'][i]!]);
  const run = rig.run();
  await rig.runner.finish('first');
  await rig.runner.finish('a');
  await rig.runner.fail('b');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['first', 'a', 'b']);
  t.is(rig.runner.batches, 2);
  t.deepEqual(
    ['a', 'b', 'c', 'd'].map(name => rig.state(name)),
    ['finished', 'failed', 'waiting', 'waiting'],
  );
  t.is(rig.store.memory.locks.size, 0);
});

test('while a task in a chain takes long, the locks of those behind it are given back', async t => {
  const rig = new SchedulerRig({late: 20, workers: 1});
  rig.runner.elapsed = 1;
  rig.define('first');
  for (const [i, name] of ['a', 'b', 'c'].entries()) rig.define(name, [['first', 'a', 'b'][i]!]);
  const run = rig.run();
  await rig.runner.finish('first');
  await rig.runner.start('a');
  t.true(rig.store.memory.locks.has(rig.hash('c')));
  await untilTrue(() => rig.state('c') !== 'running' && rig.store.memory.locks.size === 1);
  t.deepEqual([...rig.store.memory.locks.keys()], [rig.hash('a')]);
  for (const name of ['a', 'b', 'c']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
});

test('where the arguments of a task in a chain cannot be sent, it fails, and nothing behind it is started', async t => {
  // Not in the hash, so that nobody looks whether it was changed.
  const held: {lock?: unknown} = {};
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.runner.elapsed = 1;
  rig.define('first');
  const a = rig.define('a', ['first']);
  const b = Task.unlisted(work, ['b', a, new NoHash(held)]);
  const c = Task.unlisted(work, ['c', b]);
  const d = Task.unlisted(work, ['d', c]);
  for (const task of [b, c, d]) rig.graph.add(task);
  held.lock = new WeakMap();
  const run = rig.run();
  for (const name of ['first', 'a']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['first', 'a']);
  t.is(rig.count('started'), 2);
  t.regex(
    rig.store.memory.failureOf(b.hash)!,
    /of argument 3, what is at \.lock in it is a WeakMap.* It was put there after the call/,
  );
  t.deepEqual(
    [a, b, c, d].map(({hash}) => rig.scheduler.states.of(rig.graph.find(hash)!)),
    ['finished', 'failed', 'waiting', 'waiting'],
  );
  t.is(rig.store.memory.locks.size, 0);
});

test('where an argument of a task in a chain was changed after the call, it fails, and nothing behind it is started', async t => {
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.runner.elapsed = 1;
  rig.define('first');
  const options = {seed: 0};
  const a = rig.define('a', ['first']);
  const b = Task.unlisted(work, ['b', a, options]);
  const c = Task.unlisted(work, ['c', b]);
  for (const task of [b, c]) rig.graph.add(task);
  const run = rig.run();
  await rig.runner.start('first');
  options.seed = 1;
  for (const name of ['first', 'a']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['first', 'a']);
  t.regex(rig.store.memory.failureOf(b.hash)!, /argument 3 was changed/);
  t.deepEqual(
    [a, b, c].map(({hash}) => rig.scheduler.states.of(rig.graph.find(hash)!)),
    ['finished', 'failed', 'waiting'],
  );
  t.is(rig.store.memory.locks.size, 0);
});
