// Jugfiles with compound tasks.

import test from 'ava';
import {column} from '../helpers/jugfile.js';
import {openRig} from '../helpers/rig.js';

const TWICE = `
import {barrier, CompoundTask, CompoundTaskGenerator, identity, TaskGenerator, value} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const twice = CompoundTaskGenerator(function twice(x: number) { return [double(x), double(x)]; });
const tadd = TaskGenerator(function tadd(y: number[]) { return y[0] + y[1]; });
`;

test('a compound task counts as one, and its inner tasks are forgotten when it is finished', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}\nexport const eight = await twice(4);\nexport const sixteen = tadd(eight);\n`,
  });
  const {code, stdout} = await rig.jug('execute -j 2');
  t.is(code, 0);
  t.deepEqual(column(stdout, 0), {
    'jugfile.double': 1,
    'jug.compound(jugfile.twice)': 1,
    'jugfile.tadd': 1,
  });
  t.deepEqual(await rig.values('eight sixteen'), {eight: [8, 8], sixteen: 16});
  t.deepEqual(column((await rig.jug('count')).stdout, 0), {
    'jug.compound(jugfile.twice)': 1,
    'jugfile.tadd': 1,
  });
});

test('the result of a compound task goes through barriers and identity', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}
let eight: any = await twice(4);
await barrier();
eight = identity({pair: eight}).get('pair');
await barrier();
export const sixteen = tadd(eight);
`,
  });
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.deepEqual(await rig.values('sixteen'), {sixteen: 16});
});

test('a compound task may have barriers inside', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, CompoundTask, TaskGenerator, value} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
async function fourfold(x: any) {
  const once = double(x);
  await barrier();
  return double(await value(once));
}
export const four = double(2);
export const sixteen = await CompoundTask(fourfold, four);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  t.is(column(stdout, 0)['jug.compound(jugfile.fourfold)'], 1);
  t.deepEqual(await rig.values('four sixteen'), {four: 4, sixteen: 16});
  t.is((await rig.jug('check')).code, 0);
});

test('a compound task whose function answers with a value is finished like any other', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TWICE}
async function count(n: number): Promise<any> { return n === 0 ? 0 : [await CompoundTask(count, n - 1)]; }
const all = CompoundTaskGenerator(function all(xs: number[]) { return xs.map(x => double(x)); });
export const none = await all([]);
export const two = await CompoundTask(count, 2);
export const size = double(none.get('length') as any);
await barrier();
export const known = [await value(none)];
`,
  });
  t.is((await rig.jug('check')).code, 1);
  const {code, stdout, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  const counts = {'jug.compound(jugfile.all)': 1, 'jug.compound(jugfile.count)': 3, 'jugfile.double': 1};
  t.deepEqual(column(stdout, 0), counts);
  const values = {none: [], two: [[0]], size: 0, known: [[]]};
  t.deepEqual(await rig.values('none two size known'), values);
  t.regex((await rig.jug('cleanup')).stdout, /^Removed 2 results\.$/m);
  t.is((await rig.jug('check')).code, 0);
  t.deepEqual(await rig.values('none two size known'), values);
});
