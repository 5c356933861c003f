// Tasks that fail, in every way that a task can: told once, with an exit code, and nothing lost of what went well.

import test from 'ava';
import {noStackOfOurs} from '../helpers/jugfile.js';
import {openRig, rowsOf} from '../helpers/rig.js';

/** A task that fails among others that do not. */
const failing = test.macro(
  async (t, body: string, says: readonly RegExp[], env: Readonly<Record<string, string>> = {}) => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {TaskGenerator} from 'jug';
class Point { x = 1 }
const before = TaskGenerator(function before(n: number) { return n; });
const bad = TaskGenerator(async function bad(n: number): Promise<any> {
${body}
});
const after = TaskGenerator(function after(n: number) { return n; });
export const good = [before(1), before(2), after(before(3))];
export const evil = after(bad(1));
`,
    });
    const first = await rig.jug('execute -j 2 --keep-going', {env});
    t.is(first.code, 1, first.stderr);
    for (const pattern of says) t.regex(first.stderr, pattern);
    t.is(first.stderr.match(/FAILED/g)?.length, 1, first.stderr);
    t.regex(first.stderr, /^\[[\d:]+\] FAILED jugfile\.bad\(1\) [0-9a-f]{12}$/m);
    noStackOfOurs(t, first);
    t.deepEqual(rowsOf(first.stdout).Total, [4, 0, 1]);
    t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [1, 1, 0, 4, 0]);
    t.deepEqual(await rig.values('good'), {good: [1, 2, 3]});
    const again = await rig.jug('execute -j 2', {env});
    t.is(again.code, 1, 'it is tried again');
    t.deepEqual(rowsOf(again.stdout).Total, [0, 4, 1]);
  },
);

test(
  'a task that throws fails, with the line in the .ts file',
  failing,
  "interface A {}\n  throw new TypeError('sync');",
  [/^ {4}TypeError: sync\n {8}at bad \(.*\/jugfile\.ts:7:9\)$/m],
);
test(
  'a task that rejects fails, with what caused it',
  failing,
  "  await null;\n  throw new Error('outer', {cause: new RangeError('inner')});",
  [
    /Error: outer\n +at bad \(.*jugfile\.ts:7:9\)\n +caused by: RangeError: inner\n +at bad \(.*jugfile\.ts:7:\d+\)/,
  ],
);
test(
  'a task that throws an error of its own class fails with its name and code',
  failing,
  `
  class Mine extends Error { override name = 'MineError'; code = 'E_MINE'; }
  throw new Mine('own');`,
  [/MineError \[E_MINE\]: own/],
);
test('a task may throw null', failing, '  throw null;', [/threw null, which is not an Error/]);
test('a task may throw undefined', failing, '  throw undefined;', [/threw undefined, which is not an Error/]);
test('a task may throw a string', failing, "  throw 'words';", [
  /threw a string, which is not an Error: 'words'/,
]);
test('a task that calls process.exit(0) fails', failing, '  process.exit(0);', [/called process\.exit\(0\)/]);
test('a task that calls process.exit(3) fails', failing, '  process.exit(3);', [/called process\.exit\(3\)/]);
test(
  'a task that leaves a rejected promise behind fails',
  failing,
  "  void Promise.reject(new Error('forgotten'));\n  return n;",
  [/left a rejected promise behind: forgotten\n +at bad \(.*jugfile\.ts:6:/],
);
test(
  'a task that leaves a rejected promise behind while it goes on fails',
  failing,
  "  void Promise.reject(new Error('forgotten'));\n  await new Promise(resolve => setTimeout(resolve, 30));\n  return n;",
  [/left a rejected promise behind: forgotten\n +at bad \(.*jugfile\.ts:6:/],
);
test(
  'a task in which a timer throws fails',
  failing,
  "  setTimeout(() => { throw new Error('in a timer'); });\n  await new Promise(resolve => setTimeout(resolve, 30));\n  return n;",
  [/threw outside of its call: in a timer\n +at .*jugfile\.ts:6:/],
);
test(
  'a task that runs out of memory fails, and the worker is replaced',
  failing,
  '  const all: unknown[] = [];\n  for (;;) all.push(new Array(100000).fill({}));',
  [/ran out of memory; NODE_OPTIONS=--max-old-space-size/],
  {NODE_OPTIONS: '--max-old-space-size=64'},
);
for (const [what, result, says] of [
  [
    'an unregistered class instance',
    '{rows: [1, {p: new Point()}]}',
    /\.rows\[1\]\.p is an instance of Point.*registerClass\(Point\)/,
  ],
  ['a function', 'new Map([["k", () => 1]])', /\.get\("k"\) is a function/],
  ['a promise', '{x: [Promise.resolve(1)]}', /\.x\[0\] is a Promise: await it/],
  ['a symbol', '[Symbol("s")]', /\[0\] is a symbol/],
  ['an event target', '{u: new EventTarget()}', /\.u is an instance of EventTarget/],
  ['a task function', '{before}', /\.before is a function/],
] as const) {
  test(`a result that holds ${what} fails its task, saying where it is`, failing, `  return ${result};`, [
    says,
  ]);
}

test('a rejected promise that fails after its task has returned is told as a warning that names the task', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const careless = TaskGenerator(function careless(n: number) {
  void gate('late').then(() => { throw new Error('much later'); });
  return n;
});
const wait = TaskGenerator(async function wait(n: number) { await gate('end'); return n; });
export const all = [wait(careless(1))];
`,
  });
  rig.hold('late');
  rig.hold('end');
  const run = rig.start('execute -j 1');
  await rig.arrived('end');
  rig.release('late');
  await run.line(/^warning: jugfile\.careless\(1\) .*much later/);
  rig.release('end');
  t.is((await run.ended).code, 0);
});

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
    kept.stderr,
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

test('--debug refuses tasks that change their arguments', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const list = TaskGenerator(function list() { return [3, 1, 2]; });
const sorted = TaskGenerator(function sorted(xs: number[]) { return xs.sort(); });
const copied = TaskGenerator(function copied(xs: number[]) { return [...xs].sort(); });
export const a = sorted(list());
export const b = copied(list());
const merged = TaskGenerator(function merged(name: string, all: Map<string, number>, more: {rows: number[]}, _: number[]) {
  if (name === 'both') all.set('one', 2);
  more.rows.push(1);
  return name;
});
export const c = merged('one', new Map(), {rows: [0]}, list());
export const d = merged('both', new Map([['one', 1]]), {rows: []}, list());
`,
  });
  const debugged = await rig.jug('execute -j 1 --debug --keep-going');
  t.is(debugged.code, 1);
  t.regex(debugged.stderr, /FAILED jugfile\.sorted\(.*\n.*changed its argument 1 of 1: .* is given it /);
  t.regex(debugged.stderr, /FAILED jugfile\.merged\(.*one.*\n.*changed its argument 3 of 4: .* is given it /);
  t.regex(
    debugged.stderr,
    /FAILED jugfile\.merged\(.*both.*\n.*changed its arguments 2, 3 of 4: .* is given them /,
  );
  t.deepEqual(rowsOf(debugged.stdout).Total, [2, 0, 3]);
  t.is((await rig.jug('execute -j 1')).code, 0);
});

test('--debug refuses tasks that make tasks', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const leaf = TaskGenerator(function leaf(n: number) { return n; });
const maker = TaskGenerator(function maker(n: number) { leaf(n); leaf(n + 1); return n; });
const single = TaskGenerator(function single(n: number) { leaf(n); return n; });
export const a = maker(1);
export const b = single(2);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --debug --keep-going');
  t.is(code, 1);
  t.regex(stderr, /FAILED jugfile\.maker\(1\).*\n.*made 2 tasks while it ran/);
  t.regex(stderr, /FAILED jugfile\.single\(2\).*\n.*made 1 task while it ran/);
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
