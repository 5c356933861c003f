import {format} from 'node:util';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {bvalue, value} from '../../src/tasks/barrier.js';
import {checkUnchanged} from '../../src/tasks/call-hash.js';
import type {TaskFunction} from '../../src/tasks/functions.js';
import {map} from '../../src/tasks/map-reduce.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {iterateTask} from '../../src/tasks/utils.js';
import {inlineHost} from '../helpers/inline-host.js';
import {generators} from './generators.js';

const {serial} = test;

/** Of functions that say so. */
const calls: string[] = [];

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
    ['tasks.generators.table', 'tasks.generators.add', 'tasks.generators.numbers'],
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
  const name = () => (value: {name: string}) => value.name;
  new Tasklet(table(1), name());
  t.throws(() => new Tasklet(table(1), name()), {
    instanceOf: JugError,
    message: /^Expected a tasklet's function to be one function object/,
  });
  const add = (n: number) => (value: {name: string}) => value.name + n;
  t.throws(() => new Tasklet(table(1), add(1)), {
    instanceOf: JugError,
    message:
      /^Expected a function whose code says all, as the function of a tasklet, .* data: the variable n of add, which made it\.\n/,
  });
});

serial('a task cannot be iterated or spread, and the message says what to do instead', t => {
  const {numbers, table} = generators();
  for (const [thing, name] of [
    [numbers(1, 2), 'tasks.generators.numbers(1, 2)'],
    [table(2).get('rows'), "tasks.generators.table(2).get('rows')"],
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
      t.true(error.message.startsWith(`Expected an array, found ${name} (tasklet.test.js:`), error.message);
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
    [whole, 'Task tasks.generators.table(…)'],
    [whole.get('rows'), 'Task tasks.generators.table(…)'],
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
      const found = `Expected an object, found one into which ${name} was spread (tasklet.test.js:`;
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
    /^Expected an array, found tasks\.generators\.numbers\(1, 2\) \(tasklet\.test\..*it has no length/,
  );
  t.is(await bvalue(task.get('length')), 2);
});

serial('a task has no members of its own', t => {
  const {numbers} = generators();
  const task = numbers(1);
  t.throws(() => '0' in task, {message: /^Expected an object to look for "0" in, found a task/});
  t.deepEqual(Object.keys(task), []);
});

serial('the first members of a result are tasklets', async t => {
  const {numbers, add} = generators();
  const [a, b] = iterateTask(numbers(10, 20, 30), 2);
  t.is(await bvalue(add(a!, b!)), 30);
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
      [sum, 'tasks.generators.add(1, 2)'],
      [one, 'tasks.generators.numbers(1, 2).get(0)'],
    ] as const) {
      const error = t.throws(() => made(task), {instanceOf: JugError});
      t.true(
        error.message.startsWith(`Expected a value to ${use}, found ${text} (tasklet.test.`),
        error.message,
      );
      t.regex(error.message, /or await bvalue\(task\) for its result; String\(task\) is its name\.$/);
    }
  }
  t.is(format('%s %s', sum, [sum].map(String)[0]), 'tasks.generators.add(1, 2) tasks.generators.add(1, 2)');
  t.is(format(sum), 'Task tasks.generators.add(1, 2)');
  t.false((sum as unknown) == null);
});

serial('what a tasklet’s function does to what it is given, nobody else sees', async t => {
  const {numbers, show} = generators();
  const list = numbers(1, 2, 3);
  const last = new Tasklet(list, all => all.pop());
  const reversed = new Tasklet(list, all => all.reverse()[0]);
  const whole = list.get('length');
  t.deepEqual(await bvalue([last, list, reversed, last, whole]), [3, [1, 2, 3], 3, 3, 3] as never);
  t.deepEqual(await bvalue([reversed, last]), [3, 3] as never);
  t.is(await bvalue(show(reversed, list, last)), '[3,[1,2,3],3]');
  const inner = new Tasklet(list, all => all);
  const grown = [0, 1].map(
    n => new Tasklet(inner, n === 0 ? (all: number[]) => all.push(4) : (all: number[]) => all.push(5)),
  );
  t.deepEqual(await bvalue([...grown, inner]), [4, 4, [1, 2, 3]] as never);
  const pair = [list, list];
  const both = new Tasklet(pair, ([one, other]) => {
    one!.push(9);
    return other!.length;
  });
  t.deepEqual(await bvalue([both, pair]), [
    4,
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  ] as never);
  const {table} = generators();
  const rows = table(2).get('rows');
  const cut = new Tasklet(rows, all => (all as unknown[]).pop());
  t.deepEqual(await bvalue([cut, table(2)]), [
    [1, 1],
    {
      rows: [
        [0, 0],
        [1, 1],
      ],
      name: 't2',
    },
  ] as never);
});

serial('a tasklet’s function has for itself what stands beside a function, or is bytes', async t => {
  const {numbers, bytes} = generators();
  const list = numbers(1, 2, 3);
  const down = (a: number, b: number): number => b - a;
  const largest = new Tasklet([list, down, new Map([['of', [list, down]]])] as const, given => {
    const [all, compare, byName] = given as unknown as [number[], typeof down, Map<string, [number[]]>];
    byName.get('of')![0].pop();
    return all.sort(compare)[0]!;
  });
  t.deepEqual(await bvalue([largest, list] as never), [2, [1, 2, 3]] as never);
  const raw = bytes(7, 7);
  const cleared = new Tasklet(raw, all => all.fill(0)[0]!);
  t.deepEqual(await bvalue([cleared, raw, cleared]), [0, Buffer.from([7, 7]), 0] as never);
});

serial('what a tasklet’s function cannot have for itself is refused where others are given it', async t => {
  const {numbers} = generators();
  class Unknown {
    constructor(readonly all: number[]) {}
  }
  const list = numbers(1, 2, 3);
  const made = new Tasklet(list, all => new Unknown(all));
  t.is(await bvalue(new Tasklet(made, ({all}) => all.pop())), 3);
  const two = [new Tasklet(made, ({all}) => all.shift()), new Tasklet(made, ({all}) => all.length)];
  const {message} = (await t.throwsAsync(bvalue(two), {instanceOf: JugError}))!;
  t.regex(
    message,
    /^Expected a value that can be copied for the function of the tasklet .*numbers.*, found Unknown \{/,
  );
  t.regex(message, /a tasklet of its own for each/);
});

serial('a tasklet’s function may be async, and is called once', async t => {
  const {numbers, show} = generators();
  calls.length = 0;
  const list = numbers(1, 2, 3);
  const first = new Tasklet(list, async function first(all) {
    calls.push('first');
    await null;
    return all[0]!;
  });
  const next = new Tasklet(first, async function next(n: number) {
    calls.push('next');
    return n + 1;
  });
  const plain = new Tasklet(next, function plain(n: number) {
    calls.push('plain');
    return n * 10;
  });
  t.is(await bvalue(first), 1);
  t.is(await first.value(), 1);
  calls.length = 0;
  t.deepEqual(await bvalue([plain, {next, all: new Map([['first', first]])}, list] as never), [
    20,
    {next: 2, all: new Map([['first', 1]])},
    [1, 2, 3],
  ] as never);
  t.deepEqual(calls, ['first', 'next', 'plain']);
  calls.length = 0;
  t.is(await bvalue(show(plain, [next], first)), '[20,[2],1]');
  t.deepEqual(calls, ['first', 'next', 'plain']);
  const failing = new Tasklet(list, async function failing() {
    throw new RangeError('no');
  });
  await t.throwsAsync(bvalue([first, failing]), {instanceOf: RangeError, message: 'no'});
});

serial('tasklets of tasklets may be any number', async t => {
  const {add, show} = generators();
  let sum: Tasklet<number> = new Tasklet(add(0, 0), function increment(n: number) {
    return n + 1;
  });
  const {call} = sum.step as {call: TaskFunction};
  for (let i = 1; i < 20_000; i++) sum = new Tasklet(sum, call.fn as (n: number) => number);
  t.is(await bvalue(sum), 20_000);
  t.deepEqual(sum.dependencies().map(String), ['tasks.generators.add(0, 0)']);
  const shown = show(sum);
  t.is(await bvalue(shown), '[20000]');
  t.true(String(shown).length < 200);
  t.true(format('%O', sum).length < 1000);
  t.notThrows(() => checkUnchanged(shown));
});
