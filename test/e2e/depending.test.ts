// What depends on a function without being a call of it: tasks that are given it, tasklets and compound tasks that call it.

import test, {type ExecutionContext} from 'ava';
import {column} from '../helpers/jugfile.js';
import {openRig} from '../helpers/rig.js';

interface Given {
  readonly makes: string;
  readonly removed: Readonly<Record<string, number>>;
  /** With `--target`, if it is not the same. */
  readonly ran?: Readonly<Record<string, number>>;
}

/** By what is removed: jugfiles in which all that is exported depends on `scale`, and `other` does not. */
const GIVEN: Readonly<Record<string, Given>> = {
  'an argument': {
    makes: 'export const all = [apply(scale, 2), apply(other, 2)];',
    removed: {'jugfile.apply': 1},
  },
  'deep in an argument': {
    makes: "export const all = look({list: [new Map([['f', new Set([scale])]])]});",
    removed: {'jugfile.look': 1},
  },
  'in what is not hashed, or decides for itself': {
    makes: 'export const all = [look(new NoHash(scale)), look(new CustomHash([scale], () => 1))];',
    removed: {'jugfile.look': 2},
  },
  'a task function as an argument': {
    makes: 'export const all = [apply(TaskGenerator(scale) as never, 2)];',
    removed: {'jugfile.apply': 1},
  },
  'a mapper and a reducer': {
    makes: 'export const all = look(mapreduce.mapreduce(add, scale, [1, 2]));',
    removed: {'jug.mapreduce(jugfile.add, jugfile.scale)': 1, 'jugfile.look': 1},
    ran: {'jug.mapreduce(jugfile.add, jugfile.scale)': 1},
  },
  'the function of a tasklet': {
    makes: 'export const all = look([new Tasklet(new Tasklet(apply(other, 1), scale), other)]);',
    removed: {'jugfile.look': 1},
  },
  'a tasklet that is given a name': {
    makes: "export const all = look(new Tasklet(apply(other, 1), n => n + 1, {name: 'scale'}));",
    removed: {'jugfile.look': 1},
  },
  'a compound task’s argument': {
    makes:
      'export const all = look(await CompoundTask(function run(f: F) { return apply(other, f(1)); }, scale));',
    removed: {'jug.compound(jugfile.run)': 1, 'jugfile.look': 1},
    ran: {'jug.compound(jugfile.run)': 1},
  },
};

const FUNCTIONS = `
import {CompoundTask, CustomHash, mapreduce, NoHash, TaskGenerator, Tasklet} from 'jug';
type F = (n: number) => number;
function scale(n: number): number { return n * 10; }
function other(n: number): number { return n + 1; }
function add(a: number, b: number): number { return a + b; }
const apply = TaskGenerator(function apply(f: F, n: number) { return f(n); });
const look = TaskGenerator(function look(_: unknown) { return 1; });
`;

for (const [kind, {makes, removed, ran}] of Object.entries(GIVEN)) {
  test(`what depends on a function is invalidated with it, and is its target: ${kind}`, async t => {
    const rig = await openRig(t);
    rig.write({'jugfile.ts': `${FUNCTIONS}${makes}\n`});
    const first = await rig.jug('execute -j 1');
    t.is(first.code, 0, first.stderr);
    const {stdout, stderr} = await rig.jug('invalidate --target scale');
    t.deepEqual(column(stdout, 0), removed, stderr);
    const again = await rig.jug('execute -j 1 --target scale');
    t.is(again.code, 0, again.stderr);
    const executed = Object.entries(column(again.stdout, 0)).filter(([, number]) => number > 0);
    // What is made from them is not asked for.
    t.deepEqual(Object.fromEntries(executed), ran ?? removed);
  });
}

/** A compound task that calls `part`; what they are made of stands in `steps.ts`, too. */
const CALLED = {
  'by its name': 'const total = CompoundTaskGenerator(function total(n: number) { return part(n); });',
  'by a function that calls it': `
function helper(n: number) { return part(n); }
const total = CompoundTaskGenerator(async function total(n: number) { return [await helper(n)]; });`,
  'by way of a namespace': `
import * as steps from './steps.js';
const total = CompoundTaskGenerator((n: number) => steps.double(n), {name: 'total'});`,
  'by a compound task inside': `
const inner = CompoundTaskGenerator(function inner(n: number) { return part(n); });
const total = CompoundTaskGenerator(async function total(n: number) { return inner(n); });`,
  'by a method': `
class Steps { run(n: number) { return part(n); } }
const all = new Steps();
const total = CompoundTaskGenerator(function total(n: number) { return all.run(n); });`,
  'by map': `
const total = CompoundTaskGenerator(function total(n: number) { return mapreduce.map(part, [n]); });`,
};

const VERSIONED = `
import {CompoundTaskGenerator, mapreduce, TaskGenerator} from 'jug';
import {part} from './steps.js';
const look = TaskGenerator(function look(x: unknown) { return JSON.stringify(x).replace(/[^0-9]/g, ''); });
`;

function steps(version: string, factor: number): string {
  return `
import {TaskGenerator} from 'jug';
export const part = TaskGenerator(function part(n: number): number { return n * ${factor}; }, {version: '${version}'});
export function double(n: number) { return part(n); }
`;
}

async function finds(t: ExecutionContext, makes: string, calls = 'await total(2)'): Promise<void> {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${VERSIONED}${makes}\nexport const seen = look(${calls});\n`,
    'steps.ts': steps('1', 10),
  });
  const first = await rig.jug('execute -j 2');
  t.is(first.code, 0, first.stderr);
  t.deepEqual(await rig.values('seen'), {seen: '20'});
  rig.write({'steps.ts': steps('2', 1000)});
  const second = await rig.jug('execute -j 2');
  t.is(second.code, 0, second.stderr);
  t.deepEqual(await rig.values('seen'), {seen: '2000'});
  rig.write({'steps.ts': steps('1', 10)});
  const third = await rig.jug('execute -j 2');
  t.true(
    Object.values(column(third.stdout, 0)).every(executed => executed === 0),
    third.stdout,
  );
  t.deepEqual(await rig.values('seen'), {seen: '20'}, 'with the old version, the old results are there');
}

for (const [kind, makes] of Object.entries(CALLED)) {
  test(`another version of a function makes another compound task, where it is called ${kind}`, t =>
    finds(t, makes));
}

test('a compound task takes a name and a version', async t => {
  const rig = await openRig(t);
  const jugfile = (version: string): string => `
import {CompoundTaskGenerator, TaskGenerator} from 'jug';
const part = TaskGenerator(function part(n: number) { return n; });
const total = CompoundTaskGenerator((n: number) => part(n), {name: 'total', version: '${version}'});
export const one = await total(1);
`;
  for (const version of ['1', '2']) {
    rig.write({'jugfile.ts': jugfile(version)});
    const {stdout, stderr} = await rig.jug('execute -j 1');
    t.is(column(stdout, 0)['jug.compound(jugfile.total)'], 1, stderr);
  }
  rig.write({'jugfile.ts': jugfile('2').replace('version:', 'versions:')});
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 3);
  t.regex(
    stderr,
    /the options of CompoundTaskGenerator to be among name, version, found 'versions' \(jugfile\.ts:4\)/,
  );
});

test('a finished compound task is the target of a function that is called inside', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${VERSIONED}${CALLED['by its name']}\nexport const two = await total(2);\n`,
    'steps.ts': steps('1', 1),
  });
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.is((await rig.jug('cleanup')).code, 0);
  const {code, stdout, stderr} = await rig.jug('execute -j 1 --target part');
  t.is(code, 0, stderr);
  t.is(column(stdout, 1)['jug.compound(jugfile.total)'], 1);
});

test('another version of a tasklet’s function makes another task of what is given it', async t => {
  const rig = await openRig(t);
  const jugfile = (version: string, factor: number): string => `
import {TaskGenerator, Tasklet} from 'jug';
const one = TaskGenerator(function one() { return 1; });
const show = TaskGenerator(function show(n: number) { return n; });
export const seen = show(new Tasklet(one(), (n: number) => n * ${factor}, {name: 'scaled', version: '${version}'}));
`;
  for (const [version, factor] of [
    ['1', 10],
    ['2', 1000],
  ] as const) {
    rig.write({'jugfile.ts': jugfile(version, factor)});
    const {code, stderr} = await rig.jug('execute -j 1');
    t.is(code, 0, stderr);
    t.deepEqual(await rig.values('seen'), {seen: factor});
  }
});

test('a function that carries data is refused with its place, whatever it was made from', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {graph} from './graph.js';
const see = TaskGenerator(function see(g: {graph: {size(): number}}) { return g.graph.size(); });
export const seen = see({graph: graph([1, 2])});
`,
    'graph.ts': 'export function graph(nodes: number[]) { return {size: () => nodes.length}; }\n',
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 3);
  t.regex(
    stderr,
    /the task jugfile\.see \(jugfile\.ts:5\); of argument 1, what is at \.graph\.size in it is a function that carries data: the variable nodes of graph, which made it\.\n.*Make it inside the task, from its settings/,
  );
  t.notRegex(stderr, /^ +at /m);
});
