// Jugfiles that decide themselves what of an argument is hashed, and what of it is loaded.

import test from 'ava';
import {column, gives} from '../helpers/jugfile.js';
import {openRig} from '../helpers/rig.js';

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

test('what the jugfile changes in arguments after a barrier changes nothing for workers that come to it later', t =>
  gives(
    t,
    `
import {barrier, TaskGenerator, value} from 'jug';
const scale = TaskGenerator(function scale(o: {seed: number}) { return o.seed * 10; });
const count = TaskGenerator(function count(list: number[]) { return list.length; });
const options = {seed: 1};
const list = [1, 2];
const scaled = [scale(options), scale({seed: 2})];
const counted = [count(list), count([1, 2, 3])];
await barrier();
options.seed = 2;
list.push(3);
const [one] = await value(scaled);
const [two] = await value(counted);
const add = TaskGenerator(function add(n: number) { return n + one + two; });
export const sum = add(0);
`,
    {sum: 12},
    {'jugfile.scale': 2, 'jugfile.count': 2, 'jugfile.add': 1},
  ));

test('a function among arguments may get another name later', t =>
  gives(
    t,
    `
import {TaskGenerator} from 'jug';
function double(x: number) { return 2 * x; }
const apply = TaskGenerator(function apply(o: {fn: (x: number) => number}, x: number) { return o.fn(x); });
export const six = apply({fn: double}, 3);
export const eight = TaskGenerator(double, {name: 'twice'})(4);
`,
    {six: 6, eight: 8},
    {'jugfile.apply': 1, 'jugfile.twice': 1},
  ));

test('a list that is mapped over a task function may grow, and what was computed stays', async t => {
  const rig = await openRig(t);
  const jugfile = (list: string): string => `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const sum = TaskGenerator(function sum(all: number[], ...rest: number[]) { return all.length + rest.length; });
export const doubled = [${list}].map(double);
export const twice = doubled.map(double);
export const both = sum(doubled, 1);
`;
  rig.write({'jugfile.ts': jugfile('1, 2')});
  t.is((await rig.jug('execute -j 1')).code, 0);
  rig.write({'jugfile.ts': jugfile('0, 1, 2')});
  const {stdout} = await rig.jug('execute -j 2');
  t.deepEqual(column(stdout, 0), {'jugfile.double': 2, 'jugfile.sum': 1});
  t.deepEqual(column(stdout, 1), {'jugfile.double': 4, 'jugfile.sum': 0});
  t.deepEqual(await rig.values('doubled twice both'), {doubled: [0, 2, 4], twice: [0, 4, 8], both: 4});
});

test('a failure names the call as it was written', async t => {
  const rig = await openRig(t);
  rig.write({
    'photos/broken.jpg': '',
    'jugfile.ts': `
import {NoHash, TaskGenerator, timedPath} from 'jug';
const extract = TaskGenerator(function extract(path: string, options: {fast: boolean}) { throw new Error(path); });
extract(timedPath('photos/broken.jpg'), new NoHash({fast: true}));
`,
  });
  const {stderr} = await rig.jug('execute -j 1');
  t.regex(stderr, /FAILED jugfile\.extract\('photos\/broken\.jpg', \{ fast: true \}\) [0-9a-f]{12}$/m);
});
