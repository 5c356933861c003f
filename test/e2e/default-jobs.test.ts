// How many workers the real `jug` has where a batch system has allotted fewer cores than there are.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

test('a run, also one that a script starts, has as many workers as the batch system allots, and --help says whence', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread, threadId} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const hold = TaskGenerator(async function hold(n: number) { ran(String(threadId)); await gate('first'); return n; });
if (isMainThread) console.log('main');
export const all = [1, 2, 3].map(n => hold(n));
`,
  });
  const env = {SLURM_CPUS_PER_TASK: '1'};
  const help = await rig.jug('execute --help', {env});
  t.regex(help.stdout, /how many workers \(default: 1,\s+SLURM_CPUS_PER_TASK\)/);
  const run = await rig.jug('execute', {env});
  t.is(run.code, 0, run.stderr);
  t.is(rig.runs().length, 3);
  t.is(new Set(rig.runs()).size, 1);
  t.is((await rig.jug('invalidate --target hold')).code, 0);
  const script = `import {execute} from 'jug'; process.exitCode = (await execute('jugfile.ts')).exitCode;`;
  rig.write({'run.mjs': script});
  const ran = await rig.run(process.execPath, ['run.mjs'], {env});
  t.is(ran.code, 0, ran.stderr);
  t.is(rig.runs().length, 6);
  t.is(new Set(rig.runs().slice(3)).size, 1);
});
