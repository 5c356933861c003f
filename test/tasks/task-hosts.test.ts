import test from 'ava';
import {barrier, bvalue, value} from '../../src/tasks/barrier.js';
import {restHost} from '../../src/tasks/host.js';
import {map} from '../../src/tasks/map-reduce.js';
import {Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';

const factors = {here: 10, there: 11};
let factor = factors.here;
/** Equal tasks have other results under another host. */
function scaled(n: number): number {
  return n * factor;
}

inlineHost();
const scale = TaskGenerator(scaled);

async function twoHosts() {
  const there = inlineHost();
  factor = factors.there;
  const far = scale(2);
  await barrier();
  const here = inlineHost();
  factor = factors.here;
  const near = scale(2);
  await barrier();
  // From here on, who asks is a script.
  restHost(here.host);
  return {here, there, far, near};
}

test.serial('a tree that holds the same task of two hosts has the result of each in its place', async t => {
  const {far, near} = await twoHosts();
  t.is(far.hash, near.hash);
  const tree = {near, parts: [far, new Set([near]), 'neither'], both: new Map([[far, near]])};
  const answer = {near: 20, parts: [22, new Set([20]), 'neither'], both: new Map([[22, 20]])};
  t.deepEqual<unknown, unknown>(await value(tree), answer);
  t.deepEqual<unknown, unknown>(await bvalue(tree), answer);
});

test.serial('what stands for a task asks the host of the task', async t => {
  const {there, far, near} = await twoHosts();
  const plus = new Tasklet(far, (n: number) => n + 0.5);
  t.is(await plus.value(), 22.5);
  t.is(await far.value(), 22);
  t.is(await near.value(), 20);
  await far.invalidate();
  t.deepEqual([await far.canLoad(), await plus.canLoad(), await near.canLoad()], [false, false, true]);
  factor = factors.there;
  t.is(await far.run(), 22);
  t.is(there.store.memory.results.size, 1);
});

test.serial('waiting for tasks of two hosts has each compute its own', async t => {
  const {here, there, far, near} = await twoHosts();
  await far.invalidate();
  await near.invalidate();
  t.deepEqual(await bvalue([far, near]), [20, 20]);
  t.deepEqual(
    [here.ran, there.ran].map(ran => ran.length),
    [2, 2],
  );
});

test.serial(
  'a task of another host is refused as an argument, wherever in it, until that host is over',
  async t => {
    const {there, far} = await twoHosts();
    for (const make of [
      () => scale(far),
      () => scale(new Tasklet(far, {get: ['length']})),
      () => map(scaled, [far]),
    ]) {
      t.throws(make, {
        name: 'JugError',
        message:
          /^Expected tasks of the same jugfile as the call, found .*scaled\(2\) \(task-hosts\.test\.[jt]s:\d+\), made by another/,
      });
    }
    there.host.isOver = true;
    t.is(await bvalue(scale(far)), 200);
    t.is(await far.value(), 20);
  },
);
