// The run loop on a runner that the test holds by the hand and a store in memory: what runs, in which order, and when the
// run ends.

import test from 'ava';
import {parseTarget} from '../../src/tasks/target.js';
import {SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {functionNamed} from '../helpers/tasks.js';
import {deferred, outcomeOf} from '../helpers/waiting.js';
import {recordOf} from '../stores/records.js';

test('tasks start in definition order, each when what it needs is computed', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b');
  rig.define('c', ['a', 'b']);
  const run = rig.run();
  await rig.runner.start('a');
  await rig.runner.start('b');
  t.deepEqual(rig.runner.running, ['a', 'b']);
  t.is(rig.state('c'), 'waiting');
  await rig.runner.finish('b');
  await turns();
  t.deepEqual(rig.runner.running, ['a']);
  await rig.runner.finish('a');
  await rig.runner.finish('c');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['a', 'b', 'c']);
  t.deepEqual(rig.scheduler.states.total, {failed: 0, waiting: 0, ready: 0, finished: 3, running: 0});
  t.is(rig.count('started'), 3);
  t.is(rig.count('finished'), 3);
  t.is(rig.count('loaded'), 0);
  t.is(rig.store.memory.locks.size, 0);
});

test('a run does not end while a part of the jugfile that nobody awaits is given an answer by the store', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  let isAsking = true;
  let ended = false;
  rig.scheduler.waiters.isAsking = () => isAsking;
  const run = rig.run().finally(() => (ended = true));
  await rig.runner.finish('a');
  await turns();
  t.false(ended);
  isAsking = false;
  rig.define('b', ['a']);
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
});

test('a jugfile that failed beside its own course has failed, though it runs to its end', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  let end: () => void = () => {};
  const run = rig.run(() => new Promise<void>(resolve => (end = resolve)));
  await rig.runner.start('a');
  const error = new Error('nobody waited for it');
  rig.scheduler.fail(error);
  rig.scheduler.fail(new Error('another'));
  end();
  await turns();
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'jugfile', error});
  t.deepEqual(rig.runner.started, ['a']);
  t.deepEqual(rig.names('finished'), ['a']);
});

test('a run of a jugfile without tasks is finished', async t => {
  t.deepEqual(await new SchedulerRig().run(), {kind: 'finished'});
});

test('no more batches are under way than the runner has room for', async t => {
  const rig = new SchedulerRig({workers: 3});
  for (const name of ['a', 'b', 'c', 'd']) rig.define(name);
  const run = rig.run();
  await rig.runner.start('c');
  await turns();
  t.deepEqual(rig.runner.running, ['a', 'b', 'c']);
  await rig.runner.finish('b');
  await rig.runner.start('d');
  for (const name of ['a', 'c', 'd']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
});

test('of two functions, the one whose next task was defined first goes first', async t => {
  const rig = new SchedulerRig({workers: 1});
  const [f, g] = [functionNamed('test.f'), functionNamed('test.g')];
  rig.define('f1', [], f);
  rig.define('g1', [], g);
  rig.define('f2', [], f);
  rig.define('g2', [], g);
  const run = rig.run();
  for (const name of ['f1', 'g1', 'f2', 'g2']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['f1', 'g1', 'f2', 'g2']);
});

test('a task that is stored already is loaded, not run, and frees what waits for it', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  rig.store.memory.results.set(rig.hash('a'), recordOf('a'));
  const run = rig.run();
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b']);
  t.deepEqual(rig.events[0], {type: 'loaded', function: 'test.work', count: 1});
});

test('an error of the jugfile ends the run when what is running has finished and is stored', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.define('b');
  const error = new Error('the jugfile threw');
  const run = rig.run(async () => {
    await rig.runner.start('a');
    throw error;
  });
  await rig.runner.start('a');
  await turns();
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'jugfile', error});
  t.deepEqual(rig.runner.started, ['a']);
  t.true(rig.store.memory.results.has(rig.hash('a')));
});

test('tasks that are defined while the run goes on are run', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  const run = rig.run(async () => {
    await rig.runner.start('a');
    rig.define('late', ['a']);
    rig.define('free');
  });
  await rig.runner.finish('free');
  await rig.runner.finish('a');
  await rig.runner.finish('late');
  t.deepEqual(await run, {kind: 'finished'});
});

test('the run goes on as long as the jugfile does, even with nothing to run', async t => {
  const rig = new SchedulerRig();
  const gate = deferred();
  const run = rig.run(() => gate.promise);
  t.is(await outcomeOf(run), 'pending');
  rig.define('a');
  gate.resolve();
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
});

test('a target runs the functions that it names, what they need, and nothing else', async t => {
  const wanted = functionNamed('test.wanted');
  const rig = new SchedulerRig({target: parseTarget('wanted')});
  rig.define('needed');
  rig.define('other');
  rig.define('between', ['needed']);
  rig.define('wanted', ['between'], wanted);
  rig.define('later', ['wanted']);
  const run = rig.run();
  for (const name of ['needed', 'between', 'wanted']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['needed', 'between', 'wanted']);
});

test('a task that only a late one of the target needs is run then', async t => {
  const wanted = functionNamed('test.wanted');
  const rig = new SchedulerRig({target: parseTarget('test.wanted'), workers: 1});
  rig.define('old');
  rig.define('unneeded', ['old']);
  rig.define('early', [], wanted);
  const run = rig.run(async () => {
    await rig.barrier(['early']);
    rig.define('late', ['old'], wanted);
  });
  for (const name of ['early', 'old', 'late']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['early', 'old', 'late']);
});
