// Functions have the names of the files they are defined in, in each evaluation, on every branch and in every thread.

import {mkdirSync, renameSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {hashValue} from '../../src/values/task-hash.js';
import {column} from '../helpers/jugfile.js';
import {openRig, PACKAGE, type Rig} from '../helpers/rig.js';

/** Two files use a function of a third. Once the compound task is finished, another is the first. */
const FIRST_USE = {
  'lib.ts': 'export function load(name: string): number { return name.length; }\n',
  'report.ts': `
import {CompoundTaskGenerator, Task, TaskGenerator} from 'jug';
import {load} from './lib.ts';
const join = TaskGenerator(function join(ns: number[]) { return ns.join(); });
export const report = CompoundTaskGenerator(function report(names: string[]) {
  return join(names.map(name => new Task(load, name)));
});
`,
  'jugfile.ts': `
import {Task} from 'jug';
import {load} from './lib.ts';
import {report} from './report.ts';
const names = ['a', 'bb', 'ccc'];
export const r = await report(names);
export const all = names.map(name => new Task(load, name));
`,
};

test('a function that several files use has one name, also once the part that used it first is finished', async t => {
  const rig = await openRig(t);
  rig.write(FIRST_USE);
  const first = await rig.jug('execute -j 1');
  t.is(first.code, 0, first.stderr);
  t.deepEqual(column(first.stdout, 0), {
    'lib.load': 3,
    'report.join': 1,
    'jug.compound(report.report)': 1,
  });
  t.is((await rig.jug('check')).code, 0);
  const again = await rig.jug('execute -j 1');
  t.deepEqual(column(again.stdout, 0), {'lib.load': 0, 'jug.compound(report.report)': 0});
  t.deepEqual(await rig.values('r all'), {r: '1,2,3', all: [1, 2, 3]});
  t.is((await rig.jug('cleanup')).code, 0);
  t.is((await rig.jug('check')).code, 0);
  await rig.jug('invalidate --target report');
  t.deepEqual(column((await rig.jug('execute -j 1')).stdout, 0), {
    'lib.load': 0,
    'report.join': 1,
    'jug.compound(report.report)': 1,
  });
});

/** What main opens first, by which `scale` would be of b.ts, a thread that comes later opens second, or at once. */
const SIDE_BY_SIDE = {
  'lib.ts': `
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
export function scale(n: number) {
  const end = performance.now() + 10;
  while (performance.now() < end);
  appendFileSync('marks.txt', n >= 1000 ? 'A' : 'B');
  return n * 10;
}
export async function until(what: string, times: number) {
  while (!(existsSync('marks.txt') && readFileSync('marks.txt', 'utf8').split(what).length > times)) await new Promise(r => setTimeout(r, 20));
}
`,
  'b.ts': `
import {bvalue, Task, TaskGenerator} from 'jug';
import {scale} from './lib.ts';
const quick = TaskGenerator(async function quick() { return 1; });
export async function partB() {
  const n = await bvalue(quick());
  return Array.from({length: 100}, (_, i) => new Task(scale, n + i * 7));
}
`,
  'a.ts': `
import {bvalue, Task, TaskGenerator} from 'jug';
import {scale, until} from './lib.ts';
const slow = TaskGenerator(async function slow() { await until('B', 5); return 1000; });
export async function partA() {
  const n = await bvalue(slow());
  return Array.from({length: 100}, (_, i) => new Task(scale, n + i));
}
`,
  'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {partA} from './a.ts';
import {partB} from './b.ts';
import {until} from './lib.ts';
const hold = TaskGenerator(async function hold() { await until('A', 20); return 1; });
export const h = hold();
export const both = await Promise.all([partA(), partB()]);
`,
};

test('a function that two parts use which wait side by side has one name in every thread', async t => {
  const rig = await openRig(t);
  rig.write(SIDE_BY_SIDE);
  const {code, stdout, stderr} = await rig.jug('execute -j 3');
  t.is(code, 0, stderr);
  t.deepEqual(column(stdout, 0), {'jugfile.hold': 1, 'a.slow': 1, 'b.quick': 1, 'lib.scale': 200});
  t.is((await rig.jug('check')).code, 0);
});

const FUNCTIONS = `
export function declared(x) { return x; }
export const arrow = x => x;
export class Class { static fixed(x) { return x; } }
export const make = n => function made(x) { return x + n; };
`;

const KINDS = {
  'lib/plain.ts': `
enum Moves { Every, Line }
${FUNCTIONS.replace('(x)', '(x: number)')}
`,
  'lib/copy.ts': FUNCTIONS,
  'lib/twin.mjs': FUNCTIONS,
  'lib/common.cjs': 'exports.common = function common(x) { return x; };\n',
  'lib/typed.cts': 'exports.typed = function typed(x: number) { return x; };\n',
  'node_modules/pack/dist/index.js': FUNCTIONS,
  'node_modules/pack/package.json': '{"name": "pack", "type": "module", "main": "dist/index.js"}',
  'jugfile.ts': `
import {createRequire} from 'node:module';
import {CachedFunction, CompoundTask, hashOne, mapreduce, Task, Tasklet, TaskGenerator, type Task as T} from 'jug';
import * as pack from 'pack';
import common from './lib/common.cjs';
import * as copy from './lib/copy.ts';
import * as plain from './lib/plain';
import * as twin from './lib/twin.mjs';
import typed from './lib/typed.cts';
enum Moved { Every, Line }
function own(x: number): number { return x; }
function declared(x: number): number { return x; }
export const literal = TaskGenerator(function literal(x: number) { return x; })(1);
export const owns = [new Task(own, 1), new Task(declared, 1)];
export const plains = [TaskGenerator(plain.declared)(1), new Task(plain.arrow, 1), new Task(plain.make(1), 1)];
export const method = new Task(plain.Class.fixed, 1);
export const copies = [new Task(copy.declared, 1), new Task(twin.declared, 1), new Task(pack.declared, 1)];
export const commons = [new Task(common.common, 1), new Task(typed.typed, 1), new Task(createRequire(import.meta.url)('./lib/common.cjs').common, 1)];
export const named = TaskGenerator(copy.make(2), {name: 'two', version: '1'})(1);
export const mapped = mapreduce.map(copy.arrow, [1, 2]);
export const reduced = mapreduce.mapreduce(plain.arrow, twin.arrow, [1, 2]);
export const evaluated = new Task(eval('(function evaluated(x) { return x; })'), 1);
export const languages = new Task(Math.max, 1);
export const hashes = [own, plain.Class, twin.make, pack.arrow, Math.min].map(fn => hashOne([fn]));
export const given = TaskGenerator(function given(f: unknown, tasklet: number) { return typeof f; })(plain.declared, new Tasklet(owns[0] as T<number>, twin.Class.fixed) as never);
export const made = await CompoundTask(twin.arrow, 1);
export const cached = await CachedFunction(common.common, 1);
`,
};

/** In the order of the alphabet. */
const GOLDEN = [
  'jug.compound(lib.twin.arrow)',
  'jug.map(lib.copy.arrow)',
  'jug.mapreduce(lib.plain.arrow, lib.twin.arrow)',
  'jugfile.declared',
  'jugfile.evaluated',
  'jugfile.given',
  'jugfile.literal',
  'jugfile.own',
  'lib.common.common',
  'lib.copy.declared',
  'lib.copy.two',
  'lib.plain.arrow',
  'lib.plain.declared',
  'lib.plain.fixed',
  'lib.plain.made',
  'lib.twin.declared',
  'lib.typed.typed',
  'node.max',
  'node_modules.pack.dist.index.declared',
];

async function names(rig: Rig, jugfile: string): Promise<readonly string[]> {
  const {code, stdout, stderr} = await rig.jug(['status', jugfile]);
  if (code !== 0 && code !== 1) throw new Error(stderr);
  return Object.keys(column(stdout, 0)).sort();
}

test('functions of files of every kind have their golden names, whatever makes tasks of them', async t => {
  const rig = await openRig(t);
  rig.write(KINDS);
  t.deepEqual(await names(rig, 'jugfile.ts'), GOLDEN);
  const {stdout, stderr} = await rig.script(`
import {init} from 'jug';
const {store, jugspace: {hashes, given}} = await init('jugfile.ts');
await store.close();
// Evaluated again in one process.
const again = await init('jugfile.ts');
console.log(JSON.stringify([hashes, given.hash, again.jugspace.hashes, again.jugspace.given.hash]));
await again.store.close();
`);
  const [hashes, given, ...again] = JSON.parse(stdout || 'null') ?? t.fail(stderr);
  const called = [
    'jugfile.own',
    'lib.plain.Class',
    'lib.twin.make',
    'node_modules.pack.dist.index.arrow',
    'node.min',
  ];
  t.deepEqual(
    hashes,
    called.map(name => hashValue([() => {}], () => ({name}))),
  );
  t.deepEqual(again, [hashes, given]);
});

test('the names are the same by a link to the jugfile, and where a package stands higher up, or below another', async t => {
  const rig = await openRig(t);
  rig.write(Object.fromEntries(Object.entries(KINDS).map(([file, text]) => [`deep/ü %20/${file}`, text])));
  const at = (file: string) => path.join(rig.folder, file);
  symlinkSync(at('deep/ü %20/jugfile.ts'), at('link.ts'));
  t.deepEqual(await names(rig, 'link.ts'), GOLDEN);
  renameSync(at('deep/ü %20/node_modules/pack'), at('node_modules/pack'));
  t.deepEqual(await names(rig, 'deep/ü %20/jugfile.ts'), GOLDEN);
  mkdirSync(at('node_modules/.pnpm/pack@1.0.0/node_modules'), {recursive: true});
  renameSync(at('node_modules/pack'), at('node_modules/.pnpm/pack@1.0.0/node_modules/pack'));
  symlinkSync('.pnpm/pack@1.0.0/node_modules/pack', at('node_modules/pack'));
  t.deepEqual(await names(rig, 'deep/ü %20/jugfile.ts'), GOLDEN);
});

test('a Node without an inspector names what is written in the call, and refuses the rest with the way out', async t => {
  const rig = await openRig(t);
  const without =
    'const {getBuiltinModule} = process; process.getBuiltinModule = name => name === "node:inspector" ? undefined : getBuiltinModule(name);';
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(without)}`];
  rig.write({
    'literal.ts': `
import {TaskGenerator} from 'jug';
export const one = TaskGenerator(function one(x: number) { return x; })(1);
`,
    'jugfile.ts': `
import {Task} from 'jug';
function one(x: number) { return x; }
export const two = new Task(one, 1);
`,
  });
  const cli = path.join(PACKAGE, 'lib/src/bin.js');
  const literal = await rig.run(process.execPath, [...flags, cli, 'status', 'literal.ts']);
  t.deepEqual(Object.keys(column(literal.stdout, 0)), ['literal.one'], literal.stderr);
  const {code, stderr} = await rig.run(process.execPath, [...flags, cli, 'status']);
  t.is(code, 3);
  t.regex(
    stderr,
    /^jug: Expected Node's inspector, which says in which file a function is defined, found a Node that/,
  );
  t.regex(stderr, /TaskGenerator\(function name\(…\) \{…\}\)/);
});
