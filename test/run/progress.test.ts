// What the run loop tells of itself when it is looked at.

import test from 'ava';
import {startedLast} from '../../src/run/runner.js';
import {SchedulerRig} from '../helpers/scheduler-rig.js';
import {untilTrue} from '../helpers/waiting.js';

test('what workers are at is told with its call, and counted by function and state', async t => {
  const rig = new SchedulerRig({workers: 2});
  for (const name of ['a', 'b', 'c']) rig.define(name);
  rig.define('d', ['c']);
  const run = rig.run();
  await rig.runner.start('a');
  await rig.runner.finish('b');
  await rig.runner.start('c');
  await untilTrue(() => rig.count('started') === 3 && rig.count('finished') === 1);
  const {tasks, functions, isOpen, barriers} = rig.scheduler.progress;
  t.deepEqual(
    tasks.map(({task, hash, function: name, worker}) => ({task, hash, name, worker})),
    ['a', 'c'].map(name => ({
      task: `test.work('${name}', [])`,
      hash: rig.hash(name),
      name: 'test.work',
      worker: undefined,
    })),
  );
  t.true(tasks.every(({age}) => age >= 0));
  t.like(functions[0], {name: 'test.work', all: 4, waiting: 1, running: 2, failed: 0, computed: 1});
  t.false(isOpen);
  t.deepEqual(barriers, []);
  for (const name of ['a', 'c', 'd']) await rig.runner.finish(name);
  await run;
  t.like(rig.scheduler.progress, {running: 0, tasks: [], finished: 4});
});

test('what is computed and waits to be stored does not run any more', async t => {
  const rig = new SchedulerRig({workers: 1});
  for (const name of ['a', 'b']) rig.define(name);
  let store: () => void = () => {};
  const stored = new Promise<void>(resolve => {
    store = resolve;
  });
  rig.store.before = method => (method === 'save' ? stored : undefined);
  const run = rig.run();
  await rig.runner.finish('a');
  await rig.runner.start('b');
  await untilTrue(() => rig.scheduler.progress.functions[0]!.computed === 1);
  t.like(rig.scheduler.progress.functions[0], {all: 2, running: 1, finished: 0});
  store();
  await rig.runner.finish('b');
  await run;
  t.like(rig.scheduler.progress.functions[0], {all: 2, running: 0, finished: 2});
});

test('where the jugfile waits is told, and that it may define more', async t => {
  const rig = new SchedulerRig({workers: 1});
  const run = rig.run(async () => {
    rig.define('a');
    await rig.barrier();
  });
  await rig.runner.start('a');
  t.like(rig.scheduler.progress, {isOpen: true, barriers: ['jugfile.ts:1']});
  await rig.runner.finish('a');
  await run;
  t.like(rig.scheduler.progress, {isOpen: false, barriers: []});
});

test('when a task was begun is read from what its worker wrote, across 32 bits', t => {
  const cursor = new Int32Array(new SharedArrayBuffer(12));
  const batch = {cursor} as never;
  t.deepEqual(startedLast(batch), {age: undefined, worker: undefined});
  cursor[1] = Date.now() - 100_000;
  cursor[2] = 3;
  const {age, worker} = startedLast(batch);
  t.is(worker, 3);
  t.true(age! >= 100_000 && age! < 200_000);
});
