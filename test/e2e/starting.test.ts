// When tasks start, in which order, and what is told of it, in real runs.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

test('what one result has kept waiting runs in the order of its definition', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const load = TaskGenerator(function load() { return 1; });
const train = TaskGenerator(function train(data: number, rate: number, fold: number) { ran(rate + '/' + fold); });
const data = load();
for (const rate of [1, 2, 3, 4]) for (const fold of [1, 2, 3]) train(data, rate, fold);
`,
  });
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(
    rig.runs(),
    [1, 2, 3, 4].flatMap(rate => [1, 2, 3].map(fold => `${rate}/${fold}`)),
  );
});

test('a task whose arguments take long to arrive is started once', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const count = TaskGenerator(function count(rows: readonly {readonly row: number}[]) { return rows.length; });
export const rows = count(Array.from({length: 600_000}, (_, row) => ({row})));
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute} from 'jug';
let started = 0;
const onEvent = event => {
  if (event.type === 'started') started += event.count;
};
const {exitCode} = await execute('jugfile.ts', {jobs: 1, onEvent});
console.log(JSON.stringify({exitCode, started}));
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), {exitCode: 0, started: 1});
  t.deepEqual(await rig.values('rows'), {rows: 600_000});
});

test('no more tasks are said to be running than there are workers, though they travel in batches', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const spin = TaskGenerator(function spin(n: number) {
  const end = performance.now() + 0.4;
  while (performance.now() < end);
  return n;
});
for (let n = 0; n < 8000; n++) spin(n);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2 --ui json');
  t.is(code, 0, stderr);
  const said = stdout.matchAll(/"event":"progress".*?"running":(\d+),.*?"elsewhere":(\d+),/g);
  const numbers = [...said].map(([, running, elsewhere]) => [Number(running), Number(elsewhere)] as const);
  t.true(numbers.length > 1, stdout);
  t.true(
    numbers.every(([running, elsewhere]) => running <= 2 && elsewhere === 0),
    stdout,
  );
});
