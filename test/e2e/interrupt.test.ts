// Ending a run from outside.

import {execFileSync} from 'node:child_process';
import test from 'ava';
import {GATED, pressTwice} from '../helpers/gated.js';
import {openRig, rowsOf} from '../helpers/rig.js';

const NEVER = `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const spin = TaskGenerator(async function spin(n: number) { await gate('here'); ran('spin ' + n); for (;;); });
const hang = TaskGenerator(async function hang(n: number) { ran('hang ' + n); await new Promise(() => {}); });
export const all = [spin(1), hang(1)];
`;

test('ctrl-c once: nothing new is started, what runs is finished and kept, and the exit code is 130', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED});
  rig.hold('it');
  // From npm and from the terminal, one press comes twice.
  const run = rig.start('execute -j 2', {env: {npm_lifecycle_event: 'primes'}});
  await rig.until('two tasks to run', () => rig.runs().length === 2);
  run.kill('SIGINT');
  run.kill('SIGINT');
  await run.line(/^stopping: no task is started any more, 2 running tasks will finish/);
  rig.release('it');
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 130);
  t.deepEqual(rowsOf(stdout).Total, [2, 0, 0]);
  t.regex(stderr, /6 tasks are not finished/);
  t.is(rig.runs().length, 2);
  t.deepEqual(rowsOf((await rig.jug('execute -j 2')).stdout).Total, [6, 2, 0]);
});

test('ctrl-c twice: tasks that never return are ended, their locks are free at once', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': NEVER});
  const run = rig.start('execute -j 2');
  await rig.until('both tasks to run', () => rig.runs().length === 2);
  const {code, stderr} = await pressTwice(run);
  t.is(code, 130);
  t.regex(stderr, /^ending the running tasks$/m);
  t.notRegex(stderr, /FAILED|bug/);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 2, 0, 0], 'neither failed nor running');
  rig.write({
    'jugfile.ts': NEVER.replace('for (;;);', 'return 1;').replace(
      'await new Promise(() => {});',
      'return 2;',
    ),
  });
  t.is((await rig.jug('execute -j 2')).code, 0);
});

test('SIGTERM lets running tasks finish, and the exit code is 143', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED});
  rig.hold('it');
  const run = rig.start('execute -j 2');
  await rig.until('two tasks to run', () => rig.runs().length === 2);
  run.kill('SIGTERM');
  await run.line(
    /^stopping: no task is started any more, 2 running tasks will finish \(what still runs in 10 s is ended: --grace\)$/,
  );
  rig.release('it');
  const {code, stdout} = await run.ended;
  t.is(code, 143);
  t.deepEqual(rowsOf(stdout).Total, [2, 0, 0]);
});

test('after SIGTERM, tasks that still run when --grace is over are ended, and their locks are free', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': NEVER});
  const run = rig.start('execute -j 2 --grace 0.2');
  await rig.until('both tasks to run', () => rig.runs().length === 2);
  run.kill('SIGTERM');
  const {code, stderr} = await run.ended;
  t.is(code, 143);
  t.regex(stderr, /^ending the running tasks$/m);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 2, 0, 0]);
});

test('native code that does not end is not waited for, and what was computed beside it is kept', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {pbkdf2Sync} from 'node:crypto';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const quick = TaskGenerator(function quick(n: number) { return n; });
const native = TaskGenerator(function native(n: number) { ran('native'); pbkdf2Sync('p', 's', 2_000_000_000, 32, 'sha256'); return n; });
export const all = [native(1), quick(2)];
`,
  });
  const run = rig.start('execute -j 2 --grace 0');
  await rig.until('the task to run', () => rig.runs().length === 1);
  await rig.until('the other to be stored', () => rig.finished() === 1);
  run.kill('SIGTERM');
  const {signal, stderr} = await run.ended;
  t.is(signal, 'SIGTERM');
  t.regex(stderr, /cannot be ended: a task is inside native code/);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 1, 1, 0]);
});

test('ctrl-c while everything waits for another process ends at once', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED});
  rig.hold('it');
  const holder = rig.start('execute -j 4');
  await rig.until('four tasks to run', () => rig.runs().length === 4);
  const waiting = rig.start('execute -j 2');
  await rig.until('the other to know the tasks', () => rig.exists(`main-${waiting.pid}`));
  waiting.kill('SIGINT');
  t.is((await waiting.ended).code, 130);
  rig.release('it');
  t.is((await holder.ended).code, 0);
});

test('ctrl-c while the jugfile stands at a barrier ends the run', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { await gate('it'); return n; });
export const one = await bvalue(work(1));
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 1');
  await rig.arrived('it');
  run.kill('SIGINT');
  await run.line(/^stopping/);
  rig.release('it');
  t.is((await run.ended).code, 130);
  t.is((await rig.jug('execute -j 1')).code, 0);
});

test('SIGHUP lets running tasks finish until --grace is over, and leaves no lock behind', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${GATED}
export const never = TaskGenerator(async function never() { ran('never'); await new Promise(() => {}); })();
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 5 --grace 0.5');
  await rig.until('all that is ready to run', () => rig.runs().length === 5);
  run.kill('SIGHUP');
  await run.line(
    /^stopping: no task is started any more, 5 running tasks will finish \(what still runs in 0\.5 s is ended: --grace\)$/,
  );
  rig.release('it');
  const {code, signal, stdout} = await run.ended;
  // By the signal, as a shell tells by 129.
  t.deepEqual([code, signal], [null, 'SIGHUP']);
  t.deepEqual(rowsOf(stdout).Total, [4, 0, 0]);
  t.regex((await rig.jug('store')).stdout, /^locks +none held$/m);
});

test('a terminal that is closed ends the run as SIGHUP does, though nothing can be written to it any more', async t => {
  if (!hasTerminals()) {
    t.log('SKIPPED: there is no util-linux script here, so that a closed terminal was NOT tested');
    t.pass();
    return;
  }
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED});
  rig.hold('it');
  rig.hold('terminal');
  const command = `'${process.execPath}' node_modules/jug/lib/src/bin.js execute -j 2`;
  const terminal = rig.startScript(`
import {spawn} from 'node:child_process';
import {gate} from './rig.mjs';
const terminal = spawn('script', ['-qec', ${JSON.stringify(command)}, '/dev/null'], {stdio: 'ignore'});
await gate('terminal');
terminal.kill('SIGKILL');
`);
  await rig.until('two tasks to run', () => rig.runs().length === 2);
  rig.release('terminal');
  t.is((await terminal.ended).code, 0);
  rig.release('it');
  await rig.until('both to be stored', () => rig.finished() === 2);
  const held = async (): Promise<boolean> => !/^locks +none held$/m.test((await rig.jug('store')).stdout);
  while (await held());
  t.is(rig.finished(), 2);
});

function hasTerminals(): boolean {
  try {
    return execFileSync('script', ['--version']).includes('util-linux');
  } catch {
    return false;
  }
}
