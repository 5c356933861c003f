// Jugfiles of every kind, after the ideas of those that Python's jug is tested with: each is executed, its values are
// read by a script, and a second run finds everything finished.

import test, {type ExecutionContext} from 'ava';
import {openRig, type Rig, rowsOf, withoutProgress} from '../helpers/rig.js';

type Values = Readonly<Record<string, unknown>>;

/** Executes the jugfile, and checks its exports and, by function, how many tasks were executed. */
async function gives(
  t: ExecutionContext,
  jugfile: string,
  values: Values,
  executed: Readonly<Record<string, number>>,
): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': jugfile});
  const first = await rig.jug('execute -j 2');
  t.is(first.code, 0, first.stderr);
  t.is(withoutProgress(first.stderr), '', 'progress apart, nothing is said');
  t.deepEqual(column(first.stdout, 0), executed);
  t.deepEqual(await rig.values(Object.keys(values).join(' ')), values);
  const again = await rig.jug('execute -j 2');
  t.is(again.code, 0, again.stderr);
  t.deepEqual(
    column(again.stdout, 0),
    mapValues(executed, () => 0),
  );
  t.deepEqual(column(again.stdout, 1), executed);
  t.is((await rig.jug('check')).code, 0);
  return rig;
}

function column(table: string, index: number): Record<string, number> {
  const {Total: _, ...rows} = rowsOf(table);
  return mapValues(rows, numbers => numbers[index]!);
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, fn: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fn(value)]));
}

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

test('a mapped sequence may be valued after a barrier, and reduced by the jugfile itself', t =>
  gives(
    t,
    `
import {barrier, mapreduce, value} from 'jug';
function half(x: number) { return x / 2; }
const halves = mapreduce.map(half, Array.from({length: 20}, (_, i) => 2 * (i + 1)));
await barrier();
export const product = (await value(halves)).reduce((a, b) => a * b);
`,
    {product: 2432902008176640000},
    {'jug.map(jugfile.half)': 5},
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

const TWICE = `
import {barrier, CompoundTask, CompoundTaskGenerator, identity, TaskGenerator, value} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const twice = CompoundTaskGenerator(function twice(x: number) { return [double(x), double(x)]; });
const tadd = TaskGenerator(function tadd(y: number[]) { return y[0] + y[1]; });
`;

test('a compound task counts as one, and its inner tasks are forgotten when it is finished', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}\nexport const eight = await twice(4);\nexport const sixteen = tadd(eight);\n`,
  });
  const {code, stdout} = await rig.jug('execute -j 2');
  t.is(code, 0);
  t.deepEqual(column(stdout, 0), {
    'jugfile.double': 1,
    'jug.compound(jugfile.twice)': 1,
    'jugfile.tadd': 1,
  });
  t.deepEqual(await rig.values('eight sixteen'), {eight: [8, 8], sixteen: 16});
  t.deepEqual(column((await rig.jug('count')).stdout, 0), {
    'jug.compound(jugfile.twice)': 1,
    'jugfile.tadd': 1,
  });
});

test('the result of a compound task goes through barriers and identity', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}
let eight: any = await twice(4);
await barrier();
eight = identity({pair: eight}).get('pair');
await barrier();
export const sixteen = tadd(eight);
`,
  });
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.deepEqual(await rig.values('sixteen'), {sixteen: 16});
});

test('a compound task may have barriers inside', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, CompoundTask, TaskGenerator, value} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
async function fourfold(x: any) {
  const once = double(x);
  await barrier();
  return double(await value(once));
}
export const four = double(2);
export const sixteen = await CompoundTask(fourfold, four);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  t.is(column(stdout, 0)['jug.compound(jugfile.fourfold)'], 1);
  t.deepEqual(await rig.values('four sixteen'), {four: 4, sixteen: 16});
  t.is((await rig.jug('check')).code, 0);
});

test('a compound task whose function answers with a value is finished like any other', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}
async function count(n: number): Promise<any> { return n === 0 ? 0 : [await CompoundTask(count, n - 1)]; }
const all = CompoundTaskGenerator(function all(xs: number[]) { return xs.map(x => double(x)); });
export const none = await all([]);
export const two = await CompoundTask(count, 2);
export const size = double(none.get('length') as any);
await barrier();
export const known = [await value(none)];
`,
  });
  t.is((await rig.jug('check')).code, 1);
  const {code, stdout, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  const counts = {'jug.compound(jugfile.all)': 1, 'jug.compound(jugfile.count)': 3, 'jugfile.double': 1};
  t.deepEqual(column(stdout, 0), counts);
  const values = {none: [], two: [[0]], size: 0, known: [[]]};
  t.deepEqual(await rig.values('none two size known'), values);
  t.regex((await rig.jug('cleanup')).stdout, /^Removed 2 results\.$/m);
  t.is((await rig.jug('check')).code, 0);
  t.deepEqual(await rig.values('none two size known'), values);
});

test('CustomHash decides what counts as the same argument; the function sees the object', async t => {
  const rig = await gives(
    t,
    `
import {CustomHash, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: {n: number; noise?: number}) { return 2 * x.n; });
const one = new CustomHash({n: 1, noise: Math.random()}, (x: any) => 'n' + x.n);
export const two = double(one);
`,
    {two: 2},
    {'jugfile.double': 1},
  );
  t.is((await rig.jug('count')).code, 0);
});

test('NoHash keeps an argument out of the identity of a task', async t => {
  const rig = await openRig(t);
  const jugfile = (path: string): string => `
import {NoHash, TaskGenerator} from 'jug';
const read = TaskGenerator(function read(name: string, folder: string) { return folder + name; });
export const text = read('x', new NoHash('${path}'));
`;
  rig.write({'jugfile.ts': jugfile('/one/')});
  t.is((await rig.jug('execute -j 1')).code, 0);
  rig.write({'jugfile.ts': jugfile('/two/')});
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 1), {'jugfile.read': 1});
  t.deepEqual(await rig.values('text'), {text: '/one/x'});
});

test('an object may say itself what is hashed and which value it stands for', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
class Wrapped {
  #n: number;
  constructor(n: number) { this.#n = n; }
  [Symbol.for('jug.hash')]() { return 'wrapped ' + this.#n; }
  [Symbol.for('jug.value')]() { return this.#n; }
}
const double = TaskGenerator(function double(x: number) { return 2 * x; });
export const all = [double(new Wrapped(1) as any), double(new Wrapped(2) as any), double(new Wrapped(1) as any)];
`,
    {all: [2, 4, 2]},
    {'jugfile.double': 2},
  ));

test('map, mapreduce, currymap and reduce work on nothing', t =>
  gives(
    t,
    `
import {mapreduce} from 'jug';
function double(x: number) { return 2 * x; }
function add(a: number, b: number) { return a + b; }
export const mapped = mapreduce.map(double, []);
export const curried = mapreduce.currymap(add, []);
export const both = mapreduce.mapreduce(add, double, []);
export const reduced = mapreduce.reduce(add, []);
export const lengths = [mapped.length, curried.length];
`,
    {mapped: [], curried: [], both: [], reduced: [], lengths: [0, 0]},
    {'jug.identity': 1},
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
  for (const x of [2, 5, 8])
    t.regex(stderr, new RegExp(`FAILED jugfile\\.someFail\\(${x}\\) .*\\n.*RangeError: no ${x}`));
  t.deepEqual(rowsOf((await rig.jug('status')).stdout), {
    'jugfile.someFail': [3, 0, 0, 7, 0],
    'jugfile.plus1': [0, 3, 0, 7, 0],
    Total: [3, 3, 0, 14, 0],
  });
  t.is((await rig.jug('check')).code, 1);
});

test('iterateTask gives the members of an array that is not there yet', t =>
  gives(
    t,
    `
import {iterateTask, Task} from 'jug';
function double(xs: number[]) { return xs.map(x => x * 2); }
const t = new Task(double, [0, 1, 2]);
export const [t0, t1, t2] = iterateTask(t, 3);
export const f2 = new Task(double, [t0, t1]);
export const f3 = new Task(double, [2, 3, 4]);
`,
    {t0: 0, t1: 2, t2: 4, f2: [0, 4], f3: [4, 6, 8]},
    {'jugfile.double': 3},
  ));

test('a mapped sequence is passed on to a task, mapped again, sliced and indexed', t =>
  gives(
    t,
    `
import {mapreduce, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const sumAll = TaskGenerator(function sumAll(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const v2s = mapreduce.map(double, Array.from({length: 16}, (_, i) => i));
export const s = sumAll(v2s);
export const v4s = mapreduce.map(double, v2s, {mapStep: 16});
export const part = v2s.slice(3, 9);
export const partSum = sumAll(part);
export const member = double(v2s[5]);
export const length = v2s.length;
`,
    {
      v2s: Array.from({length: 16}, (_, i) => 2 * i),
      s: 240,
      v4s: Array.from({length: 16}, (_, i) => 4 * i),
      part: [6, 8, 10, 12, 14, 16],
      partSum: 66,
      member: 20,
      length: 16,
    },
    {'jug.map(jugfile.double)': 5, 'jugfile.sumAll': 2, 'jugfile.double': 1},
  ));

test('mapreduce takes task generators as well as functions', t =>
  gives(
    t,
    `
import {mapreduce, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const sum2 = TaskGenerator(function sum2(a: number, b: number) { return a + b; });
const numbers = Array.from({length: 100}, (_, i) => i);
export const total = mapreduce.mapreduce(sum2.f, double.f, numbers);
export const same = mapreduce.mapreduce(sum2 as any, double as any, numbers);
export const curried = mapreduce.currymap(sum2.f, [[1, 2], [3, 4]] as [number, number][]);
export const joined = mapreduce.reduce((function join(a: string, b: string) { return a + b; }), [...'abcdefghijklmnopqrstuvwxyz']);
`,
    {total: 9900, same: 9900, curried: [3, 7], joined: 'abcdefghijklmnopqrstuvwxyz'},
    {
      'jug.mapreduce(jugfile.sum2, jugfile.double)': 25,
      'jug.reduce(jugfile.sum2)': 5,
      'jug.currymap(jugfile.sum2)': 1,
      'jug.reduce(jugfile.join)': 5,
    },
  ));

test('tasks are mapped in blocks', t =>
  gives(
    t,
    `
import {mapreduce, Task, TaskGenerator} from 'jug';
function double(x: number) { return 2 * x; }
function double2(x: number) { return 2 * x; }
const doSum = TaskGenerator(function doSum(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
const partial = Array.from({length: 16}, (_, x) => new Task(double, x));
export const final = doSum(mapreduce.map(double2, partial, {mapStep: 2}));
`,
    {final: 480},
    {'jugfile.double': 16, 'jug.map(jugfile.double2)': 8, 'jugfile.doSum': 1},
  ));

test('NoLoad hands over the task; its result is read inside the worker on demand', t =>
  gives(
    t,
    `
import {NoLoad, TaskGenerator, value} from 'jug';
const square = TaskGenerator(function square(x: number) { return x * x; });
const sumPartials = TaskGenerator(async function sumPartials(ts: any[]) {
  let total = 0;
  for (const t of ts) {
    if (!(t instanceof NoLoad)) throw new Error('it was loaded');
    total += await value(t.base) as number;
  }
  return total;
});
const double = TaskGenerator(function double(x: number) { return 2 * x; });
export const x = sumPartials(Array.from({length: 10}, (_, i) => new NoLoad(square(i))));
export const final = double(x);
`,
    {x: 285, final: 570},
    {'jugfile.square': 10, 'jugfile.sumPartials': 1, 'jugfile.double': 1},
  ));

test('a task may be the subscript of another, and returnTuple splits results', t =>
  gives(
    t,
    `
import {returnTuple, TaskGenerator} from 'jug';
const zero = TaskGenerator(function zero() { return 0; });
const range10 = TaskGenerator(function range10() { return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; });
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const plus1 = returnTuple(2, TaskGenerator(function plus1(x: number) { return [x, x + 1]; }));
export const z2 = double(range10().get(zero()));
export const [z2_2, z3] = plus1(z2);
`,
    {z2: 0, z2_2: 0, z3: 1},
    {'jugfile.zero': 1, 'jugfile.range10': 1, 'jugfile.double': 1, 'jugfile.plus1': 1},
  ));

test('a subscript of a task is computed where it is needed, whatever it goes into', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number): [number, number] { return [x, 2 * x]; });
const table = TaskGenerator(function table() { return {rows: [[1, 2], [3, 4]], byName: new Map([['k', 5]])}; });
const y = double(2);
export const z = double(y[1]);
const all = table();
export const cell = all.get('rows', 1, 0);
export const same = all.get('rows').get(1).get(0);
export const inMap = all.get('byName', 'k');
export const parts = double(all.get('byName').get('k') as any);
`,
    {z: [4, 8], cell: 3, same: 3, inMap: 5, parts: [5, 10]},
    {'jugfile.double': 3, 'jugfile.table': 1},
  ));

test('tasklets are made of tasklets, by named functions and by arrow functions', t =>
  gives(
    t,
    `
import {Task, Tasklet} from 'jug';
function double(xs: number[]) { return xs.map(x => x * 2); }
function sum2(a: number, b: number) { return a + b; }
function plus1(x: number) { return x + 1; }
const t = new Task(double, [0, 1, 2, 3, 4, 5, 6, 7]);
export const t0 = t[0];
export const t2 = t[2];
export const t0_2 = new Task(sum2, t0, t2);
export const t0_2_1 = new Tasklet(t0_2, plus1);
export const t0_2_2 = new Tasklet(t0_2_1, (x: number) => x + 1);
export const both = new Tasklet([t0_2_1, t0_2_2] as any, ([a, b]: number[]) => a * b);
export const final = new Task(sum2, t0_2_1, t0_2_2);
export const ofBoth = new Task(plus1, both);
const scale = (x: number) => x * 100;
export const nested = new Task(plus1, new Tasklet({deep: [new Tasklet(both, scale)]} as any, (o: any) => o.deep[0]));
`,
    {t0: 0, t2: 4, t0_2: 4, t0_2_1: 5, t0_2_2: 6, both: 30, final: 11, ofBoth: 31, nested: 3001},
    {'jugfile.double': 1, 'jugfile.sum2': 2, 'jugfile.plus1': 2},
  ));

test('functions of the language become task functions', t =>
  gives(
    t,
    `
import {Task, TaskGenerator} from 'jug';
import {basename} from 'node:path';
const max = TaskGenerator(Math.max);
export const five = max(3, max(1, 5), 4);
export const name = new Task(basename, '/some/where.txt');
export const half = TaskGenerator(Number.parseFloat)('0.5');
`,
    {five: 5, name: 'where.txt', half: 0.5},
    {'jugfile.max': 2, 'jugfile.basename': 1, 'jugfile.parseFloat': 1},
  ));

test('identity makes a large argument of many tasks a task of its own', t =>
  gives(
    t,
    `
import {identity, TaskGenerator} from 'jug';
const big = identity(Array.from({length: 1000}, (_, i) => i));
const pick = TaskGenerator(function pick(xs: number[], i: number) { return xs[i]; });
export const picked = [0, 10, 999].map(i => pick(big, i));
`,
    {picked: [0, 10, 999]},
    {'jug.identity': 1, 'jugfile.pick': 3},
  ));

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

test('timedPath makes a new task when the file changes', async t => {
  const rig = await openRig(t);
  rig.write({
    'input.txt': 'abc',
    'jugfile.ts': `
import {readFileSync} from 'node:fs';
import {TaskGenerator, timedPath} from 'jug';
const length = TaskGenerator(function length(path: string) { return readFileSync(path, 'utf8').length; });
export const n = length(timedPath('input.txt'));
`,
  });
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 1), {'jugfile.length': 1});
  rig.write({'input.txt': 'abcde'});
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 0), {'jugfile.length': 1});
  t.deepEqual(await rig.values('n'), {n: 5});
  rig.remove('input.txt');
  const {code, stderr} = await rig.jug('count');
  t.is(code, 3);
  t.regex(stderr, /Expected a file at input\.txt for timedPath, found nothing there/);
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

test('iterating or spreading a task is refused, naming iterateTask and bvalue', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const list = TaskGenerator(function list() { return [1, 2]; });
export const [a, b] = list() as any;
`,
  });
  const {code, stderr} = await rig.jug('execute');
  t.is(code, 3);
  t.regex(stderr, /jugfile\.list\(\).*cannot be iterated or spread/);
  t.regex(stderr, /iterateTask\(task, n\).*await bvalue\(task\)/);
});

test('two tasklet functions with the same source are refused, since what they capture cannot be told apart', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator, Tasklet} from 'jug';
const one = TaskGenerator(function one() { return 1; });
export const all = [1, 2].map(n => new Tasklet(one(), (x: number) => x + n));
`,
  });
  const {code, stderr} = await rig.jug('execute');
  t.is(code, 3);
  t.regex(stderr, /second one with the same source at jugfile\.ts:4/);
});

test('the methods of a task tell where it stands', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { if (x === 13) throw new Error('unlucky'); return 2 * x; });
export const two = double(1);
export const four = double(two);
export const unlucky = double(13);
`,
  });
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  const {code, stdout, stderr} = await rig.script(`
import {init, hashOne, isJugRunning} from 'jug';
const {store, jugspace: {two, four, unlucky}} = await init('jugfile.ts');
const facts = [two.name, two.hash.length, two.args, four.dependencies()[0] === two, await two.canLoad(), await unlucky.canLoad(),
  await four.canRun(), await two.value(), await unlucky.isFailed(), await two.isFailed(), await two.isLocked(), hashOne(two).length];
await two.invalidate();
facts.push(await two.canLoad(), await four.canLoad(), await four.canRun(), await two.run(), await two.canLoad());
console.log(JSON.stringify(facts));
await store.close();
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [
    ...['jugfile.double', 64, [1], true, true, false, true, 2, true, false, false, 64],
    ...[false, false, false, 2, true],
  ]);
});

test('execute as a function of the library answers with a summary of the same run', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isJugRunning, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { if (x === 2) throw new Error('two'); return 2 * x; });
export const all = [0, 1, 2].map(x => double(x));
export const running = isJugRunning();
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute, isJugRunning} from 'jug';
const {functions, failures, counts, exitCode} = await execute('jugfile.ts', {jobs: 2, keepGoing: true, jugdir: 'elsewhere'});
console.log(JSON.stringify([functions, failures.map(({task, failure}) => [task, failure.error.message]), counts, exitCode]));
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [
    [{name: 'jugfile.double', executed: 2, loaded: 0, failed: 1}],
    [['jugfile.double(2)', 'two']],
    {failed: 1, waiting: 0, ready: 0, finished: 2, running: 0},
    1,
  ]);
  t.true(rig.exists('elsewhere'));
  t.false(rig.exists('jugfile.jugdata'));
});

test('an open store, or what is no path, is refused by init and execute where they are called', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': 'export const nothing = 0;\n'});
  const {code, stdout, stderr} = await rig.script(`
import {execute, init} from 'jug';
const {store} = await init('jugfile.ts');
await store.close();
for (const call of [
  () => init('jugfile.ts', store), () => execute('jugfile.ts', {jugdir: store}),
  () => init(new URL('jugfile.ts', import.meta.url)), () => execute(5), () => init('jugfile.ts', undefined, 'word'),
]) await call().then(() => console.log('accepted'), error => console.log(error.name + ': ' + error.message));
`);
  t.is(code, 0, stderr);
  for (const expected of [
    /^JugError: Expected the jugdir in init\(jugfile, jugdir\) to be a string, found .* \(script-0\.mjs:6\)\.\ninit opens the store/m,
    /^JugError: Expected jugdir to be a string, found .* \(script-0\.mjs:6\)\.$/m,
    /^JugError: Expected the path of a jugfile, as a string, found URL .* \(script-0\.mjs:7\)\.$/m,
    /^JugError: Expected the path of a jugfile, as a string, found 5 \(/m,
    /^JugError: Expected the arguments in init\(jugfile, jugdir, args\) to be an array, found 'word' \(/m,
  ])
    t.regex(stdout, expected);
  t.notRegex(stdout, /accepted/);
});
