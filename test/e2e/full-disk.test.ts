// Runs on a disk that gets full, or is: what is kept, what is stored, and what is said.

import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import {oneMessage} from '../helpers/message.js';
import {openRig, type Rig, rowsOf, type Started} from '../helpers/rig.js';
import {hashesOf, recordOf, saving} from '../stores/records.js';

/** A small filesystem of its own, or undefined where that is not allowed. */
function mountSmall(t: ExecutionContext, folder: string, size: string): boolean {
  try {
    mkdirSync(folder, {recursive: true});
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {stdio: 'ignore'});
  } catch {
    t.log('SKIPPED: a small filesystem cannot be mounted here, so that a full disk was NOT tested');
    t.pass();
    return false;
  }
  t.teardown(() => execFileSync('umount', ['-l', folder]));
  return true;
}

const FULL = `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const early = TaskGenerator(function early(n: number) { return new Uint8Array(100_000).fill(n); });
const late = TaskGenerator(async function late(n: number) { ran('late'); await gate('late'); return new Uint8Array(100_000).fill(n); });
export const all = Array.from({length: 80}, (_, n) => n < 20 ? early(n) : late(n));
`;

test('a disk that stays full ends the run when patience ends; what was stored is there, and it goes on later', async t => {
  const rig = await openRig(t);
  const disk = path.join(rig.folder, 'disk');
  if (!mountSmall(t, disk, '6m')) return;
  rig.write({'jugfile.ts': FULL});
  rig.hold('late');
  const run = rig.start('execute -j 2 --jugdir disk/data --store-patience 0.5');
  await rig.until('twenty to be stored', () => rig.finished('--jugdir disk/data') === 20);
  rig.release('late');
  const result = await run.ended;
  t.is(result.code, 4, result.stderr);
  oneMessage(
    t,
    result,
    /^jug: Cannot write to the store in .*disk\/data(\/locks-.*)?: its disk is full\. .* kB are free there, .* kB are needed\. Nothing that was saved before is lost\nIt did not come back within 0\.5 s\.\n(\d+ results are|A result is) lost, to be computed again by the next run:\n {2}jugfile\./m,
  );
  const {finished} = JSON.parse((await rig.jug('status --json --jugdir disk/data')).stdout).total;
  t.true(finished >= 20, `${finished} are there`);
  execFileSync('mount', ['-o', 'remount,size=40m', disk]);
  const later = await rig.jug('execute -j 2 --jugdir disk/data');
  t.is(later.code, 0, later.stderr);
  t.is(rowsOf(later.stdout).Total![1], finished);
  t.is((await rig.jug('check --jugdir disk/data')).code, 0);
});

test('on a disk that has room for a part of what is computed, that part is stored, small results first', async t => {
  const rig = await openRig(t);
  const disk = path.join(rig.folder, 'disk');
  if (!mountSmall(t, disk, '3m')) return;
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const large = TaskGenerator(function large(n: number) { return new Uint8Array(300_000).fill(n); });
const small = TaskGenerator(function small(n: number) { return n; });
export const all = [...Array.from({length: 12}, (_, n) => large(n)), ...Array.from({length: 50}, (_, n) => small(n))];
`,
  });
  const run = await rig.jug('execute -j 1 --jugdir disk/data --store-patience 0.5');
  t.is(run.code, 4, run.stderr);
  const rows = rowsOf((await rig.jug('status --jugdir disk/data')).stdout);
  const [small, large] = ['jugfile.small', 'jugfile.large'].map(name => rows[name]![3]!);
  // How many of them were begun before the disk was full is a matter of time; none that was computed is lost.
  t.true(small! > 0, run.stderr);
  t.true(large! > 0 && large! < 12, `${large} are there`);
  t.is(run.stderr.match(/^ {2}jugfile\.large/gm)?.length, 12 - large!, run.stderr);
  t.notRegex(run.stderr, /jugfile\.small/);
});

test('while the disk is full, what is computed is kept, and stored when there is space', async t => {
  const rig = await openRig(t);
  const disk = path.join(rig.folder, 'disk');
  if (!mountSmall(t, disk, '6m')) return;
  rig.write({'jugfile.ts': FULL});
  rig.hold('late');
  const run = rig.start('execute -j 2 --jugdir disk/data');
  await rig.until('twenty to be stored', () => rig.finished('--jugdir disk/data') === 20);
  rig.release('late');
  await run.line(/waiting for the store/);
  execFileSync('mount', ['-o', 'remount,size=40m', disk]);
  const result = await run.ended;
  t.is(result.code, 0, result.stderr);
  t.regex(result.stderr, /waiting for the store, for up to 00:10:00; what is computed is kept: Cannot write/);
  t.regex(result.stderr, /the store is back after \d+\.\d s/);
  t.is(rig.runs().length, 60);
  t.is((await rig.jug('check --jugdir disk/data')).code, 0);
});

test('a disk that is full from the start is told before anything is run', async t => {
  const rig = await openRig(t);
  const disk = path.join(rig.folder, 'disk');
  if (!mountSmall(t, disk, '1m')) return;
  rig.write({'jugfile.ts': FULL});
  try {
    writeFileSync(path.join(disk, 'filler'), new Uint8Array(2_000_000));
  } catch {
    // That is the idea.
  }
  const result = await rig.jug('execute -j 2 --jugdir disk/data');
  t.is(result.code, 2);
  oneMessage(t, result, /^jug: No space for the store in .*disk\/data/m);
  t.deepEqual(rig.runs(), []);
});

const DICT = `
import {TaskGenerator} from 'jug';
const make = TaskGenerator(function make(n: number) { return new Uint8Array(300_000).fill(n); });
export const all = Array.from({length: 10}, (_, n) => make(n));
`;
const IN_FILE = '--jugdir dict_store:disk/results.dict';
const NAMED =
  /\n10 results are lost, to be computed again by the next run:\n( {2}jugfile\.make\(\d\)\n){10}$/;

/** Its disk has room for one result of the ten, which it stored in an earlier run, and not for the file with all. */
async function intoFullFile(t: ExecutionContext): Promise<Rig | undefined> {
  const rig = await openRig(t);
  if (!mountSmall(t, path.join(rig.folder, 'disk'), '2m')) return undefined;
  const first = DICT.replaceAll('make', 'first').replace('length: 10', 'length: 1');
  rig.write({'jugfile.ts': first});
  t.is((await rig.jug(`execute -j 1 ${IN_FILE}`)).code, 0);
  rig.write({'jugfile.ts': `${first}${DICT.replace(/import.*/, '').replace('all', 'more')}`});
  return rig;
}

test('a dict_store that finds no room at the end waits for it, and saves when there is some', async t => {
  const rig = await intoFullFile(t);
  if (rig === undefined) return;
  const run = rig.start(`execute -j 2 ${IN_FILE}`);
  await run.line(
    /waiting for the store, for up to 00:10:00; what is computed is kept: Cannot write the dict_store .*results\.dict: its disk is full\. \d+ kB are free there, \d+ kB are needed\. Nothing that was in it before is lost$/,
  );
  execFileSync('mount', ['-o', 'remount,size=40m', path.join(rig.folder, 'disk')]);
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 0, stderr);
  t.regex(stderr, /the store is back after \d+\.\d s/);
  t.deepEqual(rowsOf(stdout).Total, [10, 1, 0]);
  t.deepEqual(rowsOf((await rig.jug(`execute -j 2 ${IN_FILE}`)).stdout).Total, [0, 11, 0]);
});

test('a dict_store that finds no room until patience ends names what is lost, and keeps what it had', async t => {
  const rig = await intoFullFile(t);
  if (rig === undefined) return;
  const result = await rig.jug(`execute -j 2 --store-patience 0.3 ${IN_FILE}`);
  t.is(result.code, 4, result.stderr);
  oneMessage(t, result, /^jug: Cannot write the dict_store .*\nIt did not come back within 0\.3 s\.$/m);
  t.regex(result.stderr, NAMED);
  t.regex((await rig.jug(`status --short ${IN_FILE}`)).stdout, /\b1 complete/);
});

for (const [how, code, end] of [
  ['SIGTERM, when --grace is over,', 143, async (run: Started) => run.kill('SIGTERM')],
  [
    'a second ctrl-c',
    130,
    async (run: Started) => {
      run.kill('SIGINT');
      await run.line(/^stopping: no task is started any more \(ctrl-c again ends them now\)$/);
      run.kill('SIGINT');
    },
  ],
] as const) {
  test(`${how} ends the waiting of a dict_store for room, naming what is lost`, async t => {
    const rig = await intoFullFile(t);
    if (rig === undefined) return;
    const run = rig.start(`execute -j 2 --grace 0.2 ${IN_FILE}`);
    await run.line(/waiting for the store/);
    await end(run);
    const result = await run.ended;
    t.is(result.code, code, result.stderr);
    t.regex(result.stderr, /^jug: Cannot write the dict_store .*\nIt was no longer waited for\.$/m);
    t.regex(result.stderr, NAMED);
    t.notRegex(result.stderr, /native code/);
  });
}

test('on a full disk results can be removed that leave no others of their bundle behind; others are asked room for', async t => {
  const rig = await openRig(t);
  const disk = path.join(rig.folder, 'disk');
  if (!mountSmall(t, disk, '3m')) return;
  const store = await openStore(path.join(disk, 'data'), 'write');
  const hashes = hashesOf(2000);
  for (let i = 0; i < 2000; i += 400)
    await store.save(saving({results: hashes.slice(i, i + 400).map(hash => [hash, recordOf('value')])}));
  try {
    writeFileSync(path.join(disk, 'filler'), new Uint8Array(3_000_000));
  } catch {
    // That is the idea.
  }
  await t.throwsAsync(store.remove(hashes.slice(0, 401)), {
    instanceOf: StoreError,
    message: /its disk is full/,
  });
  t.is((await store.has(hashes)).filter(is => is).length, 1600);
  rmSync(path.join(disk, 'filler'));
  const removed = await store.remove(hashes.slice(0, 401));
  t.deepEqual(
    removed.toSorted(),
    hashes.slice(0, 401).sort(),
    'those that the first try removed are counted',
  );
  t.deepEqual(await store.remove(hashes.slice(0, 401)), []);
  t.is((await store.has(hashes)).filter(is => is).length, 1599);
  await store.close();
});
