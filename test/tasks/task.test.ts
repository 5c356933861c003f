import {format, inspect} from 'node:util';
import test from 'ava';
import {JugError} from '../../src/errors.js';
import {bvalue, value} from '../../src/tasks/barrier.js';
import {map} from '../../src/tasks/map-reduce.js';
import {hashOne} from '../../src/tasks/naming.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {iterateTask} from '../../src/tasks/utils.js';
import {encode} from '../../src/values/codec.js';
import {inlineHost} from '../helpers/inline-host.js';

const {serial} = test;

function generators() {
  return {
    ...inlineHost(),
    table: TaskGenerator(function table(n: number) {
      return {rows: Array.from({length: n}, (_, i) => [i, i * i] as const), name: `t${n}`};
    }),
    numbers: TaskGenerator(async function numbers(...all: number[]) {
      return all;
    }),
    add: TaskGenerator(function add(a: number, b: number) {
      return a + b;
    }),
  };
}

serial('a call of a task function runs nothing and defines a task', async t => {
  const {host, ran, add} = generators();
  const sum = add(1, 2);
  t.true(sum instanceof Task);
  t.is(sum.name, 'tasks.task.test.add');
  t.deepEqual(sum.args, [1, 2]);
  t.is(host.graph.size, 1);
  t.false(await sum.canLoad());
  t.is(await bvalue(sum), 3);
  t.true(await sum.canLoad());
  t.deepEqual(ran, ['tasks.task.test.add']);
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

serial('a subscript of a task is a part of its result', async t => {
  const {table, numbers, add} = generators();
  const square = table(5).get('rows', 3, 1);
  t.true(square instanceof Tasklet);
  t.is(square.constructor.name, 'Tasklet');
  t.is(await bvalue(square), 9);
  t.is(await bvalue(numbers(7, 8)[1]), 8);
  t.is(await bvalue(table(3).get('rows')[2].get(1)), 4);
  t.is(await bvalue(table(5).get('rows', add(1, 1), add(0, 1))), 4);
  t.is(await bvalue(numbers(7, 8).get('length')), 2);
});

serial('a tasklet as an argument depends on what it is made from', async t => {
  const {table, add, numbers} = generators();
  const rows = table(5);
  const which = add(1, 1);
  const sum = add(rows.get('rows', which, 1) as Tasklet<number>, numbers(1, 2)[0]);
  t.deepEqual(
    sum.dependencies().map(task => task.name),
    ['tasks.task.test.table', 'tasks.task.test.add', 'tasks.task.test.numbers'],
  );
  t.is(await bvalue(sum), 5);
  t.is(sum.hash, add(rows.get('rows', which, 1) as Tasklet<number>, numbers(1, 2)[0]).hash);
  t.not(sum.hash, add(rows.get('rows', 2, 1) as Tasklet<number>, numbers(1, 2)[0]).hash);
});

serial('a tasklet may be a small function of a result, and of another tasklet', async t => {
  const {table} = generators();
  const count = (value: {rows: readonly unknown[]}): number => value.rows.length;
  const counted = new Tasklet(table(4), count);
  t.is(await bvalue(counted), 4);
  const increased = new Tasklet(counted, (n: number) => n + 1);
  t.is(await bvalue(increased), 5);
  t.is(await bvalue(new Tasklet([counted, increased], ([a, b]: number[]) => a! * b!)), 20);
  t.true(await increased.canLoad());
  t.false(await new Tasklet(table(5), count).canLoad());
});

serial('two functions of one source are refused in tasklets', t => {
  const {table} = generators();
  const add = (n: number) => (value: {name: string}) => value.name + n;
  new Tasklet(table(1), add(1));
  t.throws(() => new Tasklet(table(1), add(2)), {
    instanceOf: JugError,
    message: /^Expected a tasklet's function to be one function object/,
  });
});

serial('a task cannot be iterated or spread, and the message says what to do instead', t => {
  const {numbers, table} = generators();
  for (const [thing, name] of [
    [numbers(1, 2), 'tasks.task.test.numbers(1, 2)'],
    [table(2).get('rows'), 'tasks.task.test.table(2).get(rows)'],
  ] as const) {
    for (const use of [
      () => [...(thing as unknown as unknown[])],
      () => {
        const [first] = thing as unknown as unknown[];
        return first;
      },
      () => Math.max(...(thing as unknown as number[])),
      () => new Set(thing as unknown as unknown[]),
    ]) {
      const error = t.throws(use, {instanceOf: JugError});
      t.true(error.message.startsWith(`Expected an array, found ${name} (task.test.js:`), error.message);
      t.true(error.message.includes('iterateTask(task, n)'));
      t.true(error.message.includes('await bvalue(task)'));
    }
  }
});

serial('an object into which a task was spread is refused wherever it is handed over', async t => {
  const {table, add} = generators();
  const whole = table(2);
  const hand = add as unknown as (...args: readonly unknown[]) => Task;
  for (const [thing, name] of [
    [whole, 'Task tasks.task.test.table(…)'],
    [whole.get('rows'), 'Task tasks.task.test.table(…)'],
    [map(Math.sqrt, [1, 2, 3]), 'MappedTasks of length 3'],
  ] as const) {
    t.deepEqual(Object.keys(thing), []);
    t.deepEqual(Object.entries(thing), []);
    const spread = {...thing, seed: 3};
    for (const use of [
      async () => hand(spread),
      async () => hand(1, [{deep: new Map([['of', Object.assign({}, thing)]])}]),
      async () => new Task(Math.max, spread),
      async () => hand(new Tasklet(spread, String)),
      () => bvalue(spread),
      () => value([spread]),
    ]) {
      const {message} = await t.throwsAsync(use, {instanceOf: JugError});
      const found = `Expected an object, found one into which ${name} was spread (task.test.js:`;
      t.true(message.startsWith(found), message);
      t.regex(message, /task\.get\("key"\).*await bvalue\(task\)/);
    }
  }
});

serial('a loop up to the length of a task is refused, and does not end before it begins', async t => {
  inlineHost();
  const {numbers} = generators();
  const task = numbers(1, 2);
  const error = t.throws(() => (task as unknown as {length: number}).length, {instanceOf: JugError});
  t.regex(
    error.message,
    /^Expected an array, found tasks\.task\.test\.numbers\(1, 2\) \(task\.test\..*it has no length/,
  );
  t.is(await bvalue(task.get('length')), 2);
});

serial('what is not a number is a property of the task itself, not of the result', t => {
  const {numbers} = generators();
  const task = numbers(1) as unknown as Record<string, unknown>;
  t.is(task.then, undefined);
  t.is(task['-1'], undefined);
  t.is(task['1.5'], undefined);
  t.false('0' in task);
  t.deepEqual(Object.keys(task).includes('0'), false);
});

serial('the first members of a result are tasklets', async t => {
  const {numbers, add} = generators();
  const [a, b] = iterateTask(numbers(10, 20, 30), 2);
  t.is(await bvalue(add(a!, b!)), 30);
});

serial('a task that is awaited is itself: nothing is computed', async t => {
  const {numbers, ran} = generators();
  const task = numbers(1);
  t.is(await task, task);
  t.deepEqual(ran, []);
});

serial('tasks and tasklets show what they are', t => {
  const {add, table, numbers} = generators();
  t.is(String(add(1, 2)), 'tasks.task.test.add(1, 2)');
  t.is(inspect(add(1, 2)), 'Task tasks.task.test.add(1, 2)');
  t.is(inspect(table(3).get('rows', 1)), 'Tasklet tasks.task.test.table(3).get(rows, 1)');
  const long = String(numbers(...Array.from({length: 500}, (_, i) => i)));
  t.is(long.length, 'tasks.task.test.numbers()'.length + 80);
  t.true(long.startsWith('tasks.task.test.numbers(0, 1, 2, ') && long.endsWith('…)'));
  t.true(String(add('x'.repeat(500) as never, 2)).length < 110);
});

serial(
  'arguments that cannot be hashed are refused with the task, the argument and the way to the culprit',
  t => {
    const {add} = generators();
    const error = t.throws(() => add(1, {on: [() => {}]} as never), {instanceOf: JugError});
    t.regex(error.message, /^Expected arguments that can be hashed for the task tasks\.task\.test\.add\b/);
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

serial('what is made of a task in passing is refused; its name is there for who asks', t => {
  inlineHost();
  const {add, numbers} = generators();
  const sum = add(1, 2);
  const one = numbers(1, 2)[0];
  for (const [use, made] of [
    ['make text of', (task: unknown) => `${task}.txt`],
    ['make text of', (task: unknown) => ({})[task as string]],
    ['make text of', (task: unknown) => [task].join()],
    ['compute with', (task: unknown) => (task as number) + 1],
    ['compute with', (task: unknown) => (task as number) * 2],
    ['compute with', (task: unknown) => (task as number) > 2],
    ['compute with', (task: unknown) => Number(task)],
    ['write as JSON', (task: unknown) => JSON.stringify({sum: [task]})],
  ] as const) {
    for (const [task, text] of [
      [sum, 'tasks.task.test.add(1, 2)'],
      [one, 'tasks.task.test.numbers(1, 2).get(0)'],
    ] as const) {
      const error = t.throws(() => made(task), {instanceOf: JugError});
      t.true(
        error.message.startsWith(`Expected a value to ${use}, found ${text} (task.test.`),
        error.message,
      );
      t.regex(error.message, /or await bvalue\(task\) for its result; String\(task\) is its name\.$/);
    }
  }
  t.is(format('%s %s', sum, [sum].map(String)[0]), 'tasks.task.test.add(1, 2) tasks.task.test.add(1, 2)');
  t.is(format(sum), 'Task tasks.task.test.add(1, 2)');
  t.false((sum as unknown) == null);
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
  t.regex(error.message, /^Expected the result of tasks\.task\.test\.add\(1, 2\)/);
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
      /is a task, tasks\.task\.test\.add\(1, 2\).*tasks are made by the jugfile.*double\.f\(x\)/,
    );
    t.notRegex(error!.message, /registerClass/);
  }
});
