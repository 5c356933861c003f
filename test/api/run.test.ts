// The whole of it on random programs: real store, real threads, against the same program in one thread.

import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import {init} from '../../src/api/init.js';
import {execute} from '../../src/index.js';
import {value} from '../../src/tasks/barrier.js';
import {randomDependencies, randomNumbers} from '../helpers/tasks.js';

const SIZE = 300;

/** What the tasks compute: plain functions, called by the tasks and by the test. Numbers, texts, lists and objects. */
const WORK = `
export function number(i, needed) { return needed.flat(9).reduce((sum, x) => (sum * 31 + weigh(x)) % 1000003, i); }
export async function text(i, needed) { await null; return i + ':' + needed.map(x => JSON.stringify(x)).join('|').slice(0, 200); }
export function list(i, needed) { return [i, ...needed.map(weigh)]; }
export async function object(i, needed) { await new Promise(done => setImmediate(done)); return {i, first: needed[0], count: needed.length}; }
export function large(i, needed) { return new Float64Array(20000).fill(i + needed.length); }
export function weigh(x) { return typeof x === 'number' ? x : x === undefined ? 1 : x instanceof Float64Array ? x[7] : JSON.stringify(x).length; }
export const functions = [number, text, list, object, large];
`;

const JUGFILE = `
import {appendFileSync} from 'node:fs';
import {isMainThread} from 'node:worker_threads';
import {barrier, bvalue, TaskGenerator} from 'jug';
import {functions, weigh} from './work.js';

const {needs, kinds} = PROGRAM;
const log = new URL('ran.log', import.meta.url);
const generators = functions.map(fn =>
  TaskGenerator((i, needed) => {
    appendFileSync(log, i + '\\n');
    return fn(i, needed);
  }, {name: fn.name}),
);
export const tasks = [];
for (let i = 0; i < needs.length; i++) {
  if (i === 100) await barrier();
  const seen = i % 60 === 50 ? weigh(await bvalue(tasks[i - 20])) : 0;
  // A need is met by the task itself, or by a part of what a list-making one will return.
  const needed = needs[i].map(j => (kinds[j] === 2 && (i + j) % 2 === 0 ? tasks[j][0] : tasks[j]));
  tasks.push(generators[kinds[i]](i + seen, needed));
}
`;

interface Program {
  readonly needs: readonly (readonly number[])[];
  readonly kinds: readonly number[];
}

type Work = {
  readonly functions: readonly ((i: number, needed: readonly unknown[]) => unknown)[];
  readonly weigh: (value: unknown) => number;
};

/** In one thread, one task after the other. */
async function direct({needs, kinds}: Program, {functions, weigh}: Work): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const [i, needed] of needs.entries()) {
    const seen = i % 60 === 50 ? weigh(values[i - 20]) : 0;
    const given = needed.map(j =>
      kinds[j] === 2 && (i + j) % 2 === 0 ? (values[j] as unknown[])[0] : values[j],
    );
    values.push(await functions[kinds[i]!]!(i + seen, given));
  }
  return values;
}

for (const seed of [1, 2, 3]) {
  test.serial(
    `a random program of ${SIZE} tasks computes what one thread computes, each once (seed ${seed})`,
    async t => {
      const folder = mkdtempSync(path.join(tmpdir(), 'jug-execute-'));
      t.teardown(() => rmSync(folder, {recursive: true, force: true}));
      const random = randomNumbers(seed);
      const needs = randomDependencies(random, SIZE);
      const kinds = needs.map(() => Math.floor(random() ** 1.5 * 5));
      const jugfile = path.join(folder, 'jugfile.js');
      writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
      writeFileSync(path.join(folder, 'work.js'), WORK);
      writeFileSync(jugfile, JUGFILE.replace('PROGRAM', JSON.stringify({needs, kinds})));

      const {counts, exitCode, end} = await execute(jugfile, {jobs: 2});
      t.is(exitCode, 0);
      t.deepEqual(end, {kind: 'finished'});
      t.deepEqual(counts, {failed: 0, waiting: 0, ready: 0, finished: SIZE, running: 0});

      const ran = () => readFileSync(path.join(folder, 'ran.log'), 'utf8').trim().split('\n');
      t.is(ran().length, SIZE);

      const {store, jugspace} = await init(jugfile);
      t.teardown(() => store.close());
      const work = (await import(pathToFileURL(path.join(folder, 'work.js')).href)) as Work;
      const expected = await direct({needs, kinds}, work);
      const found = await value(jugspace.tasks as unknown[]);
      for (const [i, one] of expected.entries()) t.deepEqual<unknown, unknown>(found[i], one, `task ${i}`);

      const again = await execute(jugfile, {jobs: 2});
      t.is(again.exitCode, 0);
      t.is(ran().length, SIZE);
      t.deepEqual(
        again.functions.map(({executed}) => executed).filter(executed => executed > 0),
        [],
      );
    },
  );
}

test.serial(
  'a worker that starts late follows the barriers of compound tasks whose functions it does not call',
  async t => {
    const folder = mkdtempSync(path.join(tmpdir(), 'jug-execute-'));
    t.teardown(() => rmSync(folder, {recursive: true, force: true}));
    const jugfile = path.join(folder, 'jugfile.mjs');
    writeFileSync(
      jugfile,
      `
import {bvalue, CompoundTaskGenerator, TaskGenerator} from 'jug';
const same = TaskGenerator(function same(x) { return x; });
const leave = TaskGenerator(function leave() { process.exit(1); });
const both = CompoundTaskGenerator(async function both(x) { return same(100 + await bvalue(same(x))); });
await bvalue(await both(1));
leave();
export const last = await bvalue(await both(2));
`,
    );
    const {failures, counts, end} = await execute(jugfile, {jobs: 1, keepGoing: true});
    t.is(end.kind, 'stuck');
    t.deepEqual(
      failures.map(({task}) => task),
      ['jugfile.leave()'],
    );
    t.is(counts.finished, 6);
  },
);

test('an option of execute that means nothing is refused, before a jugfile is looked for', async t => {
  const known =
    'jobs, jugdir, args, target, keepGoing, keepFailed, waitCycleTime, nrWaitCycles, lease, storePatience, grace, debug, onEvent';
  for (const [options, message] of [
    [{jobs: 2, keepgoing: true}, `the options of execute() to be among ${known}, found 'keepgoing'`],
    [{toString: 1}, `the options of execute() to be among ${known}, found 'toString'`],
    [{jobs: 'four'}, "jobs to be a whole number of at least 1, found 'four'"],
    [{jobs: 0.5}, 'jobs to be a whole number of at least 1, found 0.5'],
    [{jugdir: 7}, 'jugdir to be a string, found 7'],
    [{args: 'all'}, "args to be an array of strings, found 'all'"],
    [{keepGoing: 'yes'}, "keepGoing to be true or false, found 'yes'"],
    [{lease: Number.NaN}, 'lease to be a number of seconds, at least 1 and at most 86400, found NaN'],
    [
      {storePatience: 1e9},
      'storePatience to be a number of seconds, at least 0 and at most 2000000, found 1000000000',
    ],
    [{onEvent: true}, 'onEvent to be a function, found true'],
    ['jugdir', "the options of execute() to be an object, as {jobs: …}, found 'jugdir'"],
  ] as const) {
    const error = await t.throwsAsync(execute('nowhere.ts', options as never), {name: 'JugError'});
    t.is(error!.message.replace(/ \([^ ]+:\d+\)\.$/, '.'), `Expected ${message}.`);
  }
  await t.throwsAsync(execute('nowhere.ts', {jobs: undefined, args: ['x']}), {
    message: /found nothing there/,
  });
});

test.serial('a jugfile that ends its process in workers ends the run, and says so', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-execute-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  const jugfile = path.join(folder, 'jugfile.mjs');
  writeFileSync(
    jugfile,
    `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
if (!isMainThread) process.exit(3);
const same = TaskGenerator(function same(x) { return x; });
export const tasks = [same(1), same(2)];
`,
  );
  await t.throwsAsync(execute(jugfile, {jobs: 2}), {message: /process\.exit\(3\)/});
});
