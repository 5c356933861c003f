// Workers follow main's evaluation of the jugfile, whatever the world says a moment later, or in another thread.

import test from 'ava';
import {openRig, rowsOf, withoutProgress} from '../helpers/rig.js';

test('a jugfile that decides by the clock, chance or a variable that it sets runs to its end', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {randomUUID} from 'node:crypto';
import {barrier, bvalue, TaskGenerator} from 'jug';
process.env.RUN_ID ??= 'run-' + process.hrtime.bigint();
const length = TaskGenerator(function length(text: string) { return text.length; });
const n = await bvalue(length('run of ' + Date.now()));
const id = await bvalue(length(randomUUID()));
const parts = await Promise.all([1, 2, 3].map(async part => part * (await bvalue(length(part + ' ' + Math.random())))));
await barrier();
const use = TaskGenerator(function use(k: number) { return [k, n, id, parts.length, process.env.RUN_ID]; });
export const out = [1, 2].map(k => use(k));
export const run = process.env.RUN_ID;
`,
  });
  for (const jobs of [1, 2, 4]) {
    const {code, stderr} = await rig.jug(`execute -j ${jobs} --jugdir dict_store:${jobs}.dict`);
    t.is(code, 0, stderr);
    t.is(withoutProgress(stderr), '');
  }
});

test('tasks see the environment that the jugfile has made in main, wherever it was set', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
process.env.FIRST ??= String(process.hrtime.bigint());
const seen = TaskGenerator(function seen(when: string, first: string, second: string) {
  if (process.env.FIRST !== first || (process.env.SECOND ?? '') !== second) throw new Error('another environment');
});
await bvalue(['a', 'b', 'c'].map(name => seen(name, process.env.FIRST!, '')));
process.env.SECOND ??= String(process.hrtime.bigint());
export const all = ['d', 'e', 'f'].map(name => seen(name, process.env.FIRST!, process.env.SECOND!));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 3');
  t.is(code, 0, stderr);
});

test('a folder into which tasks write, and a file that they append to, are to workers what they were to main', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {appendFileSync, readdirSync, writeFileSync} from 'node:fs';
import {bvalue, TaskGenerator, timedPath} from 'jug';
const measure = TaskGenerator(function measure(file: string) {
  writeFileSync('in/' + file + '.summary', file);
  appendFileSync('log.txt', file);
  return file.length;
});
const logged = await bvalue(measure(timedPath('log.txt')));
const sizes = await bvalue(readdirSync('in').map(file => measure(file)));
const total = TaskGenerator(function total(ns: number[]) { return ns.reduce((a, b) => a + b, logged); });
export const sum = total(sizes);
`,
    'log.txt': 'first',
    ...Object.fromEntries(Array.from({length: 8}, (_, i) => [`in/f${i}`, ''])),
  });
  const {code, stderr} = await rig.jug('execute -j 4');
  t.is(code, 0, stderr);
});

test('a thread that takes the place of another is told from the journal what was there', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const full = TaskGenerator(async function full(n: number) { await gate('full'); return n * 100; });
const rough = TaskGenerator(function rough(n: number) { return n * 90; });
const crash = TaskGenerator(async function crash(_: number) { await gate('crash'); process.exit(0); });
const better = full(1);
crash(1);
const n = (await better.canLoad()) ? await bvalue(better) : await bvalue(rough(1));
const m = await bvalue(rough(n));
const work = TaskGenerator(async function work(i: number) { await gate('work'); return i * m; });
export const out = Array.from({length: 6}, (_, i) => work(i));
`,
  });
  for (const name of ['full', 'crash', 'work']) rig.hold(name);
  const run = rig.start('execute -j 3 --keep-going');
  await rig.arrived('crash');
  await rig.arrived('work');
  // Now canLoad() would say yes, and the thread of crash() is replaced.
  rig.release('full');
  rig.release('crash');
  await run.line(/FAILED jugfile\.crash/);
  rig.release('work');
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 1, stderr);
  t.deepEqual(rowsOf(stdout)['jugfile.work'], [6, 0, 0]);
});

test('functions that only a compound task uses are known to whoever joins after it was stored', async t => {
  const rig = await openRig(t);
  rig.write({
    'lib.ts': 'export function twice(n: number): number { return 2 * n; }',
    'jugfile.ts': `
import {CompoundTaskGenerator, mapreduce, Task, TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
import {twice} from './lib.ts';
const add = (a: number, b: number): number => a + b;
const both = CompoundTaskGenerator(function both(ns: number[]) {
  return mapreduce.mapreduce(add, twice, ns, {mapStep: 1});
});
const last = TaskGenerator(async function last(sum: number) { await gate('last'); return sum; });
export const sum = await both([1, 2, 3, 4]);
export const plain = new Task(twice, 21);
export const end = [1, 2, 3, 4].map(() => last(sum))[0];
`,
  });
  rig.hold('last');
  const first = rig.start('execute -j 2');
  await rig.arrived('last');
  const second = rig.start('execute -j 2');
  const third = rig.start('execute -j 1');
  rig.release('last');
  for (const {code, stderr} of await Promise.all([first.ended, second.ended, third.ended]))
    t.is(code, 0, stderr);
  t.deepEqual(await rig.values('plain end'), {plain: 42, end: 20});
});

test('what the top level prints is printed once, and what tasks print is there', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
console.log('at the top');
console.error('on stderr');
const f = TaskGenerator(function f(n: number) { console.log('task ' + n); return n; });
const [one, two] = await Promise.all([bvalue(f(1)), bvalue(f(2))]);
process.stdout.write('after a wait\\n');
export const all = f(one + two);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 4');
  t.is(code, 0, stderr);
  for (const text of ['at the top', 'on stderr', 'after a wait', 'task 1', 'task 2', 'task 3'])
    t.is((stdout + stderr).split(text).length - 1, 1, text);
});

test('a logger that was made at the top level prints what tasks have told it', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const lines: string[] = [];
setInterval(() => { for (const line of lines.splice(0)) console.log(line); }, 5).unref();
const f = TaskGenerator(async function f(n: number) { lines.push('told by ' + n); await gate('f' + n); return n; });
export const all = [f(1), f(2)];
`,
  });
  for (const name of ['f1', 'f2']) rig.hold(name);
  const run = rig.start('execute -j 2');
  await Promise.all([run.line(/ \| told by 1$/), run.line(/ \| told by 2$/)]);
  for (const name of ['f1', 'f2']) rig.release(name);
  t.is((await run.ended).code, 0);
});

test('threads evaluate a jugfile one after the other, so that they do not meet in a folder', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {TaskGenerator} from 'jug';
rmSync('out', {recursive: true, force: true});
mkdirSync('out');
const write = TaskGenerator(function write(n: number) { writeFileSync('out/' + n, String(n)); });
export const all = Array.from({length: 30}, (_, i) => write(i));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 8');
  t.is(code, 0, stderr);
  for (let i = 0; i < 30; i++) t.true(rig.exists(`out/${i}`));
});

test('stdin is given to workers as main has read it, at once or piece by piece', async t => {
  const ways = {
    'at once': `JSON.parse(readFileSync(0, 'utf8'))`,
    'piece by piece': `JSON.parse(await (async () => { let text = ''; for await (const piece of process.stdin) text += piece; return text; })())`,
  };
  const rig = await openRig(t);
  for (const [way, expression] of Object.entries(ways)) {
    rig.write({
      'jugfile.ts': `
import {readFileSync} from 'node:fs';
import {TaskGenerator} from 'jug';
void readFileSync;
const numbers = ${expression} as number[];
const double = TaskGenerator(function double(n: number) { return 2 * n + numbers.length; });
export const doubled = numbers.map(n => double(n));
`,
    });
    const {code, stdout, stderr} = await rig.jug('execute -j 2 --jugdir dict_store', {input: '[1,2,3]'});
    t.is(code, 0, `${way}: ${stderr}`);
    t.deepEqual(rowsOf(stdout)['jugfile.double'], [3, 0, 0], way);
  }
});

test('what a top level writes, removes or listens to in each thread is told once, with the line', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {isWorker, TaskGenerator} from 'jug';
rmSync('out', {recursive: true, force: true});
mkdirSync('out', {recursive: true});
if (!isWorker()) writeFileSync('once.txt', 'once');
const write = TaskGenerator(function write(n: number) { writeFileSync('out/' + n, String(n)); });
export const all = Array.from({length: 12}, (_, i) => write(i));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 3');
  t.is(code, 0, stderr);
  t.is(stderr.split('The jugfile calls').length - 1, 1, stderr);
  t.regex(
    stderr,
    /The jugfile calls rmSync at its top level \(jugfile\.ts:4\), which every worker thread does, too/,
  );
  for (let i = 0; i < 12; i++) t.is(rig.read(`out/${i}`), String(i));
});

test('an error that only a worker has is told as a worker’s', async t => {
  const rig = await openRig(t);
  for (const line of ['process.chdir(import.meta.dirname);', 'process.umask(0o22);']) {
    rig.write({
      'jugfile.ts': `
import {TaskGenerator} from 'jug';
${line}
const f = TaskGenerator(function f(n: number) { return n; });
export const one = f(1);
`,
    });
    const {code, stderr} = await rig.jug('execute -j 2');
    t.is(code, 3);
    t.regex(stderr, /threw in a worker thread, though not in the main thread/);
    t.regex(stderr, /isWorker/);
  }
});

test('a jugfile that goes another way in a worker ends the run with both places', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.mjs': `
import {bvalue, TaskGenerator} from 'jug';
const threads = await import('node:worker_threads');
const f = TaskGenerator(function f(n) { return n; });
let n = 0;
if (threads['isMain' + 'Thread']) n = await bvalue(f(1));
else n = await bvalue(f(2));
export const out = f(n + 7);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 2 jugfile.mjs');
  t.is(code, 3);
  t.regex(
    stderr,
    /a worker came to bvalue at jugfile\.mjs:7, and the main thread came to bvalue at jugfile\.mjs:6/,
  );
});

test('a task that makes a task fails, though it catches what it is told', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const f = TaskGenerator(function f(n: number) { return n; });
const g = TaskGenerator(function g(n: number) { f(n); return n; });
const h = TaskGenerator(function h(n: number) { try { f(n); } catch {} return n; });
export const all = [g(1), h(2)];
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --keep-going');
  t.is(code, 1);
  t.regex(stderr, /found the task function jugfile\.g making one \(jugfile\.ts:4\)/);
  t.regex(stderr, /made 1 task while it ran/);
});
