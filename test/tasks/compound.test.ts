import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {bvalue} from '../../src/tasks/barrier.js';
import {CompoundTask, CompoundTaskGenerator} from '../../src/tasks/compound.js';
import {map} from '../../src/tasks/map-reduce.js';
import type {Task} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';
import {generators} from './generators.js';

const {serial} = test;

serial('a compound task is what its function returns, under its own name', async t => {
  const {add, ran} = generators();
  function double(n: number) {
    return {sum: [add(n, n)], n};
  }
  const task = await CompoundTask(double, 4);
  t.is(task.name, 'jug.compound(tasks.compound.test.double)');
  t.deepEqual(await bvalue(task), {sum: [8], n: 4});
  t.deepEqual(ran, ['tasks.generators.add', 'jug.compound(tasks.compound.test.double)']);
});

serial(
  'once the result of a compound task is there, its function is not called and makes no tasks',
  async t => {
    const first = generators();
    let calls = 0;
    const twice = (add: typeof first.add) =>
      CompoundTaskGenerator(function twice(n: number) {
        calls++;
        return add(n, add(n, 1));
      });
    const before = await twice(first.add)(5);
    t.is(await bvalue(before), 11);

    const again = inlineHost(first.store);
    const add = TaskGenerator(first.add.f);
    const compound = twice(add);
    const after = await compound(5);
    t.is(after.hash, before.hash);
    t.is(await bvalue(after), 11);
    t.is(calls, 1);
    t.is(again.host.graph.size, 1);
    t.deepEqual(again.ran, []);
    t.not((await compound(6)).hash, before.hash);
  },
);

serial('the function of a compound task may wait', async t => {
  const {add} = generators();
  async function steps(n: number) {
    const first = await bvalue(add(n, 1));
    return add(first, first);
  }
  t.is(await bvalue(await CompoundTask(steps, 4)), 10);
});

serial('a compound task whose function answers with a value has that value as its result', async t => {
  const {add, ran, host} = generators();
  const sums = CompoundTaskGenerator(function sums(numbers: number[]) {
    return numbers.map(n => add(n, n));
  });
  async function count(n: number): Promise<Task<number> | number> {
    return n === 0 ? 0 : add(await CompoundTask(count, n - 1), 1);
  }
  t.deepEqual(await bvalue([await sums([]), await sums([1])]), [[], [2]]);
  t.deepEqual(await bvalue(await CompoundTask(map<number, number>, Math.sqrt, [])), []);
  t.is(
    await bvalue(
      await CompoundTask(function seven() {
        return 7;
      }),
    ),
    7,
  );
  t.is(await bvalue(await CompoundTask(count, 2)), 2);
  t.is(ran.length, host.graph.size);
});

serial('a compound task whose function answers with nothing is refused', async t => {
  const {add} = generators();
  function forgetful() {
    add(1, 2);
  }
  await t.throwsAsync(CompoundTask(forgetful), {
    instanceOf: JugError,
    message:
      /^Expected tasks\.compound\.test\.forgetful to return a task or a value, .* found undefined \(compound\.test\.js:\d+\)\.\nReturn what it makes/,
  });
});
