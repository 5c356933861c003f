// Programs that tasks have started, when a run is interrupted or ended.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {pressTwice} from '../helpers/gated.js';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

/** A program that says that it runs, and ends when the test says so. */
const PROGRAM = 'echo $$ >> started; until [ -e go ]; do sleep 0.05; done';
const TASKS = `
import {execFile, execFileSync, execSync, spawn, spawnSync} from 'node:child_process';
import {promisify} from 'node:util';
import {TaskGenerator} from 'jug';
const PROGRAM = ${JSON.stringify(PROGRAM)};
const awaited = TaskGenerator(async function awaited(n: number) { await promisify(execFile)('sh', ['-c', PROGRAM]); return n; });
const sync = TaskGenerator(function sync(n: number) { execFileSync('sh', ['-c', PROGRAM]); return n; });
const shell = TaskGenerator(function shell(n: number) { execSync(PROGRAM); return n; });
const told = TaskGenerator(function told(n: number) {
  if (spawnSync('sh', ['-c', PROGRAM]).status !== 0) throw new Error('it has not ended well');
  return n;
});
const coded = TaskGenerator(async function coded(n: number) {
  const child = spawn('sh', ['-c', "trap 'exit 130' INT TERM HUP; " + PROGRAM]);
  const code = await new Promise(go => child.once('close', go));
  if (code !== 0) throw new Error('exit code ' + code);
  return n;
});
`;

test('a program that cannot be started, and nobody listens for it, fails its task as in node', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TASKS}
export const all = TaskGenerator(async function fails(n: number) {
  spawn('./is-not-there');
  await new Promise(go => setTimeout(go, 100));
  return n;
})(1);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 1);
  t.regex(stderr, /FAILED jugfile\.fails\(1\)[\s\S]*ENOENT/);
});

function started(rig: Rig): number[] {
  return rig.exists('started') ? rig.read('started').trim().split('\n').map(Number) : [];
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a task whose program ${signal} has ended with the run has not failed: it is given back`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `${TASKS}export const all = [awaited(1), sync(2), shell(3), told(4), coded(5)];`,
    });
    const run = rig.start('execute -j 5', {group: true});
    await rig.until('all programs to run', () => started(rig).length === 5);
    process.kill(-run.pid, signal);
    const {code: found, stderr} = await run.ended;
    t.is(found, code, stderr);
    t.notRegex(stderr, /FAILED/);
    t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 5, 0, 0]);
    rig.write({go: ''});
    const again = await rig.jug('execute -j 5 --keep-failed');
    t.is(again.code, 0, again.stderr);
    t.deepEqual(rowsOf(again.stdout).Total, [5, 0, 0]);
  });
}

test('a task whose program a signal has ended fails, if nothing has interrupted the run', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': `${TASKS}export const all = [awaited(1)];`});
  const run = rig.start('execute -j 1');
  await rig.until('the program to run', () => started(rig).length === 1);
  process.kill(started(rig)[0]!, 'SIGTERM');
  const {code, stderr} = await run.ended;
  t.is(code, 1);
  t.regex(stderr, /FAILED jugfile\.awaited\(1\)/);
});

test('a task that fails by itself after ctrl-c has failed, though it had started a program', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TASKS}
import {gate, ran} from './rig.mjs';
export const all = TaskGenerator(async function fails(n: number) {
  await promisify(execFile)('true');
  ran('it');
  await gate('it');
  throw new Error('of its own');
})(1);
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 1', {group: true});
  await rig.until('the task to run', () => rig.runs().length === 1);
  process.kill(-run.pid, 'SIGINT');
  await run.line(/^stopping/);
  rig.release('it');
  t.is((await run.ended).code, 130);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [1, 0, 0, 0, 0]);
});

test('a second ctrl-c ends the programs of tasks, detached and stubborn ones and their children included', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${TASKS}
const detached = TaskGenerator(async function detached(n: number) {
  spawn('sh', ['-c', "trap '' TERM HUP INT; " + PROGRAM], {detached: true, stdio: 'ignore'}).unref();
  await new Promise(() => {});
  return n;
});
const nested = TaskGenerator(async function nested(n: number) {
  await promisify(execFile)('sh', ['-c', 'sh -c "$1" & wait', 'sh', "trap '' TERM; " + PROGRAM]);
  return n;
});
export const all = [awaited(1), sync(2), detached(3), nested(4)];
`,
  });
  const run = rig.start('execute -j 4');
  await rig.until('all programs to run', () => started(rig).length === 4);
  const {code, stderr} = await pressTwice(run, ', 4 running tasks will finish');
  t.is(code, 130);
  t.notRegex(stderr, /FAILED|native code/);
  t.deepEqual(started(rig).filter(isAlive), []);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 4, 0, 0]);
});

/** What has ended may still be there for its parent to look at. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
