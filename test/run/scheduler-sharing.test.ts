// Runs that share a store with others, on runners that the test holds by the hand and a store in memory.

import test from 'ava';
import {encodeTrouble} from '../../src/stores/failure-record.js';
import {Memory, MemoryStore} from '../helpers/memory-store.js';
import {SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {untilTrue} from '../helpers/waiting.js';
import {recordOf} from '../stores/records.js';

test('what another process finishes meanwhile is loaded, not run', async t => {
  const rig = new SchedulerRig();
  const other = new MemoryStore(rig.store.memory, 'other');
  rig.define('a');
  rig.define('b', ['a']);
  await other.acquire([rig.hash('a')]);
  const run = rig.run();
  await untilTrue(() => rig.state('a') === 'running');
  t.like(rig.scheduler.progress, {all: 2, running: 0, elsewhere: 1});
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

// Alone: a look that takes long, with others beside it, is not made again at once.
test.serial(
  'what another process fails meanwhile is not tried again, and counts as failed here, too',
  async t => {
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
      t.deepEqual(
        await run,
        keepGoing ? {kind: 'stuck', barriers: []} : {kind: 'stopped', reason: 'failure'},
      );
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
  },
);

// Alone: a look that takes long, with others beside it, is not made again at once.
test.serial('of a batch in which a task has failed elsewhere, the others are run', async t => {
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

test('where a store says that tasks are held, and never by whom, patience comes to its end, too', async t => {
  const rig = new SchedulerRig({patience: 1000});
  rig.store.acquire = async hashes => hashes.map(() => 'held');
  for (const name of ['a', 'b']) rig.define(name);
  t.deepEqual(await rig.run(), {kind: 'stuck', barriers: []});
  t.deepEqual(rig.names('running'), ['a', 'b']);
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
