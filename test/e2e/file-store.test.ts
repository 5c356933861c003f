// `jug execute` on a file store: two processes share the work, a killed one's tasks go to the other, and a store that is
// packed is the same store.

import {readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) {
  ran('work ' + n);
  if (n === 0) await gate('zero');
  await new Promise(resolve => setTimeout(resolve, 5));
  return n * n;
});
const add = TaskGenerator(function add(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const total = add(Array.from({length: 120}, (_, n) => work(n)));
`;
const TOTAL = Array.from({length: 120}, (_, n) => n * n).reduce((a, b) => a + b, 0);

test('two processes share the work on a file store, and each task runs once', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const both = [rig.jug('execute -j 1 --jugdir file:store'), rig.jug('execute -j 1 --jugdir file:store')];
  const results = await Promise.all(both);
  for (const {code, stderr} of results) t.is(code, 0, stderr);
  t.deepEqual(rig.runs().sort(), Array.from({length: 120}, (_, n) => `work ${n}`).sort());
  const executed = results.map(({stdout}) => rowsOf(stdout).Total![0]!);
  t.is(executed[0]! + executed[1]!, 121);

  t.regex((await rig.jug('pack --jugdir store')).stdout, /^Packed: 121 results in 1 file\.$/m);
  t.regex((await rig.jug('pack --jugdir store')).stdout, /^All results are packed\.$/m);
  t.is((await rig.jug('check --jugdir file_keepalive:store')).code, 0);
  const again = await rig.jug('execute -j 1 --jugdir store');
  t.deepEqual(rowsOf(again.stdout).Total, [0, 121, 0]);
  t.is(rig.runs().length, 120);
  const {stdout} = await rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.ts', 'store');
console.log(await value(jugspace.total));
await store.close();
`);
  t.is(Number(stdout), TOTAL);
});

test('a task of a process that was killed is run by another that waits for it, on a file store', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  rig.hold('zero');
  const first = rig.start('execute -j 1 --jugdir file:store');
  await rig.arrived('zero');
  const second = rig.start('execute -j 1 --jugdir file:store');
  await rig.until('the other tasks', () => new Set(rig.runs()).size === 120);
  first.kill('SIGKILL');
  await first.ended;
  rig.release('zero');
  const {code, stderr} = await second.ended;
  t.is(code, 0, stderr);
  t.deepEqual(new Set(rig.runs()).size, 120);
  t.is(rig.runs().filter(run => run === 'work 0').length, 2);
  t.is((await rig.jug('check --jugdir store')).code, 0);
});

test('invalidate and cleanup work on a packed file store', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 2 --jugdir file:store')).code, 0);
  t.is((await rig.jug('pack --jugdir store')).code, 0);
  t.is((await rig.jug('invalidate --target add --jugdir store')).code, 0);
  t.deepEqual(rowsOf((await rig.jug('status --jugdir store')).stdout).Total, [0, 0, 1, 120, 0]);
  t.is((await rig.jug('execute -j 1 --jugdir store')).code, 0);
  rig.write({'jugfile.ts': JUGFILE.replace('length: 120', 'length: 20')});
  t.regex((await rig.jug('cleanup --jugdir store')).stdout, /Removed 101 results\./);
  t.regex((await rig.jug('pack --jugdir store')).stdout, /Packed: 20 results/);
  t.deepEqual(rowsOf((await rig.jug('status --jugdir store')).stdout).Total, [0, 0, 1, 20, 0]);
});

test('packed results whose index is damaged or gone are loaded, not run again, and a warning says so', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 1 --jugdir file:store')).code, 0);
  t.is((await rig.jug('pack --jugdir store')).code, 0);
  const index = join(rig.folder, 'store/results/pack-1');
  const bytes = readFileSync(index);
  bytes[7]! ^= 4;
  bytes[100]! ^= 1;
  for (const damage of [
    () => writeFileSync(index, bytes),
    () => truncateSync(index, 200),
    () => rmSync(index),
  ]) {
    damage();
    const {code, stdout, stderr} = await rig.jug('execute -j 1 --jugdir store');
    t.is(code, 0, stderr);
    t.deepEqual(rowsOf(stdout).Total, [0, 121, 0]);
    t.is(stderr.match(/Its copy is used/g)?.length, 1, stderr);
    t.is((await rig.jug('store --verify --jugdir store')).code, 0);
  }
  t.is(rig.runs().length, 120);
  t.is((await rig.jug('pack --jugdir store')).code, 0);
  t.notRegex((await rig.jug('execute -j 1 --jugdir store')).stderr, /copy/);
});
