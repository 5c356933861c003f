// What a failed task means for the run, for what needs it, and for the runs that follow.

import test from 'ava';
import {noStackOfOurs} from '../helpers/jugfile.js';
import {openRig, rowsOf, withoutProgress} from '../helpers/rig.js';

test('after a failure nothing new is started, what runs is finished, and the exit code is 1', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const slow = TaskGenerator(async function slow(n: number) { ran('slow ' + n); await gate('slow'); return n; });
const bad = TaskGenerator(async function bad(n: number) { ran('bad ' + n); await gate('bad'); throw new Error('bad ' + n); });
const later = TaskGenerator(async function later(n: number) { ran('later ' + n); return n; });
slow(1);
bad(1);
for (let n = 0; n < 20; n++) later(n);
`,
  });
  rig.hold('slow');
  rig.hold('bad');
  const run = rig.start('execute -j 2');
  await rig.arrived('slow');
  await rig.arrived('bad');
  rig.release('bad');
  await run.line(/FAILED jugfile\.bad\(1\)/);
  await run.line(/stopping after a failure: no task is started any more, 1 running task will finish/);
  rig.release('slow');
  const {code, stdout} = await run.ended;
  t.is(code, 1);
  t.deepEqual(rowsOf(stdout).Total, [1, 0, 1]);
  t.deepEqual(rig.runs().sort(), ['bad 1', 'slow 1']);
});

test('a failure is cleared by success, and --keep-failed does not try it again', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {existsSync} from 'node:fs';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const fragile = TaskGenerator(function fragile(n: number) {
  ran('fragile ' + n);
  if (n === 1 && !existsSync('mended')) throw new Error('broken');
  return n;
});
const next = TaskGenerator(function next(n: number) { return n + 1; });
export const all = [0, 1, 2].map(n => next(fragile(n)));
`,
  });
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  const kept = await rig.jug('execute -j 1 --keep-failed --keep-going');
  t.is(kept.code, 1);
  t.deepEqual(rowsOf(kept.stdout).Total, [0, 4, 0]);
  t.is(
    withoutProgress(kept.stderr),
    '1 task failed in an earlier run and was not tried again (--keep-failed), and 1 more is not finished.\n',
  );
  t.is(rig.runs().length, 3);
  rig.write({mended: ''});
  t.is((await rig.jug('execute -j 1 --keep-failed')).code, 1);
  const mended = await rig.jug('execute -j 1');
  t.is(mended.code, 0);
  t.deepEqual(rowsOf(mended.stdout).Total, [2, 4, 0]);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 0, 6, 0]);
});

test('a barrier whose tasks failed never opens, and the run ends saying so', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, TaskGenerator} from 'jug';
const bad = TaskGenerator(function bad(n: number) { if (n === 1) throw new Error('bad'); return n; });
bad(0); bad(1);
await barrier();
bad(2);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2 --keep-going');
  t.is(code, 1);
  t.deepEqual(rowsOf(stdout).Total, [1, 0, 1]);
  t.regex(stderr, /The jugfile still waits at a barrier \(jugfile\.ts:5\): what it waits for failed/);
});

test('where the jugfile changes an argument after the call, the task fails instead of computing something else', async t => {
  const rig = await openRig(t);
  const jugfile = (list: string, options: string): string => `
import {TaskGenerator} from 'jug';
const total = TaskGenerator(function total(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
const use = TaskGenerator(function use(o: {seed: number}) { return o.seed; });
const after = TaskGenerator(function after(n: number) { return n; });
const sofar: number[] = [];
const options = {seed: 0};
export const totals: any[] = [];
export const seeds: any[] = [];
for (const x of [1, 2, 3]) { sofar.push(x); totals.push(after(total(${list}))); }
for (let s = 0; s < 3; s++) { options.seed = s; seeds.push(use(${options})); }
`;
  rig.write({'jugfile.ts': jugfile('sofar', 'options')});
  const first = await rig.jug('execute -j 1 --keep-going');
  t.is(first.code, 1, first.stderr);
  t.deepEqual(rowsOf(first.stdout)['jugfile.total'], [1, 0, 2]);
  t.deepEqual(rowsOf(first.stdout)['jugfile.use'], [1, 0, 2]);
  t.regex(
    first.stderr,
    /JugError: Expected the arguments of jugfile\.use to be what they were when the jugfile called it, found that argument 1 was changed since\.\n.*Hand over a copy, as in use\(\{\.\.\.options\}\)/,
  );
  noStackOfOurs(t, first);
  rig.write({'jugfile.ts': jugfile('[...sofar]', '{...options}')});
  const mended = await rig.jug('execute -j 1');
  t.deepEqual(rowsOf(mended.stdout).Total, [6, 3, 0]);
  t.deepEqual(await rig.values('totals seeds'), {totals: [1, 3, 6], seeds: [0, 1, 2]});
});

test('--target runs one function and what it needs, and nothing else', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) { return 2 * n; });
const plus1 = TaskGenerator(function plus1(n: number) { return n + 1; });
const sum = TaskGenerator(function sum(a: number, b: number) { return a + b; });
for (let n = 0; n < 4; n++) sum(plus1(double(n)), double(n + 10));
`,
  });
  const first = await rig.jug('execute -j 2 --target double');
  t.is(first.code, 0);
  t.deepEqual(rowsOf(first.stdout).Total, [8, 0, 0]);
  const second = await rig.jug('execute -j 2 --target jugfile.plus1');
  t.is(second.code, 0);
  t.deepEqual(rowsOf(second.stdout)['jugfile.plus1'], [4, 0, 0]);
  t.is((await rig.jug('execute -j 2 --target /SUM/i')).code, 0);
  t.is((await rig.jug('check')).code, 0);
});

test('a value whose task failed, or one that it needs, is refused with that failure', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `import {TaskGenerator} from 'jug';
const broken = TaskGenerator(function broken(n: number): number {
  throw new RangeError('no number ' + n);
});
const plus = TaskGenerator(function plus(n: number) { return n + 1; });
export const one = broken(1);
export const two = plus(plus(one));
export const three = plus(3);
`,
  });
  t.is((await rig.jug('execute -j 1 --target broken')).code, 1);
  const {stdout} = await rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.ts');
for (const asked of [() => jugspace.one.value(), () => value({two: jugspace.two}), () => value([jugspace.three, jugspace.one]), () => jugspace.three.value()])
  console.log(await asked().catch(error => error.name + ': ' + error.message));
await store.close();
`);
  const failure =
    /:\n {4}RangeError: no number 1\n {8}at .*broken.*jugfile\.ts:3:9.*\n`jug execute` tries it again\.$/;
  const [one, two, both, three] = stdout.split(/^(?=JugError)/m).map(text => text.trimEnd());
  const [first, rest] = [one!.slice(0, one!.indexOf(';')), one!.slice(one!.indexOf(';'))];
  t.regex(first, /^JugError: Expected the result of jugfile\.broken\(1\) \([0-9a-f]{12}\) to be there$/);
  t.regex(rest, new RegExp(`^; the task failed${failure.source}`));
  t.regex(
    two!,
    new RegExp(
      `^JugError: Expected the result of jugfile\\.plus\\(.*\\) to be there; it needs that of jugfile\\.broken\\(1\\) \\([0-9a-f]{12}\\), which failed${failure.source}`,
    ),
  );
  t.is(both, one);
  t.regex(three!, /jugfile\.plus\(3\).*; it has not been computed yet/);
});

test('a function that main defines and a worker does not is told, not waited for', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
if (isMainThread) TaskGenerator(function onlyHere(n: number) { return n; })(1);
`,
  });
  const result = await rig.jug('execute -j 1');
  t.not(result.code, 0);
  t.regex(result.stderr, /jugfile\.onlyHere/);
});

const chain = (bad: string): string => `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const next = TaskGenerator(function next(n: number): number {
  ran('next ' + n);
  ${bad}
  return n + 1;
});
let x: any = next(0);
for (let i = 1; i < 500; i++) x = next(x);
export const last = x;
`;

test('a task that fails late, in the middle of a chain of quick ones, leaves nothing that was made from its result', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': chain("if (n === 300) void Promise.reject(new Error('forgotten'));")});
  const {code, stderr} = await rig.jug('execute -j 2 --keep-going');
  t.is(code, 1);
  t.regex(stderr, /FAILED jugfile\.next\(.*\n.*left a rejected promise behind: forgotten/);
  const {total} = JSON.parse((await rig.jug('status --json')).stdout) as {total: Record<string, number>};
  t.deepEqual([total.finished, total.failed, total.waiting], [300, 1, 199]);
  rig.write({'jugfile.ts': chain('')});
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.deepEqual(await rig.values('last'), {last: 500});
});

test('where a task ends its thread after one before it in a chain has failed late, no task fails that was not run', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const next = TaskGenerator(function next(n: number, previous?: any): unknown {
  ran('next ' + n);
  if (n === 30) void Promise.reject(new Error('forgotten'));
  return n === 31 ? new Promise(() => setTimeout(() => process.exit(3), 20)) : n;
});
let last: any = next(0);
for (let n = 1; n < 60; n++) last = next(n, last);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --keep-going');
  t.is(code, 1);
  const failed: readonly string[] = stderr.match(/(?<=FAILED jugfile\.next\()\d+/g) ?? [];
  t.true(failed.includes('30'));
  t.deepEqual(
    failed.filter(n => !rig.runs().includes(`next ${n}`)),
    [],
  );
});
