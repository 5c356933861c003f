// What tasks are given and what becomes of it: values, and results that were removed or damaged, in real runs.

import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

const COMPOUND = `
import {CompoundTask, TaskGenerator} from 'jug';
import {readFileSync} from 'node:fs';
import {ran} from './rig.mjs';
const src = TaskGenerator(function src(n: number) {
  ran('src');
  return n * Number(readFileSync(new URL('factor', import.meta.url), 'utf8'));
});
const inc = TaskGenerator(function inc(n: number) {
  ran('inc');
  return n + 1;
});
export const c = await CompoundTask(function comp(x: number) {
  return inc(x);
}, src(5) as unknown as number);
export const end = inc(c as unknown as number);
`;

test('what was removed before a compound task takes it along, and all is made anew', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': COMPOUND, factor: '1'});
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 6, end: 7});
  rig.write({factor: '10'});
  const {code, stdout} = await rig.jug('invalidate --target src');
  t.is(code, 0);
  t.deepEqual(rowsOf(stdout), {
    'jugfile.src': [1],
    'jug.compound(jugfile.comp)': [1],
    'jugfile.inc': [2],
    Total: [4],
  });
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 51, end: 52});
});

test('inner tasks of a finished compound task are removed by their own name, too', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': COMPOUND.replace(/export const end.*/, ''), factor: '1'});
  t.is((await rig.jug('execute -j 1')).code, 0);
  const {code, stdout} = await rig.jug('invalidate --target inc');
  t.is(code, 0);
  t.deepEqual(rowsOf(stdout), {'jugfile.inc': [1], 'jug.compound(jugfile.comp)': [1], Total: [2]});
});

const WAITING_INSIDE = COMPOUND.replace('return inc(x)', 'return inc(await bvalue(inc(x)))')
  .replace('function comp', 'async function comp')
  .replace('CompoundTask,', 'bvalue, CompoundTask,');

test('a compound task that waits inside is invalidated with what it waited for', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': WAITING_INSIDE, factor: '1'});
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 7, end: 8});
  rig.write({factor: '10'});
  t.is((await rig.jug('invalidate --target src')).code, 0);
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 52, end: 53});

  t.is((await rig.jug('cleanup')).code, 0);
  rig.write({factor: '20'});
  const {code, stdout, stderr} = await rig.jug('invalidate --target src');
  t.is(code, 0, stderr);
  t.is(rowsOf(stdout).Total![0], 3);
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 102, end: 103});
});

const STEPS = `
import {bvalue, CompoundTaskGenerator, TaskGenerator} from 'jug';
import {readFileSync} from 'node:fs';
const factor = Number(readFileSync(new URL('factor', import.meta.url), 'utf8'));
const part = TaskGenerator(function part(n: number) { return n * factor; });
const late = TaskGenerator(function late(n: number) { return n + 1; });
const steps = CompoundTaskGenerator(async function steps(n: number) {
  const first = await bvalue(part(n));
  return late(await bvalue(late(first)));
});
export const out = await steps(5);
`;

test('a compound task is invalidated with tasks that it only waits for, also after they were cleaned up', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': STEPS, factor: '10'});
  for (const [factor, expected] of [
    ['10', 52],
    ['100', 502],
    ['1000', 5002],
  ] as const) {
    rig.write({factor});
    t.is((await rig.jug('execute -j 1')).code, 0);
    t.deepEqual(await rig.values('out'), {out: expected});
    if (expected === 502) t.is((await rig.jug('cleanup')).code, 0);
    const {code, stdout, stderr} = await rig.jug('invalidate --target part');
    t.is(code, 0, stderr);
    t.is(rowsOf(stdout)['jug.compound(jugfile.steps)']![0], 1);
  }
});

test('where it cannot be known what a compound task is made from, invalidate says so', async t => {
  const rig = await openRig(t);
  // By a computed key, of which the text says nothing.
  const hidden = STEPS.replace('const steps', 'const held: any = {late};\nconst steps').replace(
    'return late(await bvalue(late(first)));',
    "const run = held[['la', 'te'].join('')]; return run(await bvalue(run(first)));",
  );
  t.false(hidden.includes('return late'));
  rig.write({'jugfile.ts': hidden, factor: '10'});
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.is((await rig.jug('cleanup')).code, 0);
  const {code, stderr} = await rig.jug('invalidate --target late');
  t.is(code, 4, stderr);
  t.regex(stderr, /what jug\.compound\(jugfile\.steps\) waits for is not there any more\.$/m);
  t.is((await rig.jug('check')).code, 0);
});

const LOSING = `${COMPOUND.replace(/export const end.*/, '')}
import {isMainThread} from 'node:worker_threads';
if (process.argv[2] === 'lose' && isMainThread) await c.invalidate();
export const end = inc(c as unknown as number);
`;

test('a result of a compound task that is lost under way is not made of its arguments', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': LOSING, factor: '1'});
  t.is((await rig.jug('execute -j 1')).code, 0);
  const {code, stderr} = await rig.jug('execute -j 1 jugfile.ts lose');
  t.is(code, 1, stderr);
  t.regex(
    stderr,
    /FAILED jug\.compound\(jugfile\.comp\)\(Task jugfile\.src\(…\)\) [\s\S]*Expected the result of the compound task comp to be there still, [\s\S]*removed or damaged since\.[\s\S]*Run `jug execute`/,
  );
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('c end'), {c: 6, end: 7});
});

const BARRIER = `
import {barrier, TaskGenerator} from 'jug';
const src = TaskGenerator(function src(n: number) { return n; });
const other = TaskGenerator(function other(n: number) { return n; });
const after = TaskGenerator(function after(n: number) { return n; });
const one = src(1);
other(Number(process.argv[2] ?? 1));
await barrier();
export const last = after(one);
`;

test('invalidate says that it has not seen what comes after a barrier, if there are results', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': BARRIER});
  t.is((await rig.jug('execute -j 1')).code, 0);
  const partly = await rig.jug('invalidate --target src jugfile.ts 2');
  t.is(partly.code, 4);
  t.deepEqual(rowsOf(partly.stdout), {'jugfile.src': [1], Total: [1]});
  t.regex(partly.stderr, /after the barrier jugfile\.ts:8 are not known yet[\s\S]*Run `jug execute`/);
  t.is((await rig.jug('execute -j 1 jugfile.ts 2')).code, 0);
  const wholly = await rig.jug('invalidate --target src jugfile.ts 2');
  t.is(wholly.code, 0);
  t.deepEqual(rowsOf(wholly.stdout), {'jugfile.src': [1], 'jugfile.after': [1], Total: [2]});
});

test('invalidate is content with a jugfile that waits when no result can come after', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': BARRIER});
  t.is((await rig.jug('execute -j 1 --target src')).code === 2, false);
  const {code, stdout} = await rig.jug('invalidate --target src');
  t.is(code, 0);
  t.deepEqual(rowsOf(stdout), {'jugfile.src': [1], Total: [1]});
});

test('a function behind NoHash is found in the worker, wherever it was defined', async t => {
  const rig = await openRig(t);
  rig.write({
    'lib/log.ts': "export function log(text: string): string { return 'logged ' + text; }",
    'jugfile.ts': `
import {NoHash, TaskGenerator} from 'jug';
import {log} from './lib/log.ts';
const src = TaskGenerator(function src(n: number) { return n; });
const use = TaskGenerator(function use(n: number, {logger}: {logger: (text: string) => string}, seen: Set<number>) {
  return [logger(String(n)), ...seen];
});
export const all = use(src(1), new NoHash({logger: log}), new Set([src(5), 5]) as never);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('all'), {all: ['logged 1', 5]});
});
