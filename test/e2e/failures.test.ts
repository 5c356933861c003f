// Tasks that fail, in every way that a task can: told once, with an exit code; and what --debug finds.

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

test('--debug refuses tasks that change their arguments', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator, Tasklet} from 'jug';
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
export const e = copied(new Tasklet(list(), function largest(xs: number[]) { return xs.sort().slice(-1); }));
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
  t.regex(
    debugged.stderr,
    /the function of the tasklet jugfile\.largest\(jugfile\.list\(…\)\) \(jugfile\.ts:15\) changed what it was given/,
  );
  t.deepEqual(rowsOf(debugged.stdout).Total, [2, 0, 4]);
  t.is((await rig.jug('execute -j 1')).code, 0);
});

test('a task that makes tasks fails at the first of them', async t => {
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
  for (const flags of ['', ' --debug']) {
    const {code, stderr} = await rig.jug(`execute -j 1 --keep-going${flags}`);
    t.is(code, 1);
    t.regex(stderr, /FAILED jugfile\.maker\(1\).*\n.*found the task function jugfile\.maker making one/);
    t.regex(stderr, /FAILED jugfile\.single\(2\).*\n.*found the task function jugfile\.single making one/);
  }
});

test('--debug does not take for a task’s what the jugfile makes while the task waits', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
let begin = () => {};
let end = () => {};
const begun = new Promise<void>(resolve => { begin = resolve; });
const ended = new Promise<void>(resolve => { end = resolve; });
const slow = TaskGenerator(async function slow(n: number) { begin(); await ended; return n; });
const quick = TaskGenerator(function quick(n: number) { return n; });
slow(1);
if (isMainThread) quick(2);
else void begun.then(() => { quick(2); end(); });
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --debug');
  t.is(code, 0, stderr);
});
