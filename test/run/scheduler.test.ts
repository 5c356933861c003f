// The run loop on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import fc from 'fast-check';
import {NoRoom, StoreError} from '../../src/errors.js';
import {ThrownElsewhere} from '../../src/failure.js';
import type {Batch} from '../../src/run/protocol.js';
import {patient} from '../../src/stores/patient.js';
import type {Store} from '../../src/stores/store.js';
import {unpack} from '../../src/tasks/arguments.js';
import {MissingResults, NOT_THERE} from '../../src/tasks/results.js';
import {parseTarget} from '../../src/tasks/target.js';
import {Task} from '../../src/tasks/task.js';
import {encodeTrouble} from '../../src/trouble.js';
import {openRecord} from '../../src/values/record.js';
import {Memory, MemoryStore} from '../helpers/memory-store.js';
import {type RigOptions, SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {SmallStore} from '../helpers/small-store.js';
import {functionNamed, randomDependencies, randomNumbers, work} from '../helpers/tasks.js';
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

// Barriers

test('a barrier opens when everything defined before it is finished and stored, and not for what comes later', async t => {
  const rig = new SchedulerRig();
  let opened = false;
  rig.define('a');
  rig.define('b');
  const run = rig.run(async () => {
    const passing = rig.barrier();
    rig.define('after');
    await passing;
    opened = true;
    t.true(rig.store.memory.results.has(rig.hash('a')));
    t.true(rig.store.memory.results.has(rig.hash('b')));
    rig.define('c', ['a']);
  });
  await rig.runner.finish('a');
  await turns();
  t.false(opened);
  t.false(rig.scheduler.waiters.hasPassed('jugfile.ts:1 #1'));
  await rig.runner.start('after');
  await rig.runner.finish('b');
  await rig.runner.finish('c');
  t.true(opened);
  t.true(rig.scheduler.waiters.hasPassed('jugfile.ts:1 #1'));
  await rig.runner.finish('after');
  t.deepEqual(await run, {kind: 'finished'});
});

test('a barrier over some tasks opens when those are finished, whatever the others do', async t => {
  const rig = new SchedulerRig();
  rig.define('slow');
  rig.define('a');
  let opened = false;
  const run = rig.run(async () => {
    await rig.barrier(['a']);
    opened = true;
  });
  await rig.runner.start('slow');
  t.false(opened);
  await rig.runner.finish('a');
  await turns();
  t.true(opened || (await untilTrue(() => opened)));
  await rig.runner.finish('slow');
  t.deepEqual(await run, {kind: 'finished'});
});

test('a barrier over nothing, and one over what is finished, opens at once', async t => {
  const rig = new SchedulerRig();
  const run = rig.run(async () => {
    await rig.barrier();
    await rig.barrier([]);
    rig.define('a');
    await rig.barrier();
    await rig.barrier(['a']);
  });
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
});

test('two barriers that are awaited at once open both', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  const run = rig.run(() => Promise.all([rig.barrier(undefined, 'x'), rig.barrier(['a'], 'y')]));
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(rig.scheduler.waiters.passedCount, 2);
});

test('a barrier never opens over a task that failed, nor over one that waits for it', async t => {
  for (const keepGoing of [false, true]) {
    const rig = new SchedulerRig({keepGoing});
    rig.define('a');
    rig.define('b', ['a']);
    rig.define('fine');
    let opened = false;
    const open = (): void => {
      opened = true;
    };
    const run = rig.run(async () => {
      void rig.barrier().then(open);
      void rig.barrier(['b'], 'b').then(open);
      await rig.barrier(['a'], 'a').then(open);
    });
    await rig.runner.finish('fine');
    await rig.runner.fail('a');
    const end = await run;
    await turns();
    t.false(opened);
    if (!keepGoing) t.deepEqual(end, {kind: 'stopped', reason: 'failure'});
    else if (end.kind === 'stuck')
      t.deepEqual(
        end.barriers.map(({key}) => key),
        ['jugfile.ts:1 #1', 'b', 'a'],
      );
    else t.fail(`ended as ${end.kind}`);
  }
});

test('a barrier does not open over a result that was found damaged, until it is there again', async t => {
  const rig = new SchedulerRig({workers: 2});
  rig.define('a');
  rig.define('b', ['a']);
  rig.store.memory.results.set(rig.hash('a'), recordOf('a'));
  let opened = false;
  const run = rig.run(async () => {
    await rig.runner.start('b');
    rig.define('c');
    await rig.barrier(['a'], 'first');
    await rig.barrier(['c'], 'c');
    opened = true;
  });
  // The barrier over `a` is passed while its result still counts as good.
  await rig.runner.start('b');
  await untilTrue(() => rig.scheduler.waiters.hasPassed('first'));
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

// Failures

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

// Stopping early

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

// Target

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

// Other processes

test('what another process finishes meanwhile is loaded, not run', async t => {
  const rig = new SchedulerRig();
  const other = new MemoryStore(rig.store.memory, 'other');
  rig.define('a');
  rig.define('b', ['a']);
  await other.acquire([rig.hash('a')]);
  const run = rig.run();
  await untilTrue(() => rig.state('a') === 'running');
  rig.store.memory.results.set(rig.hash('a'), recordOf('theirs'));
  await other.release([rig.hash('a')]);
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b']);
  t.is(rig.count('loaded'), 1);
});

test('what another process finishes before its turn has come here is counted meanwhile', async t => {
  const rig = new SchedulerRig({workers: 1});
  for (const name of ['a', 'b', 'c']) rig.define(name);
  rig.define('d', ['c']);
  const run = rig.run();
  await untilTrue(() => rig.state('a') === 'running');
  rig.store.memory.results.set(rig.hash('c'), recordOf('theirs'));
  await untilTrue(() => rig.state('c') === 'finished');
  t.deepEqual(rig.names('ready'), ['b', 'd']);
  for (const name of ['a', 'b', 'd']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['a', 'b', 'd']);
});

test('a task whose holder gives it up, or dies, is taken over', async t => {
  for (const how of ['released', 'died']) {
    const rig = new SchedulerRig();
    const other = new MemoryStore(rig.store.memory, 'other');
    rig.define('a');
    await other.acquire([rig.hash('a')]);
    const run = rig.run();
    await untilTrue(() => rig.state('a') === 'running');
    t.deepEqual(rig.runner.started, []);
    if (how === 'died') rig.store.memory.dead.add('other');
    else await other.release([rig.hash('a')]);
    await rig.runner.finish('a');
    t.deepEqual(await run, {kind: 'finished'});
    t.deepEqual(rig.runner.started, ['a']);
  }
});

test('what another process fails meanwhile is not tried again, and counts as failed here, too', async t => {
  for (const keepGoing of [true, false]) {
    const memory = new Memory();
    const [rig, other] = ['this', 'other'].map(owner => {
      const rig = new SchedulerRig({keepGoing, workers: 1, store: new MemoryStore(memory, owner)});
      for (const name of ['bad', 'good']) rig.define(name);
      rig.define('needs bad', ['bad']);
      return rig;
    }) as [SchedulerRig, SchedulerRig];
    const theirs = other.run();
    await other.runner.start('bad');
    const run = rig.run();
    await rig.runner.start('good');
    await other.runner.fail('bad');
    await untilTrue(() => memory.failures.size === 1);
    await rig.runner.finish('good');
    t.deepEqual(await run, keepGoing ? {kind: 'stuck', barriers: []} : {kind: 'stopped', reason: 'failure'});
    await theirs;
    t.deepEqual(rig.runner.started, ['good']);
    t.deepEqual([rig.state('bad'), rig.state('needs bad')], ['failed', 'waiting']);
    for (const [{events}, elsewhere] of [
      [rig, true],
      [other, false],
    ] as const) {
      const failed = events.filter(event => event.type === 'failed');
      t.deepEqual(
        failed.map(event => [event.hash, event.elsewhere]),
        [[rig.hash('bad'), elsewhere]],
      );
    }
    t.is(memory.locks.size, 0);
  }
});

test('of a batch in which a task has failed elsewhere, the others are run', async t => {
  const rig = new SchedulerRig({keepGoing: true, workers: 1});
  const {memory} = rig.store;
  const other = new MemoryStore(memory, 'other');
  rig.runner.elapsed = 1;
  for (const name of ['first', 'a', 'b', 'c']) rig.define(name);
  const theirs = ['a', 'b', 'c'].map(name => rig.hash(name));
  await other.acquire(theirs);
  const run = rig.run();
  await rig.runner.finish('first');
  await untilTrue(() => rig.names('running').length === 3);
  const failure = {
    function: 'test.work',
    attempt: 1,
    started: 0,
    duration: 0,
    host: 'there',
    pid: 1,
    worker: 0,
  };
  const error = {name: 'Error', message: 'theirs'};
  memory.failures.set(
    rig.hash('b'),
    encodeTrouble({kind: 'failure', failure: {...failure, error}, ended: []}),
  );
  await other.release(theirs);
  for (const name of ['a', 'c']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['first', 'a', 'c']);
  t.is(rig.runner.batches, 2);
  t.deepEqual(rig.names('failed'), ['b']);
  t.is(memory.locks.size, 0);
});

test('where looking for failures takes long, it is not done for each batch', async t => {
  const rig = new SchedulerRig({workers: 1});
  let looks = 0;
  rig.store.failures = async function* () {
    looks++;
    const begun = performance.now();
    while (performance.now() - begun < 100) await turns(1);
    yield [];
  };
  for (let i = 0; i < 20; i++) rig.define(`t${i}`);
  rig.runner.onStart = name => setImmediate(() => void rig.runner.finish(name));
  t.deepEqual(await rig.run(), {kind: 'finished'});
  t.is(rig.runner.batches, 20);
  // When the run began, and for the first batch.
  t.is(looks, 2);
});

test('a task whose result came between looking and locking is loaded', async t => {
  const rig = new SchedulerRig();
  rig.define('a');
  rig.define('b', ['a']);
  rig.store.before = method => {
    if (method === 'acquire') rig.store.memory.results.set(rig.hash('a'), recordOf('theirs'));
  };
  const run = rig.run();
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b']);
});

test('tasks that another process holds are given up when patience is at its end', async t => {
  const rig = new SchedulerRig({patience: 0});
  const other = new MemoryStore(rig.store.memory, 'other');
  rig.define('held');
  rig.define('needs held', ['held']);
  rig.define('free');
  await other.acquire([rig.hash('held')]);
  const run = rig.run();
  await rig.runner.finish('free');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.names('running'), ['held']);
  t.deepEqual(rig.names('waiting'), ['needs held']);
  t.deepEqual(rig.names('finished'), ['free']);
});

test('two schedulers on one store share the work and run nothing twice', async t => {
  const memory = new Memory();
  const rigs = ['one', 'two'].map(owner => new SchedulerRig({store: new MemoryStore(memory, owner)}));
  const runs = rigs.map(rig => {
    for (let i = 0; i < 40; i++) rig.define(`t${i}`, i < 10 ? [] : [`t${i - 10}`, `t${i - 7}`]);
    rig.runner.onStart = name => setImmediate(() => void rig.runner.finish(name));
    return rig.run();
  });
  t.deepEqual(await Promise.all(runs), [{kind: 'finished'}, {kind: 'finished'}]);
  const started = rigs.flatMap(rig => rig.runner.started);
  t.is(started.length, 40);
  t.is(new Set(started).size, 40);
  for (const rig of rigs) t.is(rig.count('finished') + rig.count('loaded'), 40);
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

// Batches

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

test('what is taken back from a late batch and cannot start at once is free for other processes', async t => {
  const store = new MemoryStore();
  const rig = new SchedulerRig({workers: 1, store, late: 20});
  rig.runner.elapsed = 1;
  rig.define('quick');
  const run = rig.run(async () => {
    await rig.barrier();
    for (const name of ['slow', 'x', 'y']) rig.define(name);
  });
  await rig.runner.finish('quick');
  await rig.runner.start('slow');
  while (store.memory.locks.size > 1) await turns(1);
  t.deepEqual([...store.memory.locks.keys()], [rig.hash('slow')]);
  t.deepEqual(rig.names('ready'), ['x', 'y']);
  for (const name of ['slow', 'x', 'y']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
});

test('tasks that others hold or have finished are passed over many at a time', async t => {
  const memory = new Memory();
  const other = new MemoryStore(memory, 'other');
  const store = new MemoryStore(memory);
  const rig = new SchedulerRig({workers: 1, store});
  for (let i = 0; i < 1000; i++) rig.define(`t${i}`);
  const run = rig.run();
  await rig.runner.start('t0');
  const hashes = Array.from({length: 1000}, (_, i) => rig.hash(`t${i}`));
  await other.acquire(hashes.slice(1, 999));
  for (const hash of hashes.slice(500, 998)) memory.results.set(hash, recordOf('theirs'));
  let asked = 0;
  store.before = method => void (method === 'acquire' && asked++);
  await rig.runner.finish('t0');
  await rig.runner.start('t999');
  t.true(asked < 5, `asked ${asked} times for locks`);
  t.is(rig.count('loaded'), 498);
  rig.runner.onStart = name => setImmediate(() => void rig.runner.finish(name));
  await rig.runner.finish('t999');
  memory.dead.add('other');
  t.deepEqual(await run, {kind: 'finished'});
});

test('where others are at work, a process goes to work elsewhere', async t => {
  const memory = new Memory();
  const other = new MemoryStore(memory, 'other');
  const rig = new SchedulerRig({workers: 1, store: new MemoryStore(memory)});
  for (let i = 0; i < 100; i++) rig.define(`t${i}`);
  await other.acquire([rig.hash('t0')]);
  const run = rig.run();
  await rig.runner.start('t50');
  rig.runner.onStart = name => setImmediate(() => void rig.runner.finish(name));
  await rig.runner.finish('t50');
  await other.release([rig.hash('t0')]);
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

// Damage

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
  while (rig.state('c') === 'running') await turns(1);
  await turns();
  t.deepEqual([...rig.store.memory.locks.keys()], [rig.hash('a')]);
  for (const name of ['a', 'b', 'c']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
});

test('where the arguments of a task in a chain cannot be sent, it fails, and nothing behind it is started', async t => {
  class Unsendable {
    readonly #name = 'unsendable';
    [Symbol.for('jug.hash')](): string {
      return this.#name;
    }
  }
  const rig = new SchedulerRig({workers: 1, keepGoing: true});
  rig.runner.elapsed = 1;
  rig.define('first');
  const a = rig.define('a', ['first']);
  const b = Task.unlisted(work, ['b', a, new Unsendable()]);
  const c = Task.unlisted(work, ['c', b]);
  const d = Task.unlisted(work, ['d', c]);
  for (const task of [b, c, d]) rig.graph.add(task);
  const run = rig.run();
  for (const name of ['first', 'a']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['first', 'a']);
  t.regex(rig.store.memory.failureOf(b.hash)!, /Unsendable/);
  t.deepEqual(
    [a, b, c, d].map(({hash}) => rig.scheduler.states.of(rig.graph.find(hash)!)),
    ['finished', 'failed', 'waiting', 'waiting'],
  );
  t.is(rig.store.memory.locks.size, 0);
});

// At random

interface RandomRun {
  readonly rig: SchedulerRig;
  readonly kind: string;
  readonly needs: readonly (readonly number[])[];
  readonly fails: ReadonlySet<number>;
}

/** A random graph, run with tasks ending in random order and a share of them failing. */
async function randomRun(
  seed: number,
  size: number,
  failing: number,
  options: RigOptions = {},
): Promise<RandomRun> {
  const random = randomNumbers(seed);
  const needs = randomDependencies(random, size);
  const fails = new Set(needs.flatMap((_, i) => (random() < failing ? [i] : [])));
  const rig = new SchedulerRig({workers: 1 + Math.floor(random() * 4), keepGoing: true, ...options});
  rig.runner.elapsed = random() < 0.5 ? 1 : 20;
  const define = (from: number, until: number): void => {
    for (let i = from; i < until; i++)
      rig.define(
        `t${i}`,
        needs[i]!.map(j => `t${j}`),
        random() < 0.5 ? FIRST : SECOND,
      );
  };
  const half = Math.floor(size / 2);
  let ended = false;
  rig.runner.onStart = (name, {unsaved, chain}, place) => {
    const along = new Set([...unsaved.map(([hash]) => hash), ...chain.slice(0, place)]);
    for (const j of needs[Number(name.slice(1))]!) {
      const hash = rig.hash(`t${j}`);
      if (!rig.store.memory.results.has(hash) && !along.has(hash))
        throw new Error(`${name} started without t${j}`);
    }
  };
  rig.store.before = (method, hashes) => {
    if (method !== 'save') return;
    for (const id of hashes.map(hash => rig.graph.find(hash)!)) {
      for (const {hash} of rig.graph.task(id).dependencies())
        if (!rig.store.memory.results.has(hash) && !hashes.includes(hash))
          throw new Error(`${id} was stored before what it was made from`);
    }
  };
  const run = rig
    .run(async () => {
      define(0, half);
      if (failing === 0) await rig.barrier();
      define(half, size);
    })
    .finally(() => {
      ended = true;
    });
  while (!ended) {
    await turns(1);
    const {running} = rig.runner;
    if (running.length === 0) continue;
    const name = running[Math.floor(random() * running.length)]!;
    await (fails.has(Number(name.slice(1))) ? rig.runner.fail(name) : rig.runner.finish(name));
  }
  return {rig, kind: (await run).kind, needs, fails};
}
const FIRST = functionNamed('test.first');
const SECOND = functionNamed('test.second');

test('whatever the graph and the order in which tasks end, each runs once, with what it needs, and the run finishes', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({min: 1, max: 60}), async (seed, size) => {
      const {rig, kind} = await randomRun(seed, size, 0);
      t.is(kind, 'finished');
      t.is(rig.runner.started.length, size);
      t.is(new Set(rig.runner.started).size, size);
      t.is(rig.store.memory.results.size, size);
      t.is(rig.store.memory.locks.size, 0);
      t.is(rig.count('finished'), size);
    }),
    {numRuns: 40},
  );
});

test('whatever fails, what is finished at the end is what does not need it', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({min: 1, max: 60}), async (seed, size) => {
      const {rig, kind, needs, fails} = await randomRun(seed, size, 0.1);
      const finished = new Set<number>();
      for (const [i, needed] of needs.entries()) {
        if (!fails.has(i) && needed.every(j => finished.has(j))) finished.add(i);
      }
      const failed = [...fails].filter(i => needs[i]!.every(j => finished.has(j)));
      t.deepEqual(
        rig.names('finished'),
        [...finished].map(i => `t${i}`),
      );
      t.deepEqual(
        rig.names('failed'),
        failed.map(i => `t${i}`),
      );
      t.deepEqual(rig.names('running', 'ready'), []);
      t.is(kind, failed.length === 0 ? 'finished' : 'stuck');
      t.is(new Set(rig.runner.started).size, rig.runner.started.length);
    }),
    {numRuns: 40},
  );
});

// Helpers

function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve = (): void => {};
  const promise = new Promise<void>(settle => {
    resolve = settle;
  });
  return {promise, resolve};
}

/** Turns the event loop until `condition` is true; what never becomes true ends with the test's time. */
async function untilTrue(condition: () => boolean): Promise<true> {
  while (!condition()) await turns(1);
  return true;
}

async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return Promise.race([promise.then(() => 'settled'), turns().then(() => 'pending')]);
}

/** The names in each batch, in the order in which the batches were sent. */
function batchesOf(rig: SchedulerRig): () => string[][] {
  const batches = new Map<Batch, string[]>();
  rig.runner.onStart = (_, batch) => {
    if (batches.has(batch)) return;
    batches.set(
      batch,
      batch.args.map(packed => unpack(packed)[0] as string),
    );
  };
  return () => [...batches.values()];
}
