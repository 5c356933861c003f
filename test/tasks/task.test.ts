import {inspect} from 'node:util';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {bvalue} from '../../src/tasks/barrier.js';
import {hashOne} from '../../src/tasks/function-names.js';
import {NoLoad} from '../../src/tasks/no-load.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {CustomHash, NoHash} from '../../src/tasks/utils.js';
import {encode} from '../../src/values/codec.js';
import {inlineHost} from '../helpers/inline-host.js';
import {generators} from './generators.js';

const {serial} = test;

serial('a call of a task function runs nothing and defines a task', async t => {
  const {host, ran, add} = generators();
  const sum = add(1, 2);
  t.true(sum instanceof Task);
  t.is(sum.name, 'tasks.generators.add');
  t.deepEqual(sum.args, [1, 2]);
  t.is(host.graph.size, 1);
  t.false(await sum.canLoad());
  t.is(await bvalue(sum), 3);
  t.true(await sum.canLoad());
  t.deepEqual(ran, ['tasks.generators.add']);
  t.is(add.f(1, 2), 3);
  t.is(add.name, 'add');
});

serial('two equal calls are one task, with one result', async t => {
  const {host, ran, add} = generators();
  t.is(add(1, 2).hash, add(1, 2).hash);
  t.not(add(1, 2).hash, add(2, 1).hash);
  t.is(host.graph.size, 2);
  t.deepEqual(await bvalue([add(1, 2), add(1, 2)]), [3, 3]);
  t.is(ran.length, 1);
});

serial('tasks are handed on as if they were their results', async t => {
  const {add} = generators();
  const sum = add(add(1, 2), add(3, add(4, 5)));
  t.is(sum.dependencies().length, 2);
  t.is(await bvalue(sum), 15);
});

serial('Task makes a task of any named function', async t => {
  generators();
  function double(x: number): number {
    return 2 * x;
  }
  const task = new Task(double, 21);
  t.is(task.name, 'tasks.task.test.double');
  t.is(await bvalue(task), 42);
  t.is(new Task(double, 21).hash, task.hash);
});

serial('a task that is awaited is itself: nothing is computed', async t => {
  const {numbers, ran} = generators();
  const task = numbers(1);
  t.is(await task, task);
  t.deepEqual(ran, []);
});

serial('tasks and tasklets show what they are', t => {
  const {add, table, numbers} = generators();
  t.is(String(add(1, 2)), 'tasks.generators.add(1, 2)');
  t.is(inspect(add(1, 2)), 'Task tasks.generators.add(1, 2)');
  t.is(inspect(table(3).get('rows', 1)), "Tasklet tasks.generators.table(3).get('rows', 1)");
  const long = String(numbers(...Array.from({length: 500}, (_, i) => i)));
  t.is(long.length, 'tasks.generators.numbers()'.length + 80);
  t.true(long.startsWith('tasks.generators.numbers(0, 1, 2, ') && long.endsWith('…)'));
  t.true(String(add('x'.repeat(500) as never, 2)).length < 110);
});

serial('a call shows its arguments as they were written, on one line', t => {
  const {show, table, numbers} = generators();
  const path = `/work/${'data/'.repeat(20)}photos/broken.jpg`;
  for (const [arg, text] of [
    [new CustomHash('photos/broken.jpg', () => 1), "'photos/broken.jpg'"],
    [new CustomHash({path: 'a.jpg'}, () => 1), "{ path: 'a.jpg' }"],
    [new NoHash({verbose: true}), '{ verbose: true }'],
    [[new NoHash('a')], "[ 'a' ]"],
    [{path: new CustomHash('a.jpg', () => 1)}, "{ path: 'a.jpg' }"],
    [{deep: new NoHash({a: 1})}, '{ deep: [Object] }'],
    [new NoHash(new CustomHash('a.jpg', () => 1)), "'a.jpg'"],
    [new NoLoad(table(3)), 'new NoLoad(Task tasks.generators.table(…))'],
    [numbers, 'numbers'],
    [numbers.f, 'numbers'],
    [Array(9).fill(0), `[ ${Array(9).fill(0).join(', ')} ]`],
    [path, `'${path.slice(0, 29)}…${path.slice(-30)}'`],
  ] as const)
    t.is(String(show(arg)), `tasks.generators.show(${text})`);
});

serial(
  'arguments that cannot be hashed are refused with the task, the argument and the way to the culprit',
  t => {
    const {add} = generators();
    const error = t.throws(() => add(1, {on: [() => {}]} as never), {instanceOf: JugError});
    t.regex(error.message, /^Expected arguments that can be hashed for the task tasks\.generators\.add\b/);
    t.regex(
      error.message,
      /of argument 2, what is at \.on\[0\] in it is a function without a name: jug knows functions by name\.$/,
    );
    t.is(error.exitCode, 3);
    t.throws(() => add(Symbol('s') as never, 1), {message: /of argument 1, it is a symbol/});
  },
);

serial('a named function as an argument is known by its name', t => {
  const {add} = generators();
  function callback(): void {}
  t.is(hashOne(callback), hashOne(callback));
  t.not(hashOne(callback), hashOne(add));
  t.is(hashOne(add), hashOne(add.f));
  t.regex(hashOne({a: [1]}), /^[0-9a-f]{64}$/);
});

serial('the version of a function makes another task of calls that are given it, and of tasklets', t => {
  function half(n: number): number {
    return n / 2;
  }
  const hashes = [undefined, '1', '2'].flatMap(version => {
    const {add} = generators();
    const versioned = TaskGenerator(half, {version});
    return [hashOne(versioned), hashOne([half]), hashOne(new Tasklet(add(1, 2), half))];
  });
  t.is(new Set(hashes).size, 9);
});

serial('a version makes another task of the same call', t => {
  inlineHost();
  const make = (version?: string) =>
    TaskGenerator(
      function versioned(x: number) {
        return x;
      },
      version === undefined ? {} : {version},
    );
  const hashes: string[] = [];
  for (const version of [undefined, '1', '2']) {
    inlineHost();
    hashes.push(make(version)(1).hash);
  }
  t.is(new Set(hashes).size, 3);
});

serial('a task can be run, looked at and invalidated by hand', async t => {
  const {add, numbers, store} = generators();
  const sum = add(1, 2);
  const list = numbers(sum, 4);
  t.false(await list.canRun());
  t.is(await sum.run(), 3);
  t.true(await list.canRun());
  t.deepEqual(await list.run(), [3, 4]);
  t.deepEqual(await list.value(), [3, 4]);
  t.false(await list.isLocked());
  t.false(await list.isFailed());
  await store.acquire([add(5, 5).hash]);
  t.true(await add(5, 5).isLocked());
  await sum.invalidate();
  t.false(await sum.canLoad());
  t.false(await list.canLoad());
});

serial('a result that is not there is an error that names the task', async t => {
  const {add} = generators();
  const error = await t.throwsAsync(add(1, 2).value(), {instanceOf: JugError});
  t.regex(error.message, /^Expected the result of tasks\.generators\.add\(1, 2\)/);
});

test.serial('a task says what it is in a few words, however many tasks it was made from', t => {
  inlineHost();
  const add = TaskGenerator(function addForText(a: number, b: number) {
    return a + b;
  });
  let x = add(1, 1);
  for (let i = 0; i < 3000; i++) x = add(x, x);
  t.regex(String(x), /addForText\(Task .*addForText\(…\), Task .*addForText\(…\)\)$/);
  t.regex(String(add(x.get('a') as never, 1)), /addForText\(Tasklet .*addForText\(…\)\.get\('a'\), 1\)$/);
  t.regex(String(add(x.get(0).get(1) as never, 1)), /addForText\(Tasklet .*addForText\(…\)\[0\]\[1\], 1\)$/);
  const firstOf = new Tasklet(x, function firstOf(n) {
    return n;
  });
  t.regex(String(add(firstOf, 1)), /addForText\(Tasklet .*firstOf\(.*addForText\(…\)\), 1\)$/);
  let deep: Tasklet = x.get(0);
  for (let i = 0; i < 20; i++) deep = deep.get(0);
  t.regex(String(add(deep, 1)), /addForText\(Tasklet …\[0\]\[0\]\[0\]\[0\], 1\)$/);
});

serial('a task or a tasklet as a result is refused, with what to return instead', t => {
  const {add} = generators();
  for (const made of [add(1, 2), {deep: [add(1, 2).get('a')]}]) {
    const error = t.throws(() => encode(made));
    t.regex(
      error!.message,
      /is a task, tasks\.generators\.add\(1, 2\).*tasks are made by the jugfile.*double\.f\(x\)/,
    );
    t.notRegex(error!.message, /registerClass/);
  }
});
