// Nothing is computed twice: not by a second run, not by processes that work at the same time, and not because one of
// them was killed.

import test from 'ava';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

const total = (stdout: string): number[] => rowsOf(stdout).Total!;

/** Sweeps over `values`; every run of a task is noted. */
const sweep = (values: readonly number[], more = ''): string => `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const square = TaskGenerator(function square(x: number) { ran('square ' + x); return x * x; });
const sum = TaskGenerator(function sum(xs: number[]) { ran('sum'); return xs.reduce((a, b) => a + b, 0); });
const squares = [${values}].map(x => square(x));
export const total = sum(squares);
${more}
`;

test('after a change of the jugfile only what is new is computed', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': sweep([1, 2, 3])});
  t.deepEqual(total((await rig.jug('execute -j 2')).stdout), [4, 0, 0]);
  rig.write({'jugfile.ts': sweep([1, 2, 3, 4, 5])});
  t.deepEqual(rowsOf((await rig.jug('execute -j 2')).stdout), {
    'jugfile.square': [2, 3, 0],
    'jugfile.sum': [1, 0, 0],
    Total: [3, 3, 0],
  });
  t.deepEqual(await rig.values('total'), {total: 55});
  const more =
    'const half = TaskGenerator(function half(x: number) { return x / 2; });\nexport const halved = half(total);';
  rig.write({'jugfile.ts': sweep([1, 2, 3, 4, 5], more)});
  t.deepEqual(total((await rig.jug('execute -j 2')).stdout), [1, 6, 0]);
  t.deepEqual(await rig.values('halved'), {halved: 27.5});
  rig.write({'jugfile.ts': sweep([3, 1, 2])});
  t.deepEqual(total((await rig.jug('execute -j 2')).stdout), [1, 3, 0]);
  t.is(rig.runs().length, 8);
});

test('the order of the keys of an argument, and how the program is written, change nothing', async t => {
  const rig = await openRig(t);
  const jugfile = (argument: string): string => `
import {TaskGenerator} from 'jug';
const show = TaskGenerator(function show(o: object) { return Object.keys(o).length; });
export const n = show(${argument});
`;
  rig.write({'jugfile.ts': jugfile('{a: 1, b: {c: [1, 2], d: new Map([[1, 2]])}}')});
  t.deepEqual(total((await rig.jug('execute -j 1')).stdout), [1, 0, 0]);
  rig.write({'jugfile.ts': `// a comment\n${jugfile('{b: {d: new Map([[1, 2]]), c: [1, 2]}, a: 1}')}`});
  t.deepEqual(total((await rig.jug('execute -j 1')).stdout), [0, 1, 0]);
  rig.write({'jugfile.ts': jugfile('{a: 1, b: {c: [1, 2], d: new Map([[1, 3]])}}')});
  t.deepEqual(total((await rig.jug('execute -j 1')).stdout), [1, 0, 0]);
});

test('a run that was interrupted by a failure goes on where it stopped', async t => {
  const rig = await openRig(t);
  const jugfile = (bad: string): string => `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const step = TaskGenerator(function step(n: number): number { ran('step ' + n); ${bad} return n + 1; });
let x: any = 0;
for (let i = 0; i < 10; i++) x = step(x);
export const last = x;
`;
  rig.write({'jugfile.ts': jugfile("if (n === 6) throw new Error('six');")});
  t.is((await rig.jug('execute -j 2')).code, 1);
  rig.write({'jugfile.ts': jugfile('')});
  t.deepEqual(total((await rig.jug('execute -j 2')).stdout), [4, 6, 0]);
  t.deepEqual(await rig.values('last'), {last: 10});
  t.is(rig.runs().length, 11);
});

for (const count of [2, 4]) {
  test.serial(`${count} processes at once share the work, each task running once`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
import {barrier, TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { ran('work ' + n); await sleep(10); return n; });
const quick = TaskGenerator(function quick(n: number) { ran('quick ' + n); return n; });
const sum = TaskGenerator(function sum(xs: number[]) { ran('sum'); return xs.reduce((a, b) => a + b, 0); });
const first = Array.from({length: 60}, (_, n) => work(n));
await barrier();
const second = Array.from({length: 200}, (_, n) => quick(work(n % 80)));
export const total = sum(second);
`,
    });
    const runs = Array.from({length: count}, () => rig.start('execute -j 2'));
    const results = await Promise.all(runs.map(({ended}) => ended));
    for (const {code, stderr} of results) t.is(code, 0, stderr);
    const all = rig.runs();
    t.deepEqual(all.toSorted(), [...new Set(all)].toSorted(), 'no task ran twice');
    t.is(all.length, 80 + 80 + 1);
    const executed = results.map(({stdout}) => total(stdout)[0]!);
    t.is(
      executed.reduce((a, b) => a + b),
      161,
    );
    for (const {stdout} of results) t.is(total(stdout)[0]! + total(stdout)[1]!, 161);
    t.true(executed.filter(n => n > 0).length > 1, `shared: ${executed}`);
    t.deepEqual(await rig.values('total'), {total: [...Array(200).keys()].reduce((a, n) => a + (n % 80), 0)});
  });
}

test('a process that joins late gets work', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { await gate('at' + n); ran(process.pid + ' ' + n); return n; });
for (let n = 0; n < 6; n++) work(n);
`,
  });
  rig.hold('at0');
  const first = rig.start('execute -j 1');
  await rig.arrived('at0');
  const late = rig.start('execute -j 1');
  await rig.until('the late one to do the rest', () => rig.runs().length === 5);
  t.true(rig.runs().every(run => run.startsWith(`${late.pid} `)));
  rig.release('at0');
  const results = [await first.ended, await late.ended];
  t.deepEqual(
    results.map(({code}) => code),
    [0, 0],
  );
  t.deepEqual(
    results.map(({stdout}) => total(stdout)),
    [
      [1, 5, 0],
      [5, 1, 0],
    ],
  );
});

test.serial('the tasks of a process that is killed are taken over within two seconds', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {writeFileSync} from 'node:fs';
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { ran(process.pid + ' ' + n); await gate('it'); return n; });
export const all = [work(1), work(2)];
if (isMainThread) writeFileSync('main-' + process.pid, '');
`,
  });
  rig.hold('it');
  const victim = rig.start('execute -j 2');
  await rig.until('both to run', () => rig.runs().length === 2);
  // Not when a lease has lapsed.
  const heir = rig.start('execute -j 2 --lease 3600');
  await rig.until('the heir to know the tasks', () => rig.exists(`main-${heir.pid}`));
  victim.kill('SIGKILL');
  await rig.until('both to be taken over', () => rig.runs().length === 4);
  rig.release('it');
  const {code, stdout} = await heir.ended;
  t.is(code, 0);
  t.deepEqual(total(stdout), [2, 0, 0]);
  t.true(
    rig
      .runs()
      .slice(2)
      .every(run => run.startsWith(`${heir.pid} `)),
  );
});

test('a task that waits for something slow holds back nothing that was done before it', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) {
  if (n === 137) {
    void Promise.reject(new Error('forgotten'));
    await gate('slow');
  }
  return n;
});
const next = TaskGenerator(function next(n: number) { ran('next ' + n); return n; });
for (let n = 0; n < 200; n++) next(work(n));
`,
  });
  rig.hold('slow');
  const run = rig.start('execute -j 2 --keep-going');
  await rig.until('all the others to be done', () => rig.runs().length === 199);
  rig.release('slow');
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 1);
  t.deepEqual(total(stdout), [398, 0, 1]);
  t.regex(stderr, /FAILED jugfile\.work\(137\).*\n.*left a rejected promise behind: forgotten/);
});

test('a process that gives up waiting for others says so and exits with 4', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { await gate('it'); return n; });
export const one = work(1);
`,
  });
  rig.hold('it');
  const first = rig.start('execute -j 1');
  await rig.arrived('it');
  const {code, stderr} = await rig.jug('execute -j 1 --wait-cycle-time 1 --nr-wait-cycles 1');
  t.is(code, 4);
  t.regex(stderr, /1 task is held by other processes; waiting for .* was given up/);
  rig.release('it');
  t.is((await first.ended).code, 0);
});

const MANY = 300;
const CHAOS = `
import {setTimeout as sleep} from 'node:timers/promises';
import {barrier, TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { ran('work ' + n); await sleep(n % 10); return n; });
const join = TaskGenerator(function join(a: number, b: number) { ran('join'); return a + b; });
const all = Array.from({length: ${MANY / 2}}, (_, n) => work(n));
await barrier();
for (let n = ${MANY / 2}; n < ${MANY}; n++) all.push(work(n));
export const pairs = all.map((task, n) => join(task, all[(n + 1) % all.length]));
`;

async function pairsAreRight(rig: Rig): Promise<boolean> {
  const {pairs} = await rig.values('pairs');
  return (pairs as number[]).every((pair, n) => pair === n + ((n + 1) % MANY));
}

test.serial('processes are killed at random moments and others started: nothing needs a hand', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': CHAOS});
  const running = [rig.start('execute -j 2'), rig.start('execute -j 1')];
  for (let round = 0; round < 5; round++) {
    const goal = Math.min(rig.runs().length + 20 + Math.floor(Math.random() * 60), MANY * 1.6);
    await rig.until(`${goal} tasks to be run`, () => rig.runs().length >= goal);
    running.shift()!.kill('SIGKILL');
    running.push(rig.start('execute -j 2'));
  }
  for (const {ended} of running) {
    const {code, stderr} = await ended;
    t.is(code, 0, stderr);
  }
  t.is((await rig.jug('check')).code, 0);
  t.true(await pairsAreRight(rig));
  t.deepEqual(total((await rig.jug('status')).stdout), [0, 0, 0, 2 * MANY, 0]);
});

test.serial('what was told as finished is there after kill -9, whenever it comes', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': CHAOS});
  let acknowledged = 0;
  for (let round = 0; round < 4; round++) {
    const run = rig.startScript(`
import {appendFileSync} from 'node:fs';
import {execute} from 'jug';
await execute('jugfile.ts', {
  jobs: 2,
  onEvent({type, count}) { if (type === 'finished') appendFileSync('acknowledged', 'x'.repeat(count)); },
});
`);
    const goal = Math.min(rig.runs().length + 30 + Math.floor(Math.random() * 60), MANY * 1.6);
    await rig.until(`${goal} tasks to be run`, () => rig.runs().length >= goal);
    run.kill('SIGKILL');
    await run.ended;
    acknowledged = rig.exists('acknowledged') ? rig.read('acknowledged').length : 0;
    const finished = total((await rig.jug('status')).stdout)[3]!;
    t.true(finished >= acknowledged, `${acknowledged} were acknowledged, ${finished} are there`);
  }
  const {code, stdout} = await rig.jug('execute -j 2');
  t.is(code, 0);
  t.true(total(stdout)[1]! >= acknowledged);
  t.true(await pairsAreRight(rig));
});
