// Barriers of a jugfile that is run, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import {SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {untilTrue} from '../helpers/waiting.js';

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
  t.is(rig.scheduler.waiters.size, 1);
  await rig.runner.start('after');
  await rig.runner.finish('b');
  await rig.runner.finish('c');
  t.true(opened);
  t.is(rig.scheduler.waiters.size, 0);
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
  t.is(rig.scheduler.waiters.size, 0);
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
        end.barriers.map(({site}) => site),
        ['jugfile.ts:1', 'b', 'a'],
      );
    else t.fail(`ended as ${end.kind}`);
  }
});
