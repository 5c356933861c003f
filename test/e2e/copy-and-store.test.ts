// jug copy and jug store, between stores of several kinds, with records that are damaged.

import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openRig, type Rig} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const large = TaskGenerator(function large(n: number) { ran('large ' + n); return new Uint8Array(n).fill(7); });
const small = TaskGenerator(function small(n: number) { ran('small'); return {n, twice: n * 2}; });
const broken = TaskGenerator(function broken() { throw new Error('never'); });
export const larges = [5_000_000, 6_000_000].map(n => large(n));
export const smalls = Array.from({length: 40}, (_, n) => small(n));
export const none = broken();
`;

/** The large one is a file of its own in LMDB, and most of one in a file store. */
const LEAF = `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const other = TaskGenerator(function other() { ran('other'); return 1; });
const leaf = TaskGenerator(function leaf() { ran('leaf'); return new Uint8Array(5_000_000).fill(7); });
export const first = other();
export const last = leaf();
`;

/** The jugfile run once: 42 results and a failure in an LMDB store. */
async function ranOnce(t: ExecutionContext): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 2 --keep-going')).code, 1);
  return rig;
}

/** Flips a byte of one of the results that have a file of their own; answers with its hash. */
function damageOne(rig: Rig, jugdir: string): string {
  const folder = path.join(rig.folder, jugdir, 'large');
  const [name] = readdirSync(folder);
  flip(path.join(folder, name!), 1_000_000);
  return name!;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(file, bytes);
}

/** Of what is not LMDB's own. */
function largestIn(folder: string): string {
  const files = readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && !entry.name.endsWith('.mdb'))
    .map(entry => path.join(entry.parentPath, entry.name));
  return files.toSorted((one, other) => statSync(other).size - statSync(one).size)[0]!;
}

test('results and failures go from LMDB to a file and on to another LMDB store, and nothing is run again', async t => {
  const rig = await ranOnce(t);
  const {code, stdout, stderr} = await rig.jug('copy jugfile.jugdata dict_store:all.dict');
  t.is(code, 0, stderr);
  t.regex(stdout, /^Copied 42 results \(11\.\d MB\) and 1 failure\.$/m);
  t.is((await rig.jug('copy dict_store:all.dict lmdb:second')).code, 0);
  const again = await rig.jug('copy dict_store:all.dict second');
  t.is(again.code, 0);
  t.is(again.stdout, 'Copied 0 results (0 bytes) and 0 failures.\nSkipped 43, which were there already.\n');
  const before = rig.runs().length;
  for (const jugdir of ['dict_store:all.dict', 'second']) {
    const status = JSON.parse((await rig.jug(`status --json --jugdir ${jugdir}`)).stdout);
    t.like(status.total, {finished: 42, failed: 1}, jugdir);
    t.is((await rig.jug(`execute -j 1 --keep-failed --jugdir ${jugdir}`)).code, 1);
    const facts = JSON.parse((await rig.jug(`store --json --verify --jugdir ${jugdir}`)).stdout);
    t.like(facts, {schema: 'jug.store/1', results: 42, failures: 1, damaged: []});
    t.regex(facts.newest.function, /^jugfile\.(small|large)$/);
  }
  t.is(rig.runs().length, before);
});

test('a copy that was cut off is taken up again, and one that is only tried copies nothing', async t => {
  const rig = await ranOnce(t);
  const dry = await rig.jug('copy --dry-run jugfile.jugdata second');
  t.regex(dry.stdout, /^Would copy 42 results/);
  t.false(rig.exists('second'));
  t.is((await rig.jug('execute -j 1 --keep-going --jugdir second --target small')).code, 0);
  const {stdout, code} = await rig.jug('copy jugfile.jugdata second');
  t.is(code, 0);
  t.regex(
    stdout,
    /^Copied 2 results \(11\.\d MB\) and 1 failure\.\nSkipped 40, which were there already\.$/m,
  );
});

test('a damaged record is told by its function and hash, is left out, and is computed again', async t => {
  const rig = await ranOnce(t);
  const hash = damageOne(rig, 'jugfile.jugdata');
  const verified = await rig.jug('store --verify');
  t.is(verified.code, 1);
  t.regex(verified.stderr, new RegExp(`damaged result: jugfile\\.large ${hash}: checksum of the payload`));
  t.regex(verified.stdout, /^verified +42 results and 1 failure, 1 damaged/m);
  t.deepEqual(JSON.parse((await rig.jug('store --verify --json')).stdout).damaged, [
    {function: 'jugfile.large', hash, what: 'result', damage: 'checksum of the payload'},
  ]);
  t.is((await rig.jug('store')).code, 0);
  for (const to of ['dict_store:all.dict', 'second']) {
    const {code, stdout, stderr} = await rig.jug(`copy jugfile.jugdata ${to}`);
    t.is(code, 1);
    t.regex(stderr, new RegExp(`damaged, left out: jugfile\\.large ${hash}: checksum of the payload`));
    t.regex(stdout, /^Copied 41 results .*\nLeft out 1, which is damaged\.$/m);
  }
  const before = rig.runs().length;
  t.is((await rig.jug('execute -j 1 --keep-failed --jugdir second')).code, 1);
  t.is(rig.runs().length, before + 1);
  t.is((await rig.jug('store --verify --jugdir second')).code, 0);
});

for (const [jugdir, file] of [
  ['lmdb:store', 'store/data.mdb'],
  ['dict_store:all.dict', 'all.dict'],
] as const) {
  for (const [how, by] of [
    ['says something else', 'jugfile.smell'],
    ['cannot be read', 'jugfile.sm"ll'],
  ] as const) {
    test(`where the store ${how} of who made results, it is told and not believed, on ${jugdir}`, async t => {
      const rig = await ranOnce(t);
      t.is((await rig.jug(`copy jugfile.jugdata ${jugdir}`)).code, 0);
      replaceIn(path.join(rig.folder, file), 'jugfile.small', by);
      const {code, stdout, stderr} = await rig.jug(`store --verify --jugdir ${jugdir}`);
      t.is(code, 0, stderr);
      t.regex(stdout, /^WARNING +Which function made 40 results, and where, is damaged or gone: /m);
      t.notRegex(stdout, /smell/);
      t.regex(stdout, /^verified +42 results and 1 failure, all whole$/m);
      t.is((await rig.jug(`execute -j 1 --keep-failed --jugdir ${jugdir}`)).code, 1);
      t.is(rig.runs().filter(name => name === 'small').length, 40, 'they are used');
    });
  }
}

function replaceIn(file: string, text: string, by: string): void {
  const bytes = readFileSync(file);
  let at = bytes.indexOf(text);
  while (at !== -1) {
    bytes.write(by, at);
    at = bytes.indexOf(text, at + 1);
  }
  writeFileSync(file, bytes);
}

for (const jugdir of ['lmdb:store', 'file:store']) {
  test(`a damaged result that no other task needs is set aside, and then exactly that task is run again, on ${jugdir}`, async t => {
    const rig = await openRig(t);
    rig.write({'jugfile.ts': LEAF});
    t.is((await rig.jug(`execute -j 1 --jugdir ${jugdir}`)).code, 0);
    flip(largestIn(path.join(rig.folder, 'store')), 1_000_000);
    const where = '--jugdir store';
    const value = await rig.script(`
import {init, value} from 'jug';
const {jugspace} = await init('jugfile.ts', 'store');
await value(jugspace.last);
`);
    t.regex(
      value.stderr,
      /found a damaged one: .*\nTake it out of the way with `jug store --verify --set-aside`/,
    );
    const verified = await rig.jug(`store --verify ${where}`);
    t.is(verified.code, 1);
    t.regex(
      verified.stdout,
      /^verified +2 results and 0 failures, 1 damaged\..*: jug store --verify --set-aside$/m,
    );
    t.is((await rig.jug(`execute -j 1 ${where}`)).code, 0);
    t.is(rig.runs().length, 2, 'nothing needs it');
    const aside = await rig.jug(`store --verify --set-aside ${where}`);
    t.is(aside.code, 0, aside.stderr);
    t.regex(aside.stderr, /^damaged result: jugfile\.leaf [0-9a-f]{32,}: /m);
    t.regex(
      aside.stdout,
      /, 1 damaged, 1 set aside\. The next jug execute computes again what its jugfile needs/,
    );
    t.is((await rig.jug(`check ${where}`)).code, 1);
    t.is((await rig.jug(`execute -j 1 ${where}`)).code, 0);
    t.deepEqual(rig.runs(), ['other', 'leaf', 'leaf']);
    const clean = JSON.parse((await rig.jug(`store --verify --set-aside --json ${where}`)).stdout);
    t.like(clean, {results: 2, damaged: [], setAside: 0});
    t.regex((await rig.jug(`store --verify ${where}`)).stdout, /all whole$/m);
  });
}

test('--set-aside without --verify is refused', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': LEAF});
  const {code, stderr} = await rig.jug('store --set-aside');
  t.is(code, 2);
  t.regex(stderr, /Expected --set-aside together with --verify, found it alone/);
});

test('a store that has files which cannot be read is not called whole', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': LEAF});
  t.is((await rig.jug('execute -j 1 --jugdir file:store')).code, 0);
  writeFileSync(path.join(rig.folder, 'store/results/0/0'), '');
  for (const flags of ['--verify', '--verify --set-aside']) {
    const {code, stdout} = await rig.jug(`store ${flags} --jugdir store`);
    t.is(code, 1, flags);
    t.regex(stdout, /^WARNING +1 of its files cannot be read, first .*results.0.0/m);
    t.regex(stdout, /^verified .* can be read, and are whole; others cannot: see WARNING$/m);
  }
  t.is((await rig.jug('store --jugdir store')).code, 0, 'it was not asked whether it is whole');
  t.is((await rig.jug('execute -j 1 --jugdir store')).code, 0);
  t.is((await rig.jug('pack --jugdir store')).code, 0);
  const {code, stdout} = await rig.jug('store --verify --jugdir store');
  t.is(code, 0, stdout);
  t.regex(stdout, /^verified +2 results and 0 failures, all whole$/m);
  t.true(rig.exists('store/damaged/results-0-0'));
});

test('what was copied is told when the target has been closed, and not if it could not be', async t => {
  const rig = await ranOnce(t);
  const copy = `${process.execPath} node_modules/jug/lib/src/bin.js copy jugfile.jugdata dict_store:all.dict`;
  const limited = await rig.run('sh', ['-c', `ulimit -f 1000; exec ${copy}`]);
  t.is(limited.code, 4, limited.stderr);
  t.regex(limited.stderr, /^jug: .*all\.dict.*EFBIG/m);
  t.is(limited.stdout, '');
  t.false(rig.exists('all.dict'));
  t.regex((await rig.run('sh', ['-c', copy])).stdout, /^Copied 42 results/);
});

test('a copy from a store to itself, from nothing, or to what does not last is refused, and makes nothing', async t => {
  const rig = await ranOnce(t);
  const refused = async (command: string, pattern: RegExp): Promise<void> => {
    const {code, stderr} = await rig.jug(command);
    t.is(code, 2, stderr);
    t.regex(stderr, pattern);
  };
  await refused('copy jugfile.jugdata ./jugfile.jugdata/', /are one and the same/);
  await refused('copy lmdb:jugfile.jugdata jugfile.jugdata', /are one and the same/);
  await refused('copy missing second', /Expected a store at .*missing, to copy from; found nothing there/);
  await refused('copy jugfile.jugdata dict_store', /gone at the end.*dict_store:results\.dict/);
  await refused('copy jugfile.jugdata', /missing required argument 'to'/);
  await refused('copy jugfile.jugdata second third', /too many arguments|1 more: third/);
  await refused('store --jugdir missing', /Expected a store at .*missing, found nothing there/);
  await refused('pack --jugdir missing', /Expected a store at .*missing, found nothing there/);
  t.false(rig.exists('second'));
  t.false(rig.exists('missing'));
});

test('jug store says that there is no store yet, and refuses a --jugdir without one', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': LEAF});
  for (const flags of ['', ' --verify', ' --verify --set-aside']) {
    const {code, stdout, stderr} = await rig.jug(`store${flags}`);
    t.is(code, 0, stderr);
    t.regex(stdout, /^There is no store at \/.*\/jugfile\.jugdata yet, and no results\.\n$/);
  }
  const {stdout} = await rig.jug('store --json');
  t.like(JSON.parse(stdout), {schema: 'jug.store/1', kind: 'none', results: 0, oldest: null, damaged: null});
  for (const jugdir of ['typo', 'file:typo', 'dict_store:typo']) {
    for (const flags of ['jugfile.ts', '', 'jugfile.ts --json']) {
      const {code, stdout, stderr} = await rig.jug(`store --jugdir ${jugdir} ${flags}`);
      t.is(code, 2, `${jugdir} ${flags}`);
      t.is(stdout, '');
      t.regex(
        stderr,
        /^jug: Expected a store at \/.*\/typo, found nothing there\.\nFix --jugdir, or run `jug execute` first/,
      );
    }
  }
  t.false(rig.exists('typo') || rig.exists('jugfile.jugdata'));
});

test('jug store tells what there is, of a jugfile or of a jugdir alone, and who runs what', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {setJugdir, TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
setJugdir('elsewhere');
export const tasks = [1, 2].map(TaskGenerator(async function wait(n: number) { if (n === 2) await gate('two'); return n; }));
`,
  });
  rig.hold('two');
  const run = rig.start('execute -j 2');
  await rig.arrived('two');
  const facts = async (): Promise<{results: number; locks: object; format: number}> =>
    JSON.parse((await rig.jug('store --json --jugdir elsewhere', {cwd: ''})).stdout);
  for (let found = await facts(); found.results < 1; ) found = await facts();
  t.like(await facts(), {
    format: 1,
    results: 1,
    locks: {living: {owners: 1, tasks: 1}, dead: {owners: 0, tasks: 0}},
  });
  run.kill('SIGKILL');
  await run.ended;
  t.like(await facts(), {locks: {living: {owners: 0, tasks: 0}, dead: {owners: 1, tasks: 1}}});
  const {stdout} = await rig.jug('store');
  t.regex(stdout, /^kind +lmdb\nlocation +elsewhere\nformat +1\nsize +[\d.]+ kB\nresults +1\nfailures +0\n/);
  t.regex(stdout, /^locks +none held, 1 left by 1 process that ended$/m);
  t.regex(stdout, /^newest +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}jugfile\.wait [0-9a-f]{12}$/m);
});
