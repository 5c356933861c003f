// Jugfiles of every kind, after the ideas of those that Python's jug is tested with: tasks, barriers and values.

import test from 'ava';
import {column, gives} from '../helpers/jugfile.js';
import {openRig, rowsOf} from '../helpers/rig.js';

test('tasks of tasks, four functions deep, give what plain calls give', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return x * 2; });
const sum2 = TaskGenerator(function sum2(a: number, b: number) { return a + b; });
const plus1 = TaskGenerator(function plus1(x: number) { return x + 1; });
const doubles = [0, 1, 2, 3, 4, 5, 6, 7].map(v => double(v));
const more = doubles.map(v => plus1(v));
const sums = more.map(v => sum2(v, 2));
export const vals = sums.map(v => sum2(v, v));
`,
    {vals: [6, 10, 14, 18, 22, 26, 30, 34]},
    {'jugfile.double': 8, 'jugfile.plus1': 8, 'jugfile.sum2': 16},
  ));

test('functions with other parameters stand side by side, and equal calls are one task', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
const sum_2 = TaskGenerator(function sum_2(a: number) { return a + 2; });
const sum_3 = TaskGenerator(function sum_3(a: number, b: number) { return a + b + 3; });
const subtract = TaskGenerator(function subtract(a: number, b: number) { return a - b; });
let vals: any[] = [0, 1, 2, 3, 3, 2];
vals = vals.map(v => sum_2(v));
vals = vals.map(v => sum_3(v, v));
export const result = vals.map(v => subtract(v, 5));
`,
    {result: [2, 4, 6, 8, 8, 6]},
    {'jugfile.sum_2': 4, 'jugfile.sum_3': 4, 'jugfile.subtract': 4},
  ));

test('after a barrier the jugfile goes on, and functions passed as arguments travel by name', t =>
  gives(
    t,
    `
import {barrier, Task} from 'jug';
function double(x: number) { return x * Math.round(Math.sqrt(2) * Math.sqrt(2)); }
export const two = new Task(double, 1);
await barrier();
export const four = new Task(double, two);
function make_call(f: (x: number) => number, x: number) { return f(x); }
export const eight = new Task(make_call, double, four);
`,
    {two: 2, four: 4, eight: 8},
    {'jugfile.double': 2, 'jugfile.make_call': 1},
  ));

test.serial('chains of 2048 tasks before and after a barrier come to their end', async t => {
  const rig = await gives(
    t,
    `
import {barrier, TaskGenerator} from 'jug';
const next = TaskGenerator(function next(x: number) { return x + 1; });
let s: any = 1;
for (let i = 0; i < 2048; i++) s = next(s);
export const middle = s;
await barrier();
for (let i = 0; i < 2048; i++) s = next(s);
export const last = s;
`,
    {middle: 2049, last: 4097},
    {'jugfile.next': 4096},
  );
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 0, 4096, 0]);
});

test('bvalue gives the value in the middle of a jugfile', t =>
  gives(
    t,
    `
import {bvalue, Task} from 'jug';
function double(x: number) { return 2 * x; }
const two = await bvalue(new Task(double, 1));
export const four = 2 * two;
export const deep = await bvalue({list: [new Task(double, two)], plain: 7});
`,
    {four: 4, deep: {list: [4], plain: 7}},
    {'jugfile.double': 2},
  ));

test('value resolves tasks at any depth of arrays, objects, Map and Set', t =>
  gives(
    t,
    `
import {barrier, TaskGenerator, value} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const one = double(1), two = double(2);
await barrier();
const seen = await value({a: [one, {b: two}], m: new Map([['k', one]]), s: new Set([two])});
export const shown = [seen.a, [...seen.m], [...seen.s]];
`,
    {shown: [[2, {b: 4}], [['k', 2]], [4]]},
    {'jugfile.double': 2},
  ));

test('tasks stand anywhere inside arguments: objects, arrays, Map and Set', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const show = TaskGenerator(function show(o: {list: number[]; map: Map<string, number>; set: Set<number>}) {
  return [o.list, [...o.map], [...o.set]];
});
export const shown = show({list: [double(1), 5], map: new Map([['k', double(2)]]), set: new Set([double(3)])});
`,
    {shown: [[2, 5], [['k', 4]], [6]]},
    {'jugfile.double': 3, 'jugfile.show': 1},
  ));

test('of twenty tasks with --keep-going, 14 finish, 3 fail and 3 wait', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const someFail = TaskGenerator(function someFail(x: number) {
  if ([2, 5, 8].includes(x)) throw new RangeError('no ' + x);
  return x;
});
const plus1 = TaskGenerator(function plus1(x: number) { return x + 1; });
export const vals = Array.from({length: 10}, (_, x) => plus1(someFail(x)));
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2 --keep-going');
  t.is(code, 1);
  t.deepEqual(rowsOf(stdout), {
    'jugfile.someFail': [7, 0, 3],
    'jugfile.plus1': [7, 0, 0],
    Total: [14, 0, 3],
  });
  // One is told whole, those like it are counted, and both before it is told what the run came to.
  const [, told, reason] = /FAILED jugfile\.someFail\((\d)\) .*\n.*RangeError: no (\d)/.exec(stderr) ?? [];
  t.true(['2', '5', '8'].includes(told!), stderr);
  t.is(reason, told);
  t.regex(
    stderr,
    new RegExp(
      `FAILED 2 more like jugfile\\.someFail\\(${told}\\) .*\\n3 tasks failed, and 3 more are not finished`,
    ),
  );
  t.deepEqual(rowsOf((await rig.jug('status')).stdout), {
    'jugfile.someFail': [3, 0, 0, 7, 0],
    'jugfile.plus1': [0, 3, 0, 7, 0],
    Total: [3, 3, 0, 14, 0],
  });
  t.is((await rig.jug('check')).code, 1);
});

test('CachedFunction computes once, in the middle of a jugfile', async t => {
  const rig = await gives(
    t,
    `
import {CachedFunction, TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
async function list(n: number) { ran('list ' + n); return Array.from({length: n}, (_, i) => i); }
const double = TaskGenerator(function double(x: number) { return 2 * x; });
export const doubled = (await CachedFunction(list, 3)).map(x => double(x));
`,
    {doubled: [0, 2, 4]},
    {'jugfile.list': 1, 'jugfile.double': 3},
  );
  t.deepEqual(rig.runs(), ['list 3']);
});

test('arguments after the jugfile and after -- are process.argv.slice(2) in main and in workers', async t => {
  const rig = await openRig(t);
  rig.write({
    'mine.ts': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
const seen = process.argv.slice(2);
const inWorker = TaskGenerator(function inWorker(fromMain: string[]) { return [fromMain, seen, process.argv.slice(2), isMainThread]; });
export const argv = inWorker(seen);
export const jugfile = process.argv[1];
`,
  });
  t.is((await rig.jug('execute -j 1 mine.ts here 7 -- --noarg -x here')).code, 0);
  const {code, stdout, stderr} = await rig.script(`
import {init, value} from 'jug';
const before = process.argv;
const {store, jugspace} = await init('mine.ts', undefined, ['here', '7', '--noarg', '-x', 'here']);
console.log(JSON.stringify([await value(jugspace.argv), jugspace.jugfile, process.argv === before]));
await store.close();
`);
  t.is(code, 0, stderr);
  const expected = ['here', '7', '--noarg', '-x', 'here'];
  t.deepEqual(JSON.parse(stdout), [[expected, expected, expected, false], `${rig.folder}/mine.ts`, true]);
});

test('the version of a function enters the identity of its tasks, its own name can be replaced', async t => {
  const rig = await openRig(t);
  const jugfile = (version: string): string => `
import {TaskGenerator} from 'jug';
const one = TaskGenerator((x: number) => x + 1, {name: 'addOne', version: '${version}'});
export const two = one(1);
export const plain = one.f(5);
`;
  rig.write({'jugfile.ts': jugfile('1')});
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 0), {'jugfile.addOne': 1});
  rig.write({'jugfile.ts': jugfile('2')});
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 0), {'jugfile.addOne': 1});
  t.deepEqual(await rig.values('two plain'), {two: 2, plain: 6});
});

test('new functions may be defined after a barrier, and a last task may write a file', async t => {
  const rig = await gives(
    t,
    `
import {writeFileSync} from 'node:fs';
import {barrier, bvalue, TaskGenerator} from 'jug';
const count = TaskGenerator(function count() { return 3; });
const n = await bvalue(count());
const shout = TaskGenerator(function shout(i: number) { return 'x'.repeat(i); });
const lines = Array.from({length: n}, (_, i) => shout(i));
await barrier();
const save = TaskGenerator(function save(lines: string[]) { writeFileSync('out.txt', lines.join(',')); return true; });
export const saved = save(lines);
`,
    {saved: true},
    {'jugfile.count': 1, 'jugfile.shout': 3, 'jugfile.save': 1},
  );
  t.is(rig.read('out.txt'), ',x,xx');
});
