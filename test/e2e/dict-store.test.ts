// Runs on a store in memory: workers have no way to it but through main.

import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {barrier, bvalue, TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const make = TaskGenerator(async function make(n: number) {
  ran('make ' + n);
  if (n === 3) await gate('third');
  if (n === 99) throw new RangeError('too large');
  return new Float64Array(n * 100_000).fill(n);
});
const total = TaskGenerator(function total(arrays: Float64Array[]) {
  ran('total');
  return arrays.reduce((sum, array) => sum + array.length, 0);
});
const made = [1, 2, 3].map(n => make(n));
await barrier();
export const sum = total(made);
if (process.argv[2] === 'fail') make(99);
export const twice = total([made[(await bvalue(sum)) > 0 ? 0 : 1], made[0]]);
`;

test('without a file a run with two workers finishes, and leaves nothing', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const {code, stdout, stderr} = await rig.jug('execute -j 2 --jugdir dict_store');
  t.is(code, 0, stderr);
  t.deepEqual(rowsOf(stdout), {'jugfile.make': [3, 0, 0], 'jugfile.total': [2, 0, 0], Total: [5, 0, 0]});
  t.is(rig.runs().length, 5);
  t.false(rig.exists('dict_store'));
  t.false(rig.exists('jugfile.jugdata'));
  const {stdout: status} = await rig.jug('status --short --jugdir dict_store');
  t.regex(status, /^3 tasks waiting to be run, 0 failed, 0 complete/);
});

test('with a file the next command finds everything in it, also after a failure and an interrupt', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  rig.hold('third');
  const run = rig.start('execute -j 2 --jugdir dict_store:results.dict');
  await rig.arrived('third');
  t.regex(
    (await rig.jug('execute -j 1 --jugdir dict_store:results.dict')).stderr,
    new RegExp(`results\\.dict is in use by process ${run.pid} on `),
  );
  run.kill('SIGINT');
  await run.line(/stopping/);
  rig.release('third');
  t.is((await run.ended).code, 130);
  const status = async (): Promise<unknown> =>
    JSON.parse((await rig.jug('status --json --jugdir dict_store:results.dict jugfile.ts fail')).stdout)
      .total;
  const {finished} = (await status()) as {finished: number};
  t.is(finished, 3);
  t.is((await rig.jug('execute -j 2 --jugdir dict_store:results.dict jugfile.ts fail')).code, 1);
  const {failed} = (await status()) as {failed: number};
  t.is(failed, 1);
  t.is((await rig.jug('execute -j 2 --jugdir dict_store:results.dict')).code, 0);
  t.is(rig.runs().filter(run => run.startsWith('make') && run !== 'make 99').length, 3);
  const {code, stdout} = await rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.ts', 'dict_store:results.dict');
console.log(await value(jugspace.sum), await value(jugspace.twice));
await store.close();
`);
  t.is(code, 0);
  t.is(stdout, '600000 200000\n');
  t.regex(
    (await rig.jug('invalidate --target make --jugdir dict_store:results.dict')).stdout,
    /^ +3 {2}jugfile.make$/m,
  );
  t.regex((await rig.jug('status --short --jugdir dict_store:results.dict')).stdout, / 0 complete/);
});

test('its file by itself, without a scheme, is opened as what it is', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 2 --jugdir dict_store:results.dict')).code, 0);
  const before = rig.runs().length;
  const again = await rig.jug('execute -j 2 --jugdir results.dict');
  t.is(again.code, 0, again.stderr);
  t.is(rig.runs().length, before);
  // Workers load what others have made, and main alone has it.
  t.is((await rig.jug('invalidate --target total --jugdir results.dict')).code, 0);
  t.is((await rig.jug('execute -j 2 --jugdir ./results.dict')).code, 0);
  t.is(rig.runs().length, before + 2);
  t.regex((await rig.jug('status --short --jugdir results.dict')).stdout, /^All tasks complete \(5 tasks\)/);
  const {stdout} = await rig.jug('store --jugdir results.dict --verify');
  t.regex(stdout, /^kind +dict_store\nlocation +dict_store:results\.dict\n/);
  t.regex((await rig.jug('copy results.dict file:files')).stdout, /^Copied 5 results/);
  t.regex((await rig.jug('copy files results.dict')).stdout, /^Copied 0 results[\s\S]*Skipped 5/);
  const same = await rig.jug('copy results.dict Dict_Store:results.dict');
  t.regex(same.stderr, /results\.dict and dict_store:results\.dict are one and the same/);
  rig.write({'other.dict': 'JUGDIC'});
  const other = await rig.jug('status --jugdir other.dict');
  t.is(other.code, 2);
  t.regex(other.stderr, /other\.dict should be a folder, but it is a file/);
});

test('a killed run loses what was not saved, and is in nobody’s way', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  rig.hold('third');
  const run = rig.start('execute -j 2 --jugdir dict_store:results.dict');
  await rig.arrived('third');
  run.kill('SIGKILL');
  await run.ended;
  t.false(rig.exists('results.dict'));
  rig.release('third');
  t.is((await rig.jug('execute -j 2 --jugdir dict_store:results.dict')).code, 0);
  t.true(rig.exists('results.dict'));
});

test('a damaged file is refused with exit code 2, and nothing is run', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 2 --jugdir dict_store:results.dict')).code, 0);
  const runs = rig.runs().length;
  rig.write({'results.dict': rig.read('results.dict').slice(0, 5000)});
  const {code, stderr} = await rig.jug('execute -j 2 --jugdir dict_store:results.dict');
  t.is(code, 2);
  t.regex(stderr, /^jug: The dict_store .*results\.dict is damaged: .*Restore it from a copy/m);
  t.notRegex(stderr, /bug in jug/);
  t.is(rig.runs().length, runs);
});

test('what a run has computed is saved also where the store ends it with a fatal error', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
const next = TaskGenerator(function next(n: number) { return n + 1; });
export const last = next(await bvalue(next(1)));
`,
    // A dict_store that saves the first result, and no other.
    'breaking.mjs': `
import {StoreError} from 'jug';
import {openStore as open} from './node_modules/jug/dist/src/stores/registry.js';
export async function openStore({location, access}) {
  const store = await open(location, access);
  const save = store.save.bind(store);
  let saved = 0;
  store.save = async saving => {
    saved += saving.results.length;
    if (saved > 1) throw new StoreError('the shelf broke', true);
    await save(saving);
  };
  return store;
}
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --jugdir module:./breaking.mjs#dict_store:results.dict');
  t.is(code, 4);
  t.regex(stderr, /^jug: the shelf broke/m);
  const facts = JSON.parse((await rig.jug('store --json --jugdir dict_store:results.dict')).stdout);
  t.like(facts, {results: 1});
});

test('what was removed is told when the file has been saved, and not if it could not be', async t => {
  const rig = await openRig(t);
  const where = '--jugdir dict_store:results.dict';
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const large = TaskGenerator(function large(n: number) { return new Uint8Array(n).fill(7); });
const small = TaskGenerator(function small(n: number) { return n; });
export const kept = large(2_000_000);
if (process.argv[2] !== 'less') small(1);
`,
  });
  t.is((await rig.jug(`execute -j 1 ${where}`)).code, 0);
  const whole = rig.read('results.dict');
  for (const command of [`invalidate --target small ${where}`, `cleanup ${where} jugfile.ts less`]) {
    const jug = `${process.execPath} node_modules/jug/lib/src/bin.js ${command}`;
    const limited = await rig.run('sh', ['-c', `ulimit -f 1000; exec ${jug}`]);
    t.is(limited.code, 4, limited.stderr);
    t.regex(limited.stderr, /^jug: .*results\.dict.*EFBIG/m);
    t.is(limited.stdout, '', command);
    t.is(rig.read('results.dict'), whole);
  }
  t.regex((await rig.jug(`cleanup ${where} jugfile.ts less`)).stdout, /^Removed 1 result\./);
});
