// Tasks, workers and jugfiles that fail in a run, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import {ThrownElsewhere} from '../../src/core/failure.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {batchesOf, SchedulerRig} from '../helpers/scheduler-rig.js';
import {untilTrue} from '../helpers/waiting.js';

test('after a failure nothing is started, and what runs is finished and stored', async t => {
  const rig = new SchedulerRig();
  for (const name of ['bad', 'good', 'never']) rig.define(name);
  const run = rig.run();
  await rig.runner.start('good');
  await rig.runner.fail('bad', 'no such thing');
  await untilTrue(() => rig.events.some(({type}) => type === 'stopping'));
  t.deepEqual(rig.events.at(-1), {type: 'stopping', reason: 'failure', running: 1});
  await rig.runner.finish('good');
  t.deepEqual(await run, {kind: 'stopped', reason: 'failure'});
  t.deepEqual(rig.runner.started, ['bad', 'good']);
  t.deepEqual([rig.state('bad'), rig.state('good'), rig.state('never')], ['failed', 'finished', 'ready']);
  t.is(rig.store.memory.failureOf(rig.hash('bad')), 'no such thing');
  t.true(rig.store.memory.results.has(rig.hash('good')));
  t.false(rig.store.memory.locks.has(rig.hash('bad')));
});

test('a failure says which task it was', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('bad');
  const run = rig.run();
  await rig.runner.fail('bad', 'no such thing');
  await run;
  const failed = rig.events.find(event => event.type === 'failed')!;
  t.is(failed.hash, rig.hash('bad'));
  t.is(failed.task, "test.work('bad', [])");
  t.is(failed.failure.attempt, 1);
  t.is(failed.failure.function, 'test.work');
  t.deepEqual(failed.failure.error, {name: 'Error', message: 'no such thing'});
});

test('keepGoing runs all that can still run: of 20, 14 finish, 3 fail and 3 wait', async t => {
  const rig = new SchedulerRig({keepGoing: true});
  for (let i = 0; i < 10; i++) {
    rig.define(`f${i}`);
    rig.define(`g${i}`, [`f${i}`]);
  }
  rig.runner.onStart = name => {
    const fails = ['f2', 'f5', 'f8'].includes(name);
    setImmediate(() => void (fails ? rig.runner.fail(name) : rig.runner.finish(name)));
  };
  t.deepEqual(await rig.run(), {kind: 'stuck', barriers: []});
  t.deepEqual(rig.names('failed'), ['f2', 'f5', 'f8']);
  t.deepEqual(rig.names('waiting'), ['g2', 'g5', 'g8']);
  t.is(rig.names('finished').length, 14);
  t.is(rig.store.memory.failures.size, 3);
});

test('what failed in an earlier run is tried again, counts its attempts, and success clears the failure', async t => {
  const store = new MemoryStore();
  const attempts: number[] = [];
  const attempt = async (act: (rig: SchedulerRig) => Promise<void>): Promise<string> => {
    const rig = new SchedulerRig({store, workers: 1});
    rig.runner.onStart = (_, batch, place) => attempts.push(batch.attempts[place]!);
    rig.define('a');
    const run = rig.run();
    await act(rig);
    return (await run).kind;
  };
  t.is(await attempt(rig => rig.runner.fail('a')), 'stopped');
  t.is(await attempt(rig => rig.runner.fail('a')), 'stopped');
  t.is(await attempt(rig => rig.runner.finish('a')), 'finished');
  t.deepEqual(attempts, [1, 2, 3]);
  t.is(store.memory.failures.size, 0);
});

test('keepFailed leaves alone what failed in an earlier run, and runs the rest', async t => {
  const store = new MemoryStore();
  const first = new SchedulerRig({store, workers: 1});
  first.define('bad');
  const failing = first.run();
  await first.runner.fail('bad');
  await failing;

  const rig = new SchedulerRig({store, keepFailed: true});
  rig.define('bad');
  rig.define('needs bad', ['bad']);
  rig.define('good');
  const run = rig.run();
  await rig.runner.finish('good');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['good']);
  t.is(rig.state('bad'), 'failed');
  t.is(rig.state('needs bad'), 'waiting');
});

test('a worker that dies fails the task it was running, and the rest of its batch runs elsewhere', async t => {
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.runner.elapsed = 1;
  rig.define('first');
  for (const name of ['a', 'b', 'c', 'd']) rig.define(name);
  const batches = batchesOf(rig);
  const run = rig.run();
  await rig.runner.finish('first');
  await rig.runner.finish('a');
  await rig.runner.die('b');
  await rig.runner.finish('c');
  await rig.runner.finish('d');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(batches(), [['first'], ['a', 'b', 'c', 'd'], ['c', 'd']]);
  t.deepEqual(rig.names('failed'), ['b']);
  t.is(rig.store.memory.failureOf(rig.hash('b')), 'out of memory');
  t.deepEqual(rig.names('finished'), ['first', 'a', 'c', 'd']);
});

test('a worker that can run nothing ends the run with what its jugfile threw', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.define('b');
  const run = rig.run();
  const error = {name: 'Error', message: 'only in the main thread'};
  await rig.runner.refuse('a', error);
  t.deepEqual(await run, {kind: 'jugfile', error: new ThrownElsewhere(error)});
  t.deepEqual(rig.runner.started, ['a']);
});

test('workers that die one after the other before they start anything end the run', async t => {
  const rig = new SchedulerRig({keepGoing: true});
  rig.define('a');
  rig.define('b');
  rig.runner.stillborn = {name: 'Exit', message: 'the jugfile called process.exit(3)'};
  t.deepEqual(await rig.run(), {kind: 'jugfile', error: new ThrownElsewhere(rig.runner.stillborn)});
  t.true(rig.runner.batches <= 8);
  t.is(rig.store.memory.failures.size, 0);
});

test('a worker that dies before it starts anything blames no task', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.runner.stillborn = {name: 'Exit', message: 'bad luck'};
  rig.runner.stillbornBatches = 2;
  const run = rig.run();
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
});

test('in a batch, nothing is started after a task that failed, unless the run is to keep going', async t => {
  for (const [keepGoing, started] of [
    [false, ['first', 'a']],
    [true, ['first', 'a', 'b']],
  ] as const) {
    const rig = new SchedulerRig({workers: 1, keepGoing});
    rig.runner.elapsed = 1;
    for (const name of ['first', 'a', 'b']) rig.define(name);
    const run = rig.run();
    await rig.runner.finish('first');
    await rig.runner.fail('a');
    if (keepGoing) await rig.runner.finish('b');
    t.is((await run).kind, keepGoing ? 'stuck' : 'stopped');
    t.deepEqual(rig.runner.started, [...started]);
  }
});
