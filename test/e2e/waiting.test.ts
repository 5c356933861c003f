// Jugfiles that wait in unusual ways: side by side, in loops of their own, and where nothing can be waited for.

import {symlinkSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig} from '../helpers/rig.js';

test('parts of a jugfile that wait side by side go on in a worker as they did in main', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
const f = TaskGenerator(async function f(x: number) {
  await new Promise(resolve => setTimeout(resolve, (x * 37) % 100));
  return x + 1;
});
const g = TaskGenerator(async function g(x: number) {
  await new Promise(resolve => setTimeout(resolve, (x * 53) % 100));
  return x * 2;
});
async function pipeline(x: number) {
  const a = await bvalue(f(x));
  const b = await bvalue(g(a));
  const late = TaskGenerator(function late(y: number) { return y - 1; }, {name: 'late' + x});
  return bvalue(late(b));
}
const all = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(pipeline));
export const sum = TaskGenerator(function sum(values: number[]) { return values.reduce((a, b) => a + b); })(all);
`,
  });
  const {code, stderr} = await rig.jug('execute -j3');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('sum'), {sum: 80});
});

test('a jugfile may wait for the same tasks again, and for the end of a long chain', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
const plus = TaskGenerator(function plus(x: number) { return x + 1; });
const first = plus(0);
const again: number[] = [];
for (let i = 0; i < 3; i++) again.push(...(await Promise.all([bvalue(first), bvalue(first)])));
let chain = first;
for (let i = 0; i < 3000; i++) chain = plus(chain);
const end = await bvalue(chain);
export const sum = TaskGenerator(function sum(values: number[]) { return values.reduce((a, b) => a + b); })([...again, end]);
`,
  });
  const {code, stderr} = await rig.jug('execute -j2');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('sum'), {sum: 6 + 3001});
});

test('a task that waits fails, and says what to do instead', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, bvalue, CachedFunction, TaskGenerator} from 'jug';
const f = TaskGenerator(function f(x: number) { return x; });
function plain() { return 1; }
const one = f(1);
export const a = TaskGenerator(async function a() { await barrier(); return 1; })();
export const b = TaskGenerator(async function b() { return bvalue(one); })();
export const c = TaskGenerator(async function c() { return CachedFunction(plain); })();
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j2 --keep-going');
  t.is(code, 1, stderr);
  const said = stdout + stderr;
  for (const [name, line] of [
    ['a', 6],
    ['b', 7],
    ['c', 8],
  ] as const) {
    t.regex(
      said,
      new RegExp(
        `found the task function jugfile\\.${name} (?:doing it|making one) \\(jugfile\\.ts:${line}\\)`,
      ),
    );
  }
  t.regex(
    said,
    /Inside a task nothing can be waited for: make the other task in the jugfile and pass it as an argument/,
  );
});

test('a jugfile may ask in a loop whether a result is there', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator, value} from 'jug';
const f = TaskGenerator(function f(x: number) { return x + 1; });
const a = f(1);
while (!(await a.canLoad())) await sleep(20);
const g = TaskGenerator(function g(x: number) { return x * 2; });
const b = g(await value(a));
while (!(await b.canLoad())) await sleep(20);
export const c = f(await value(b));
`,
  });
  const {code, stderr} = await rig.jug('execute -j2');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('c'), {c: 5});
});

test('a function may use what the jugfile defines after it, even if that takes a while', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';
export const a = TaskGenerator(function f(x: number) { return x + later; })(1);
await sleep(1500);
const later = 2;
`,
  });
  const {code, stderr} = await rig.jug('execute -j1');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('a'), {a: 3});
});

test('what the jugfile does not wait for may define functions after its end', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
import {bvalue, TaskGenerator} from 'jug';
const f = TaskGenerator(function f(x: number) { return x + 1; });
void (async () => {
  const a = await bvalue(f(1));
  await Promise.resolve();
  const g = TaskGenerator(function g(x: number) { console.log('g of ' + x); return x; });
  g(a);
})();
`,
  });
  const {code, stderr} = await rig.jug('execute -j1');
  t.is(code, 0, stderr);
  t.regex(stderr, /^jugfile\.g\(2\) \| g of 2$/m);
});

test('a main() that nobody awaits is run to its end, and looked at as far as it goes', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, bvalue, TaskGenerator, value} from 'jug';
const grow = TaskGenerator(function grow(x: number[]) { return Array.from({length: 1e5}, (_, i) => i + (x[i] ?? 0)); });
const report = TaskGenerator(function report(x: number) { return x; });
async function main() {
  let x: number[] = [];
  for (let i = 0; i < 3; i++) x = await bvalue(grow(x));
  const last = grow([x.length]);
  await barrier();
  report((await value(last)).length);
}
void main();
`,
  });
  // Where an answer takes more than a turn of the event loop: a large result, and every result in files.
  for (const jugdir of ['results', 'file:files']) {
    const before = await rig.jug(`status --short --jugdir ${jugdir}`);
    t.is(before.stdout, '1 tasks waiting to be run, 0 failed, 0 complete, (none active).\n');
    t.regex(before.stderr, /waits at a barrier \(jugfile\.ts:7\)/);
    const run = await rig.jug(`execute -j1 --jugdir ${jugdir}`);
    t.is(run.code, 0, run.stderr);
    const after = await rig.jug(`status --short --jugdir ${jugdir}`);
    t.is(after.stdout, 'All tasks complete (5 tasks).\n', after.stderr);
    t.is(after.stderr, '');
    t.is((await rig.jug(`cleanup --jugdir ${jugdir}`)).stdout, 'Nothing to remove.\n');
    t.is((await rig.jug(`invalidate --target report --jugdir ${jugdir}`)).code, 0);
    t.is((await rig.jug(`check --jugdir ${jugdir}`)).code, 1);
  }
  // What it is stopped at before its end is told, though the module itself has ended.
  t.is((await rig.jug('invalidate --target grow --jugdir results')).code, 0);
  const cleanup = await rig.jug('cleanup --jugdir results');
  t.is(cleanup.code, 4);
  t.regex(cleanup.stderr, /waits at a barrier \(jugfile\.ts:7\)/);
});

test('what a main() that nobody awaits throws after a wait ends a command that looks', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
const f = TaskGenerator(function f(x: number) { return x; });
async function main() {
  const x = await bvalue(f(1));
  if (process.argv[2] === 'throw') throw new Error('late ' + x);
}
void main();
`,
  });
  t.is((await rig.jug('execute -j1')).code, 0);
  for (const command of ['status', 'check', 'cleanup']) {
    const {code, stderr} = await rig.jug(`${command} jugfile.ts throw`);
    t.is(code, 3, stderr);
    t.regex(stderr, /The jugfile jugfile\.ts threw:\s+Error: late 1/);
  }
});

test('the jugfile may run, invalidate and ask about its tasks itself', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const f = TaskGenerator(function f(x: number) { return x + 1; });
const old = f(0);
await old.invalidate();
const a = f(1);
const here = await a.run();
const facts = [await a.isFailed(), await a.isLocked(), await a.canLoad()];
const g = TaskGenerator(function g(x: number, ..._: boolean[]) { ran('g' + facts.join()); return x * here; });
export const b = g(here, ...facts);
`,
  });
  const {code, stderr} = await rig.jug('execute -j2');
  t.is(code, 0, stderr);
  t.deepEqual(await rig.values('b'), {b: 4});
  t.deepEqual(rig.runs(), ['gfalse,false,true']);
});

test('a task that runs or invalidates another one fails, and says what to do instead', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const f = TaskGenerator(function f(x: number) { return x; });
const one = f(1);
export const a = TaskGenerator(async function a() { return one.run(); })();
export const b = TaskGenerator(async function b() { await one.invalidate(); return 1; })();
export const c = TaskGenerator(async function c() { return one.isFailed(); })();
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j2 --keep-going');
  t.is(code, 1, stderr);
  const said = stdout + stderr;
  t.regex(
    said,
    /only the jugfile to run jugfile\.f; found the task function jugfile\.a doing it \(jugfile\.ts:5\)/,
  );
  t.regex(said, /only the jugfile to invalidate jugfile\.f; found the task function jugfile\.b doing it/);
  t.deepEqual(await rig.values('c'), {c: false});
});

test('of a jugfile that waits, init gives what it exports before, through a link as well', async t => {
  const rig = await openRig(t);
  rig.write({
    'helper.ts': "export {late as fromHere} from './jugfile.ts';\nexport const fromThere = 2;\n",
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
export * from './helper.ts';
const same = TaskGenerator(function same(x: number): number { return x; });
export enum Colour {Red = 'red'}
export const early = same(1);
export let changes = 'before';
export default same(3);
export const waited = await bvalue(early);
changes = 'after';
export const late = same(waited + 1);
export class Late {} // no end of line here`,
  });
  symlinkSync('jugfile.ts', path.join(rig.folder, 'link.ts'));
  const look = (jugfile: string) =>
    rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('${jugfile}', 'results');
console.log(Object.keys(jugspace).sort().join(), jugspace.Colour.Red, jugspace.changes);
console.log(await jugspace.early.canLoad() && await value([jugspace.early, jugspace.late]));
await store.close();
`);
  for (const jugfile of ['jugfile.ts', 'link.ts']) {
    const {stdout, stderr} = await look(jugfile);
    t.is(stdout, 'Colour,changes,default,early,fromThere red before\nfalse\n', stderr);
    t.regex(stderr, /waits at a barrier \(jugfile\.ts:9\): jugspace has what it exports before that line/);
  }
  t.is((await rig.jug('execute -j 1 --jugdir results')).code, 0);
  const {stdout, stderr} = await look('link.ts');
  const all = 'Colour,Late,changes,default,early,fromHere,fromThere,late,waited red after\n[ 1, 2 ]\n';
  t.is(stdout, all, stderr);
  t.is(stderr, '');
});
