// Jugfiles that take results apart: subscripts, tasklets, tuples.

import test from 'ava';
import {gives} from '../helpers/jugfile.js';
import {openRig} from '../helpers/rig.js';

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
    {'node.max': 2, 'node.basename': 1, 'node.parseFloat': 1},
  ));

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

test('an object into which a task was spread is refused at the line that hands it over, naming get and bvalue', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const config = TaskGenerator(function config(name: string) { return {name, size: 1}; });
const use = TaskGenerator(function use(options: object) { return JSON.stringify(options); });
const options = {...config('x'), seed: 3};
export const used = use(options);
`,
  });
  const {code, stderr} = await rig.jug('execute');
  t.is(code, 3);
  t.regex(stderr, /Task jugfile\.config\(…\) was spread \(jugfile\.ts:6\)/);
  t.regex(stderr, /task\.get\("key"\).*await bvalue\(task\)/);
  t.notRegex(stderr, /^ +at /m);
});

test('the function of a tasklet that carries data is refused, with the data and what to write', async t => {
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
  t.regex(
    stderr,
    /\(jugfile\.ts:4\), which carries data: the variable n of a function around it\.\n.*new Tasklet\(\[task, factor\], scale\)/,
  );
});

test('places from the end and slices are computed where they are needed', t =>
  gives(
    t,
    `
import {mapreduce, TaskGenerator} from 'jug';
const range = TaskGenerator(function range(n: number) { return Array.from({length: n}, (_, i) => i); });
const text = TaskGenerator(function text(...of: unknown[]) { return JSON.stringify(of); });
const square = (n: number) => n * n;
const all = range(5);
const mapped = mapreduce.map(square, [1, 2, 3, 4, 5, 6]);
export const places = text(all.at(-1), all.get(-2), all.slice(1, -1), all.slice(all[1]!).at(0), mapped.get(-1));
export const last = all.slice(-2);
export const squares = text(mapped.slice(1.9, -1), mapped.get(range(2).at(-1)));
`,
    {places: '[4,3,[1,2,3],1,36]', last: [3, 4], squares: '[[4,9,16,25],4]'},
    {'jug.map(jugfile.square)': 2, 'jugfile.range': 2, 'jugfile.text': 2},
  ));

test('a tasklet’s function has a list of its own, in whatever order it is asked for', t =>
  gives(
    t,
    `
import {TaskGenerator, Tasklet} from 'jug';
const list = TaskGenerator(function list(n: number) { return Array.from({length: n}, (_, i) => i + 1); });
const show = TaskGenerator(function show(...all: unknown[]) { return JSON.stringify(all); });
const numbers = list(4);
const last = new Tasklet(numbers, all => all.pop()!);
const reversed = new Tasklet(numbers, all => all.reverse().at(-1)!);
async function firstOf(all: number[]) { return all.shift()!; }
const first = new Tasklet(numbers, firstOf);
export const one = show(numbers, last, first);
export const other = show({first}, reversed, [last], numbers);
export const both = [first, last];
`,
    {one: '[[1,2,3,4],4,1]', other: '[{"first":1},1,[4],[1,2,3,4]]', both: [1, 4]},
    {'jugfile.list': 1, 'jugfile.show': 2},
  ));

test('tasklets of tasklets may be any number', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator, Tasklet} from 'jug';
const one = TaskGenerator(function one() { return 1; });
const show = TaskGenerator(function show(n: number) { if (n < 0) throw new Error('negative'); return n; });
function increment(n: number): number { return n + 1; }
function negative(n: number): number { return -n; }
let sum: any = one();
for (let i = 0; i < 20_000; i++) sum = new Tasklet(sum, increment);
export const shown = show(sum);
export const failing = show(new Tasklet(sum, negative));
`,
  });
  t.regex((await rig.jug('status')).stdout, /0 +2 +1 +0 +0 +Total/);
  const {code, stderr} = await rig.jug('execute -j 1 --keep-going');
  t.is(code, 1);
  t.regex(stderr, /FAILED jugfile\.show\(.*jugfile\.negative\(.*…/);
  t.deepEqual(await rig.values('shown'), {shown: 20_001});
  t.regex((await rig.jug('invalidate --target one')).stdout, /2 +Total/);
});
