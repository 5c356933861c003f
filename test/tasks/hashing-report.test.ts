// Which hashing is told: that of one large argument that many tasks are given, once it adds up. By a clock of the test's.

import test from 'ava';
import {HashingTime} from '../../src/tasks/hashing-report.js';
import {TASK} from '../../src/tasks/traverse.js';
import {openRig} from '../helpers/rig.js';

function watch() {
  const told: string[] = [];
  let now = 0;
  const time = new HashingTime(
    () => now,
    message => told.push(message),
  );
  const hash = (
    name: string,
    args: readonly unknown[],
    milliseconds: number,
    site = 'jugfile.ts:4',
  ): string =>
    time.measure({function: {name, site}, args}, () => {
      now += milliseconds;
      return 'hash';
    });
  return {told, hash};
}

const numbers = Array.from({length: 200_000}, (_, i) => i / 3);

test('an argument that takes more than a second to hash in all is told once, with what to write instead', t => {
  const {told, hash} = watch();
  for (let i = 0; i < 34; i++) t.is(hash('jugfile.score', [i, numbers], 30), 'hash');
  t.deepEqual(told, [
    'Hashing argument 2 of jugfile.score (200,000 numbers, 1.6 MB) has taken 1.0 s for 34 tasks, and does so in each command.\n' +
      'Make it a task once, const shared = identity(data), with identity of jug, and hand that over.',
  ]);
  for (let i = 0; i < 100; i++) hash('jugfile.score', [i, numbers], 30);
  t.is(told.length, 1);
  for (let i = 0; i < 34; i++) hash('jugfile.other', [i, {data: numbers, i}, {i}], 30);
  t.regex(told[1]!, /^Hashing argument 2 of jugfile\.other \(200,000 numbers/);
});

test('each argument is said as what it is', t => {
  const words = new Array(5000).fill('word') as string[];
  const sizes: readonly (readonly [unknown, string])[] = [
    [words, '5,000 strings, 0.2 MB'],
    [[...words, 1], '5,001 members, 0.2 MB'],
    [new Map([[1, words]]), '1 entries, 0.2 MB'],
    [new Set([words]), '1 members, 0.2 MB'],
    [{words, rest: 1}, '5,000 strings, 0.2 MB'],
    [{words, more: words.slice(1)}, '2 properties, 0.4 MB'],
    [new Float64Array(100_000), 'Float64Array, 0.8 MB'],
    [[Symbol.iterator, words], '2 members'],
  ];
  for (const [arg, size] of sizes) {
    const {told, hash} = watch();
    hash('f', [arg], 600);
    hash('f', [arg], 600);
    t.true(told[0]?.includes(`argument 1 of f (${size}) has`), told[0]);
  }
});

test('hashing is not told that takes little, or that no task could spare', t => {
  const {told, hash} = watch();
  for (let i = 0; i < 100; i++) hash('quick', [numbers], 0.5);
  for (let i = 0; i < 100; i++) hash('others', [[...words(i)]], 100);
  for (let i = 0; i < 100; i++) hash('primitive', ['x', 1], 100);
  for (let i = 0; i < 100; i++) hash('tasks', [{[TASK]: true, hash: 'x'}], 100);
  for (let i = 0; i < 100; i++) hash('jug.identity', [numbers], 100, 'jug');
  hash('once', [numbers], 10_000);
  t.deepEqual(told, []);
});

function words(i: number): string[] {
  return [`word ${i}`];
}

test('identity hands over a large argument that many tasks share, and what its advice says runs', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.mjs': `
import {identity, TaskGenerator} from 'jug';
const score = TaskGenerator(function score(i, data) { return data[i]; });
const shared = identity(Array.from({length: 2000}, (_, i) => i / 2));
export const scores = [1, 2, 3].map(i => score(i, shared));
`,
  });
  t.is((await rig.jug('execute jugfile.mjs')).code, 0);
  t.deepEqual(await rig.values('scores', 'jugfile.mjs'), {scores: [0.5, 1, 1.5]});
});
