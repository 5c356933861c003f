// The commands that remove results, failures and locks: invalidate and cleanup.

import {mkdirSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openStore} from '../../src/stores/registry.js';
import {FEATURES, FINE, finished, THREE} from '../helpers/features.js';
import {openRig, rowsOf} from '../helpers/rig.js';

for (const [target, removed] of [
  ['compute', {'lib.features.compute': [3], 'jugfile.add': [3], Total: [6]}],
  ['lib.features.compute', {'lib.features.compute': [3], 'jugfile.add': [3], Total: [6]}],
  ['/^jugfile\\.a/', {'jugfile.add': [3], Total: [3]}],
  ['/DOUBLE|compute/i', {'jugfile.double': [3], 'lib.features.compute': [3], 'jugfile.add': [3], Total: [9]}],
] as const) {
  test(`invalidate --target ${target} removes what it names and all that depends on it`, async t => {
    const rig = await openRig(t);
    await finished(rig);
    const dry = await rig.jug(`invalidate --dry-run --target ${target}`);
    t.is(dry.code, 0);
    t.regex(dry.stdout, /Would remove/);
    t.deepEqual<unknown, unknown>(rowsOf(dry.stdout), removed);
    t.is((await rig.jug('check')).code, 0, 'a dry run removes nothing');
    const done = await rig.jug(`invalidate --target ${target}`);
    t.is(done.code, 0);
    t.regex(done.stdout, /Removed/);
    t.deepEqual<unknown, unknown>(rowsOf(done.stdout), removed);
    const {Total, ...rows} = rowsOf((await rig.jug('execute -j 2')).stdout);
    t.deepEqual(Total, [removed.Total[0], 9 - removed.Total[0], 0]);
    for (const [name, [executed]] of Object.entries(rows)) {
      t.is(executed, (removed as Record<string, readonly number[]>)[name]?.[0] ?? 0, name);
    }
  });
}

test('invalidate refuses a target that no task matches, and one that is no regular expression', async t => {
  const rig = await openRig(t);
  await finished(rig);
  for (const target of ['dou', 'features', 'jugfile', '/nothing/']) {
    const {code, stderr} = await rig.jug(['invalidate', '--target', target]);
    t.is(code, 2, target);
    t.true(stderr.includes(`No task of the jugfile matches ${target}`), stderr);
  }
  const broken = await rig.jug('invalidate --target /[/');
  t.is(broken.code, 2);
  t.regex(broken.stderr, /^jug: Expected a function's name or a \/regular expression\//);
  t.is((await rig.jug('check')).code, 0);
  const execute = await rig.jug('execute --target dou');
  t.is(execute.code, 2);
  t.regex(execute.stderr, /No task of the jugfile matches dou/);
});

test('cleanup removes results that no task needs, and never one of the current jugfile', async t => {
  const rig = await openRig(t);
  await finished(rig);
  rig.write({'jugfile.ts': FINE.replace('[1, 2, 3]', '[1, 2, 4]')});
  const dry = await rig.jug('cleanup --dry-run');
  t.is(dry.code, 0);
  t.is(dry.stdout, 'Would remove 3 results.\n');
  t.is((await rig.jug('cleanup')).stdout, 'Removed 3 results.\n');
  t.is((await rig.jug('cleanup')).stdout, 'Nothing to remove.\n');
  t.deepEqual(rowsOf((await rig.jug('execute -j 2')).stdout).Total, [3, 6, 0]);
});

const CHANGING = ['invalidate --target add', 'invalidate --target add --dry-run', 'cleanup', 'pack'];

test('what changes a store never makes one: a --jugdir without one is refused', async t => {
  const rig = await openRig(t);
  await finished(rig);
  mkdirSync(path.join(rig.folder, 'empty'));
  for (const command of [
    ...[...CHANGING, 'cleanup --failed-only', 'cleanup --locks-only'].map(
      command => `${command} --jugdir typo`,
    ),
    ...['lmdb:typo', 'file:typo', 'dict_store:typo', 'empty'].map(jugdir => `cleanup --jugdir ${jugdir}`),
  ]) {
    const {code, stdout, stderr} = await rig.jug(`${command} jugfile.ts`);
    t.is(code, 2, command);
    t.regex(stderr, /^jug: Expected a store at \/.*\/(typo|empty), found nothing there\.$/m);
    t.is(stdout, '');
  }
  t.false(rig.exists('typo'));
  t.deepEqual(readdirSync(path.join(rig.folder, 'empty')), []);
});

test('before the first run, what changes a store has nothing to do, and makes none', async t => {
  const rig = await openRig(t);
  const asks = 'await sums[0].canLoad(); await sums[0].invalidate();';
  rig.write({'jugfile.ts': `${FINE}\n${asks}\n`, 'lib/features.ts': FEATURES});
  for (const command of CHANGING) {
    const {code, stdout, stderr} = await rig.jug(command);
    t.is(code, 0, stderr);
    t.regex(stderr + stdout, /^There is no store at \/.*\/jugfile\.jugdata yet\.$/m, command);
    t.regex(stdout, /: nothing (to remove|removed)\.|^Nothing to remove\.|^There is no store/);
  }
  t.false(rig.exists('jugfile.jugdata'));
});

test('cleanup --failed-only removes failures and leaves results alone', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': THREE});
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  t.is((await rig.jug('cleanup --failed-only --dry-run')).stdout, 'Would remove 1 failure.\n');
  t.is((await rig.jug('cleanup --failed-only')).stdout, 'Removed 1 failure.\n');
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 2, 1, 3, 0]);
});

test('cleanup --locks-only removes the locks of processes that are gone, and --keep-locks leaves them', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const wait = TaskGenerator(async function wait(x: number) { await gate('it'); return x; });
export const all = [wait(1), wait(2)];
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 2');
  await rig.arrived('it');
  t.is((await rig.jug('cleanup --locks-only')).stdout, 'Nothing to remove.\n');
  run.kill('SIGKILL');
  await run.ended;
  t.is((await rig.jug('cleanup --keep-locks')).stdout, 'Nothing to remove.\n');
  t.regex((await rig.jug('cleanup --locks-only --dry-run')).stdout, /^Would remove [12] locks?\.\n$/);
  t.regex((await rig.jug('cleanup --locks-only')).stdout, /^Removed [12] locks?\.\n$/);
  t.is((await rig.jug('cleanup --locks-only')).stdout, 'Nothing to remove.\n');
  rig.release('it');
  t.is((await rig.jug('execute -j 2')).code, 0);
  const {code, stderr} = await rig.jug('cleanup --locks-only --keep-locks');
  t.is(code, 2);
  t.regex(stderr, /^jug: Expected --locks-only by itself/);
});

test('cleanup does not disturb a run in progress, even with another jugfile', async t => {
  const rig = await openRig(t);
  const other = FINE.replace("import {compute} from './lib/features';", '').replace('compute(x)', 'x');
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const quick = TaskGenerator(function quick(x: number) { ran('quick ' + x); return x; });
const wait = TaskGenerator(async function wait(x: number) { ran('wait ' + x); await gate('it'); return x; });
const sum = TaskGenerator(function sum(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const total = sum([quick(1), wait(2)]);
`,
    'other.ts': other,
  });
  rig.hold('it');
  const run = rig.start('execute -j 2');
  await rig.arrived('it');
  await rig.until('quick to be finished', () => rig.runs().includes('quick 1'));
  let cleaned = '';
  do {
    t.is((await rig.jug('cleanup --jugdir jugfile.jugdata')).code, 0);
    const {code, stdout} = await rig.jug('cleanup --others --jugdir jugfile.jugdata other.ts');
    t.is(code, 0);
    cleaned = stdout;
  } while (rowsOf((await rig.jug('status')).stdout)['jugfile.quick']![3] !== 1);
  t.is(cleaned, 'Nothing to remove.\n');
  rig.release('it');
  const {code, stderr} = await run.ended;
  t.is(code, 0, stderr);
  t.deepEqual(rig.runs().sort(), ['quick 1', 'wait 2']);
  t.deepEqual(await rig.values('total'), {total: 3});
});

for (const kind of ['lmdb', 'file']) {
  test(`cleanup leaves what a running process has made that holds no task now, in a store of kind ${kind}`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const wait = TaskGenerator(async function wait(name: string) { await gate(name); return name; });
export const all = [wait('one'), wait('two')];
`,
      'none.ts': 'export {};',
    });
    rig.hold('one');
    rig.hold('two');
    const runs = [1, 2].map(() => rig.start(`execute -j 1 --jugdir ${kind}:there`));
    await Promise.all([rig.arrived('one'), rig.arrived('two')]);
    const store = await openStore(`${kind}:${path.join(rig.folder, 'there')}`, 'read');
    t.is((await store.locks()).length, 2);
    rig.release('one');
    while ((await store.locks()).length > 1) await new Promise(resolve => setImmediate(resolve));
    await store.close();
    t.is((await rig.jug(`cleanup --others none.ts --jugdir ${kind}:there`)).stdout, 'Nothing to remove.\n');
    t.is(rig.finished(`--jugdir ${kind}:there`), 1);
    rig.release('two');
    for (const run of runs) t.is((await run.ended).code, 0);
    t.is((await rig.jug(`cleanup --others none.ts --jugdir ${kind}:there`)).stdout, 'Removed 2 results.\n');
  });
}

test('cleanup leaves what running processes make and save while it looks', async t => {
  const rig = await openRig(t);
  rig.write({
    'none.ts': 'export {};',
    // Nobody has a lock before anything was listed, and each time that something is, there is a result more.
    'busy.mjs': `
const owner = {host: 'there', bootId: 'boot', pid: 7, startTime: 1, token: 'busy'};
const head = {origin: '0'.repeat(16), payloadBytes: 1, started: 0, duration: 0};
let made = 0;
const list = () => Array.from({length: ++made}, (_, n) => String(n).padStart(64, '0'));
const nothing = async () => [];
export const openStore = () => ({
  kind: 'busy', location: 'busy', interval: 1000,
  has: nothing, load: nothing, save: nothing, removeFailures: nothing, setAside: nothing, acquire: nothing, release: nothing,
  remove: async hashes => [...hashes],
  async *hashes() { yield list(); },
  async *heads() { yield list().map(hash => [hash, head]); },
  async *failures() {},
  origin: async () => ({...owner, function: 'f', fingerprint: '', jugVersion: ''}),
  locks: async () => (made === 0 ? [] : [{owner, hashes: ['f'.repeat(64)], since: 0, alive: true}]),
  breakLocks: async () => 0,
  changes: async () => 0,
  describe: async () => ({format: 1, bytes: 0, notes: []}),
  pack: async () => ({kind: 'nothing', why: ''}),
  close: async () => {},
});
`,
  });
  const {code, stdout, stderr} = await rig.jug('cleanup --others none.ts --jugdir module:./busy.mjs');
  t.is(code, 0, stderr);
  t.is(stdout, 'Nothing to remove.\n');
});
