// Faults of the machine, on the real binary: native code that crashes, memory that is taken away, calls to the disk that
// fail, too few open files, a store that is copied while it is written. More of them is in test/chaos.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openRig, PACKAGE, type Rig, rowsOf} from '../helpers/rig.js';

const CLI = path.join(PACKAGE, 'lib/src/bin.js');
const NUMBERS = `
import {TaskGenerator} from 'jug';
import {setTimeout as sleep} from 'node:timers/promises';
import {ran} from './rig.mjs';
const number = TaskGenerator(async function number(n: number) { ran('number'); await sleep(n % 5); return n; });
export const all = Array.from({length: 300}, (_, n) => number(n));
`;

function leaveOut(t: ExecutionContext, why: string): void {
  t.log(`SKIPPED: ${why}, so that this was NOT tested`);
  t.pass();
}

test('native code that crashes takes its process along: others go on at once, and nothing needs a hand', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {existsSync} from 'node:fs';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const crash = TaskGenerator(async function crash() {
  ran('crash');
  await gate('crash');
  if (existsSync('fatal')) process.kill(process.pid, 'SIGSEGV');
  return 1;
});
const after = TaskGenerator(function after(n: number) { return n + 1; });
export const end = after(crash());
`,
    fatal: '',
  });
  rig.hold('crash');
  const first = rig.start('execute -j 1');
  await rig.arrived('crash');
  const second = rig.start('execute -j 1');
  rig.release('crash');
  t.is((await first.ended).signal, 'SIGSEGV');
  t.is((await second.ended).signal, 'SIGSEGV', 'it has taken over the task, and crashed as well');
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 1, 1, 0, 0], 'nobody holds it');
  rig.remove('fatal');
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.deepEqual(await rig.values('end'), {end: 2});
});

/** Forty numbers, of which the seventh is deadly as long as there is a file `fatal`. */
const DEADLY = {
  'jugfile.ts': `
import {existsSync} from 'node:fs';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const number = TaskGenerator(function number(n: number) {
  ran('number ' + n);
  if (n === 7 && existsSync('fatal')) process.kill(process.pid, 'SIGSEGV');
  return n;
});
export const all = Array.from({length: 40}, (_, n) => number(n));
`,
  fatal: '',
};

async function crash(t: ExecutionContext, rig: Rig, times: number): Promise<void> {
  for (let time = 1; time <= times; time++)
    t.is((await rig.jug('execute -j 2')).signal, 'SIGSEGV', `time ${time}`);
}

/** How many failures and suspicions are stored. */
async function kept(rig: Rig): Promise<number> {
  const {stdout} = await rig.script(`
import {init} from 'jug';
const {store} = await init('jugfile.ts', 'jugfile.jugdata');
const kept = [];
for await (const chunk of store.failures()) kept.push(...chunk);
console.log(kept.length);
await store.close();
`);
  return Number(stdout);
}

test('a task that has ended ten processes fails, and the rest is finished', async t => {
  const rig = await openRig(t);
  rig.write(DEADLY);
  await crash(t, rig, 10);
  t.is(rowsOf((await rig.jug('status')).stdout).Total![0], 0);
  const before = rig.runs().length;

  const told = await rig.jug('execute -j 2 --keep-going');
  t.is(told.code, 1, told.stderr);
  t.regex(
    told.stderr,
    /FAILED .*number\(7\) [0-9a-f]{12}\n +Deadly: 10 processes have ended while they held this task\./,
  );
  t.regex(told.stderr, /^1 task failed\.$/m);
  t.false(rig.runs().slice(before).includes('number 7'));
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [1, 0, 0, 39, 0]);

  const kept = await rig.jug('execute -j 2 --keep-failed');
  t.is(kept.code, 1, kept.stderr);
  t.false(rig.runs().slice(before).includes('number 7'));
  await crash(t, rig, 1);
  t.is((await rig.jug('execute -j 2')).code, 1, 'noticed and told once more');
  rig.remove('fatal');
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 0, 40, 0]);
});

test('a task that was held by nine processes that ended is run, and leaves no trace of them', async t => {
  const rig = await openRig(t);
  rig.write(DEADLY);
  await crash(t, rig, 9);
  t.is(rowsOf((await rig.jug('status')).stdout).Total![0], 0);
  t.like(JSON.parse((await rig.jug('store --verify --json')).stdout), {failures: 0, damaged: []});
  rig.remove('fatal');
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.is(await kept(rig), 0);
});

test('cleanup takes suspicions of tasks that nobody needs with it, and tells of no failures', async t => {
  const rig = await openRig(t);
  rig.write(DEADLY);
  await crash(t, rig, 2);
  t.true((await kept(rig)) > 0);
  t.is((await rig.jug('cleanup --failed-only')).stdout, 'Nothing to remove.\n');
  t.true((await kept(rig)) > 0);
  rig.write({'jugfile.ts': ''});
  t.notRegex((await rig.jug('cleanup')).stdout, /failure/);
  t.is(await kept(rig), 0);
});

test('a process that the system kills for its memory leaves its tasks to others', async t => {
  const group = `/sys/fs/cgroup/memory/jug-test-${process.pid}`;
  try {
    mkdirSync(group);
    writeFileSync(`${group}/memory.limit_in_bytes`, String(400 * 2 ** 20));
  } catch {
    return leaveOut(t, 'a memory cgroup cannot be made here');
  }
  const rig = await openRig(t);
  t.teardown(() => rmdirSync(group));
  rig.write({
    'jugfile.ts': `
import {existsSync} from 'node:fs';
import {TaskGenerator} from 'jug';
const hungry = TaskGenerator(async function hungry() {
  const all = [];
  while (process.env.HUNGRY) all.push(Buffer.alloc(2 ** 24, all.length));
  return all.length;
});
const number = TaskGenerator(function number(n: number) { return n; });
export const all = [hungry(), number(1), number(2)];
`,
  });
  const starved = await rig.run(
    'sh',
    ['-c', `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`, process.execPath, CLI, 'execute', '-j', '1'],
    {env: {HUNGRY: '1'}},
  );
  t.is(starved.signal, 'SIGKILL');
  t.is((await rig.jug('execute -j 1')).code, 0);
});

for (const call of ['pwrite64', 'fdatasync', 'fsync']) {
  test(`a disk on which ${call} fails ends the run with a message, and what was stored is there`, async t => {
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0)
      return leaveOut(t, 'strace is not there, or may not trace');
    const rig = await openRig(t);
    rig.write({'jugfile.ts': NUMBERS});
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e'];
    const result = await rig.run('strace', [
      ...[...inject, `inject=${call}:error=EIO:when=${call === 'pwrite64' ? 25 : 3}+`],
      ...[process.execPath, CLI, 'execute', '-j', '2', '--store-patience', '1'],
    ]);
    if (result.signal !== null) {
      // LMDB may damage the memory of the process when a write fails; then it may crash before it can say anything.
      t.true(['SIGABRT', 'SIGSEGV'].includes(result.signal), result.stderr);
    } else if (result.code !== 0) {
      // Not every store and kernel comes to this call often enough.
      t.true(result.code === 2 || result.code === 4, result.stderr);
      t.regex(result.stderr, /^jug: /m);
      t.notRegex(result.stderr, /This is a bug/);
    }
    const again = await rig.jug('execute -j 2');
    t.is(again.code, 0, again.stderr);
    t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 0, 300, 0]);
  });
}

test('where too few files may be open for the workers a run is refused before it begins, and runs with fewer', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': NUMBERS});
  const limited = (files: number, jobs: number) =>
    rig.run('sh', [
      ...['-c', `ulimit -n ${files} && exec "$0" "$@"`],
      ...[process.execPath, CLI, 'execute', '-j', String(jobs)],
    ]);
  for (const files of [80, 175]) {
    const {code, stderr} = await limited(files, 4);
    t.is(code, 2, stderr);
    t.is(
      stderr,
      `jug: Expected to be allowed at least 176 open files for 4 workers, found that this process is allowed ${files}.\n` +
        'Raise the limit, as with: ulimit -n 1024. Or take fewer workers: -j\n',
    );
    t.false(existsSync(path.join(rig.folder, 'jugfile.jugdata')));
  }
  const {code, stderr} = await limited(119, 2);
  t.is(code, 0, stderr);
});

test('a copy that was made while the store was written is usable, or refused, and never wrong', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': NUMBERS});
  const run = rig.start('execute -j 2');
  for (const goal of [50, 120, 200]) {
    await rig.until(`${goal} to be run`, () => rig.runs().length >= goal);
    // It goes on where a file of the gate is gone that was just there.
    spawnSync('cp', ['-r', 'jugfile.jugdata', `copy-${goal}`], {cwd: rig.folder});
  }
  t.is((await run.ended).code, 0);
  for (const goal of [50, 120, 200]) {
    const {code, signal, stderr} = await rig.jug(`execute -j 2 --jugdir copy-${goal}`);
    t.is(signal, null, stderr);
    if (code !== 0) {
      // While it is opened, or later.
      t.true(code === 2 || code === 4, stderr);
      t.regex(stderr, /^jug: .*damaged/m);
      continue;
    }
    const {stdout} = await rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.ts', 'copy-${goal}');
console.log(JSON.stringify(await value(jugspace.all)));
await store.close();
`);
    t.deepEqual(JSON.parse(stdout), [...Array(300).keys()]);
  }
});
