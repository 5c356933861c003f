// jug status --running and --times, while a run goes on in another process, and after it.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
import {setTimeout as sleep} from 'node:timers/promises';
import {gate} from './rig.mjs';
const quick = TaskGenerator(async function quick(n: number) {
  if (n === 2) await sleep(30);
  return n;
});
const held = TaskGenerator(async function held(name: string, {deep}: {deep: boolean}) {
  await gate(name);
  return deep;
});
[1, 2, 3].map(n => quick(n));
['a', 'b', 'c'].map(name => held(name, {deep: true}));
`;

test('status --running lists what another process is at, the oldest first, with since when and by whom', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('status --running')).stdout, 'No task is held by any process.\n');
  for (const name of ['a', 'b']) rig.hold(name);
  const run = rig.start('execute -j 2');
  await rig.arrived('a');
  await rig.arrived('b');
  const {code, stdout, stderr} = await rig.jug('status --running');
  t.is(code, 0, stderr);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  t.regex(head!, /^Since +For +Usually +Process +Task$/);
  t.deepEqual(
    rows.map(row => row.replace(/^.* (?=jugfile)/, '')),
    ["jugfile.held('a', { deep: true })", "jugfile.held('b', { deep: true })"],
  );
  for (const row of rows) {
    t.regex(row, new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +\\d.* ${run.pid} `));
  }
  const json = JSON.parse((await rig.jug('status --running --times --json')).stdout);
  t.like(json, {schema: 'jug.status/1', total: {running: 2}});
  t.like(json.running[0], {function: 'jugfile.held', pid: run.pid, usual: null});
  t.true(Math.abs(json.running[0].since - Date.now()) < 600_000);
  t.like(json.times[0], {name: 'jugfile.quick', count: 3});
  for (const name of ['a', 'b']) rig.release(name);
  t.is((await run.ended).code, 0);
  t.is((await rig.jug('status --running')).stdout, 'No task is held by any process.\n');
});

test('status --times tells how many took how long, and which took longest, with its arguments', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const none = await rig.jug('status --times');
  t.regex(none.stdout, /^ +0 +jugfile\.quick$/m);
  t.is((await rig.jug('execute -j 1')).code, 0);
  const {stdout} = await rig.jug('status --times');
  t.regex(stdout, /^ +Finished +Total +Mean +Slowest {2}Task name +Slowest task$/m);
  t.regex(stdout, /^ +3 +\d+ m?s +\d+ m?s +\d+ m?s {2}jugfile\.quick {2}jugfile\.quick\(2\)$/m);
  t.regex(stdout, /^ +6 +\S+ m?s +Total$/m);
  const {times} = JSON.parse((await rig.jug('status --times --json')).stdout);
  t.is(times.length, 2);
  t.is(times[0].slowest.task, 'jugfile.quick(2)');
  t.true(times[0].slowest.duration >= 29 && times[0].total >= times[0].slowest.duration);
  t.is(times[0].mean, times[0].total / 3);
});

test('--short goes with neither', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  for (const flag of ['--running', '--times']) {
    const {code, stderr} = await rig.jug(`status --short ${flag}`);
    t.is(code, 2);
    t.regex(stderr, /'--short' cannot be used with option/);
  }
});
