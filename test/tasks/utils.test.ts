import {mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import type {Argument} from '../../src/core/types.js';
import {bvalue} from '../../src/tasks/barrier.js';
import {hashOne} from '../../src/tasks/function-names.js';
import {NoLoad} from '../../src/tasks/no-load.js';
import {Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {CustomHash, identity, iterateTask, NoHash, returnTuple, timedPath} from '../../src/tasks/utils.js';
import {generators} from './generators.js';

const {serial} = test;

serial('identity makes a task of a value, and leaves a task as it is', async t => {
  const {host, add} = generators();
  const seven = identity(7);
  t.is(await bvalue(seven), 7);
  t.is(hashOne(identity(7)), hashOne(seven));
  const sum = add(1, 2);
  t.is<unknown, unknown>(identity(sum), sum);
  const part = sum.get('x');
  t.is<unknown, unknown>(identity(part), part);
  t.is(host.graph.size, 2);
});

serial('what is wrapped arrives as itself', async t => {
  const {show, add} = generators();
  t.is(
    await bvalue(show(new NoHash(1), new CustomHash({a: 2}, () => 'x'), [new NoHash([3])])),
    '[1,{"a":2},[[3]]]',
  );
  t.is(await bvalue(show(new NoHash(add(1, 2)))), '[3]');
});

serial('a wrapped argument is in the hash as its wrapper says', t => {
  const {show} = generators();
  t.is(show(new NoHash(1)).hash, show(new NoHash(2)).hash);
  t.not(show(new NoHash(1)).hash, show(1).hash);
  const parity = (n: Argument<number>): unknown => (n as number) % 2;
  t.is(show(new CustomHash(1, parity)).hash, show(new CustomHash(3, parity)).hash);
  t.not(show(new CustomHash(1, parity)).hash, show(new CustomHash(2, parity)).hash);
});

serial('a file that changes makes another task of the same path', t => {
  const {show} = generators();
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-utils-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const file = path.join(folder, 'data.csv');
  writeFileSync(file, 'a');
  utimesSync(file, 1000, 1000);
  const before = show(timedPath(file)).hash;
  t.is(show(timedPath(file)).hash, before);
  utimesSync(file, 1000, 2000);
  t.not(show(timedPath(file)).hash, before);
  utimesSync(file, 1000, 1000);
  t.is(show(timedPath(file)).hash, before);
  writeFileSync(file, 'ab');
  utimesSync(file, 1000, 1000);
  t.not(show(timedPath(file)).hash, before);
  t.throws(() => show(timedPath(path.join(folder, 'gone'))), {
    instanceOf: JugError,
    message: /^Expected a file at .*gone for timedPath, found nothing there \(utils\.test\.js:\d+\)\.$/,
  });
});

serial('a tuple is taken apart', async t => {
  const {pair, add} = generators();
  const [plus, minus] = returnTuple(2, pair)(4);
  t.deepEqual(await bvalue([plus, minus]), [4, -4]);
  t.is(await bvalue(add(plus, iterateTask(pair(3), 2)[1])), 1);
});

serial('calls that mean nothing are refused, with the line and what to do', t => {
  const {pair} = generators();
  const task = pair(1);
  const count =
    /^Expected a whole number of members in iterateTask\(task, n\), found .*\n.*await bvalue\(task\)/;
  const generator = /returnTuple\(n, generator\).*\n.*returnTuple\(2, TaskGenerator\(function name/;
  const wrong: readonly (readonly [call: () => unknown, message: RegExp])[] = [
    [() => iterateTask(task, undefined as never), count],
    [() => iterateTask(task, -1), count],
    [() => iterateTask(task, 1.5), count],
    [
      () => iterateTask([1, 2] as never, 2),
      /^Expected a task in iterateTask\(task, n\), found \[ 1, 2 \] \(/,
    ],
    [() => iterateTask(Promise.resolve(task) as never, 2), /found Promise .*\nAwait it first\.$/],
    [() => returnTuple(2, undefined as never), generator],
    [() => returnTuple(pair as never, 2 as never), generator],
    [() => returnTuple(2, ((n: number) => [n, n]) as never)(1 as never), generator],
    [
      () => timedPath(5 as never),
      /^Expected the path of a file in timedPath\(path\), as a string, found 5 \(/,
    ],
    [
      () => new CustomHash(1, undefined as never),
      /^Expected a function in new CustomHash\(object, hash\), found undef/,
    ],
    [
      () => new Tasklet(task, undefined as never),
      /^Expected a function in new Tasklet\(base, fn\), .*\n.*task\.get\(key\)/,
    ],
    [() => new NoLoad(5 as never), /^Expected a task in new NoLoad\(\.\.\.\), found 5 \(/],
    [
      () => TaskGenerator(Math.abs, 'name' as never),
      /^Expected the options of TaskGenerator to be an object, as \{name: …\}/,
    ],
    [() => TaskGenerator(Math.abs, {nam: 'x'} as never), /to be among name, version, found 'nam' \(/],
    [
      () => TaskGenerator(Math.abs, {version: 5 as never}),
      /^Expected the version of a task function to be a string, found 5 \(/,
    ],
    [() => TaskGenerator(undefined as never), /^Expected a function to make tasks of, found nothing \(/],
  ];
  for (const [call, pattern] of wrong) {
    const {message} = t.throws(call, {instanceOf: JugError});
    t.regex(message, pattern);
    t.regex(message, /\(utils\.test\.js:\d+\)\./);
  }
  t.is(iterateTask(task, 0).length, 0);
});

serial('NoLoad refuses what is no task where it is made, and says what to hand over', async t => {
  const {add} = generators();
  const sum = add(1, 2);
  for (const [wrong, found] of [
    [sum.get('n'), 'Tasklet'],
    [[sum], '['],
    [undefined, 'undefined'],
    [3, '3'],
  ] as const) {
    const error = t.throws(() => new NoLoad(wrong as never), {instanceOf: JugError});
    t.true(error.message.startsWith(`Expected a task in new NoLoad(...), found ${found}`), error.message);
    t.regex(error.message, /the task itself, new NoLoad\(task\)/);
  }
  t.is(new NoLoad(sum).base, sum);
});

serial('a task handed on with NoLoad is waited for, and arrives as it was wrapped', async t => {
  const {add, ran} = generators();
  const look = TaskGenerator(async function look(wrapped: NoLoad<number>) {
    return [wrapped instanceof NoLoad, wrapped.base.hash];
  });
  const sum = add(1, 2);
  const looked = look(new NoLoad(sum));
  t.deepEqual(
    looked.dependencies().map(task => task.hash),
    [sum.hash],
  );
  t.deepEqual(await bvalue(looked), [true, sum.hash]);
  t.deepEqual(ran, ['tasks.generators.add', 'tasks.utils.test.look']);
});
