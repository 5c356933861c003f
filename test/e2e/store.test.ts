// A jugdir that cannot be used, or goes bad: said in one message, and what was stored before is not touched.

import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {StoreError} from '../../src/errors.js';
import {openStore} from '../../src/stores/open.js';
import {openRig, PACKAGE, type Result, type Rig, rowsOf} from '../helpers/rig.js';
import {hashesOf, recordOf, saving} from '../stores/records.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const bytes = TaskGenerator(function bytes(n: number) { return new Uint8Array(50_000).fill(n); });
const first = TaskGenerator(function first(xs: Uint8Array) { return xs[0]; });
export const firsts = [1, 2, 3].map(n => first(bytes(n)));
`;

function oneMessage(t: ExecutionContext, {stderr}: Result, says: RegExp): void {
  t.regex(stderr, says);
  t.is(stderr.match(/^jug: /gm)?.length, 1, stderr);
  t.notRegex(stderr, /dist\/src|node:internal|This is a bug/);
}

test('a jugdir that is a file is refused by every command', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE, taken: 'a file'});
  for (const command of ['execute -j 1', 'status', 'check', 'cleanup', 'invalidate --target first']) {
    for (const jugdir of ['taken', 'taken/below']) {
      const result = await rig.jug(`${command} --jugdir ${jugdir}`);
      t.is(result.code, 2, command);
      oneMessage(
        t,
        result,
        /^jug: The store .*taken\S* should be a folder, but it is a file\. Choose another with --jugdir/,
      );
    }
  }
  t.is(rig.read('taken'), 'a file');
});

test('a folder that is not jug’s is refused and left as it is', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE, 'photos/summer.jpg': 'x', 'photos/winter.jpg': 'x'});
  for (const command of ['execute -j 1', 'status', 'cleanup']) {
    const result = await rig.jug(`${command} --jugdir photos`);
    t.is(result.code, 2, command);
    oneMessage(
      t,
      result,
      /photos is not a jug store: it has files in it, .*summer\.jpg.*Choose another folder with --jugdir/,
    );
  }
  t.deepEqual(readdirSync(path.join(rig.folder, 'photos')), ['summer.jpg', 'winter.jpg']);
  mkdirSync(path.join(rig.folder, 'empty'));
  t.is((await rig.jug('execute -j 1 --jugdir empty')).code, 0, 'an empty folder may be used');
});

test('a jugdir of a newer format is refused, naming both formats', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 1')).code, 0);
  const marker = 'jugfile.jugdata/jug-store.json';
  const content = rig.read(marker);
  rig.write({[marker]: content.replace(/"format":\d+/, '"format":99')});
  for (const command of ['execute -j 1', 'status', 'cleanup']) {
    const result = await rig.jug(command);
    t.is(result.code, 2, result.stderr);
    oneMessage(t, result, /was made by a newer jug: its format is 99, this jug knows up to \d+\. Update jug/);
  }
  rig.write({[marker]: '{"format":'});
  oneMessage(t, await rig.jug('status'), /jug-store\.json should say how this store is to be read/);
  for (const [changed, found] of [
    [content.replace(/"kind":"\w+"/, '"kind":"zorp"'), '{"format":1,"kind":"zorp"}'],
    ['null', '{}'],
  ] as const) {
    rig.write({[marker]: changed});
    for (const jugdir of ['', ' --jugdir file:jugfile.jugdata']) {
      const result = await rig.jug(`status${jugdir}`);
      t.is(result.code, 2);
      oneMessage(
        t,
        result,
        /jug-store\.json to say what kind of store this is, "format": 1 and "kind": "lmdb" or "file"; found \{.*\}\. It was changed by hand/,
      );
      t.true(result.stderr.includes(`found ${found}.`), result.stderr);
    }
  }
  rig.write({[marker]: content});
  t.is((await rig.jug('check')).code, 0, 'nothing is lost');
});

/** Someone who is not root, if we are: root may write everywhere. */
const NOBODY =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

async function asNobody(rig: Rig, command: string): Promise<Result> {
  const words = [...NOBODY, process.execPath, path.join(PACKAGE, 'dist/src/cli.js'), ...command.split(' ')];
  return rig.run(words[0]!, words.slice(1));
}

/** Answers with how to allow it again. */
function forbidWriting(top: string): () => void {
  const folders = [
    top,
    ...readdirSync(top, {withFileTypes: true, recursive: true})
      .filter(entry => entry.isDirectory())
      .map(entry => path.join(entry.parentPath, entry.name)),
  ];
  for (const folder of folders) chmodSync(folder, 0o555);
  return () => {
    for (const folder of folders) chmodSync(folder, 0o755);
  };
}

test('a jugdir that cannot be written is refused by what writes; what looks works', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.teardown(forbidWriting(rig.folder));
  const refused = await asNobody(rig, 'execute -j 1');
  t.is(refused.code, 2, refused.stderr);
  oneMessage(t, refused, /^jug: Cannot write to the store's folder .*jugfile\.jugdata: EACCES/);
  oneMessage(
    t,
    await asNobody(rig, 'execute --jugdir new'),
    /^jug: Cannot write to the store's folder .*new: EACCES/,
  );
  const status = await asNobody(rig, 'status');
  t.is(status.code, 0, status.stderr);
  t.deepEqual(rowsOf(status.stdout).Total, [0, 0, 0, 6, 0]);
  t.is((await asNobody(rig, 'check')).code, 0);
});

test('init reads results where nothing may be written, and is refused only what would change them', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
export const one = TaskGenerator(function one() { return 1; })();
`,
    'script.mjs': `
import {init, value} from 'jug';
const {store, jugspace: {one}} = await init('jugfile.ts', process.argv[2]);
const told = promise => promise.then(() => 'nothing', error => error.message);
console.log(await value(one), await one.isFailed());
// Reading is under way, and goes on, while it is found out that nothing can be changed.
console.log((await Promise.all([told(one.invalidate()), told(one.run()), value(one), one.isFailed()])).join('\\n'));
console.log(await value(one));
await store.close();
console.log(await told(value(one)));
`,
  });
  for (const jugdir of ['results', 'file:files', 'dict_store:dict/results']) {
    mkdirSync(path.join(rig.folder, 'dict'), {recursive: true});
    t.is((await rig.jug(`execute -j 1 --jugdir ${jugdir}`)).code, 0);
    const restore = forbidWriting(rig.folder);
    t.teardown(restore);
    const command = [...NOBODY, process.execPath, path.join(rig.folder, 'script.mjs'), jugdir];
    const {code, stdout, stderr} = await rig.run(command[0]!, command.slice(1));
    restore();
    t.is(code, 0, stderr);
    const [first, invalidated, run, second, third, last, after] = stdout.trimEnd().split('\n');
    t.is(first, '1 false');
    for (const refusal of [invalidated!, run!]) t.regex(refusal, /Cannot write to |EACCES/, jugdir);
    t.deepEqual([second, third, last], ['1', 'false', '1']);
    t.regex(after!, /^Expected the store .* to be open, found it closed already\.$/);
  }
});

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
  oneMessage(t, result, /^jug: No space for the store in .*disk\/data/);
  t.deepEqual(rig.runs(), []);
});

test('a data file that is cut short, empty or not LMDB’s is told with advice, and does not crash', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 1')).code, 0);
  const file = path.join(rig.folder, 'jugfile.jugdata/data.mdb');
  const whole = readFileSync(file);
  const half = (): void => truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096);
  for (const [how, spoil] of [
    ['half', half],
    ['a few bytes', () => truncateSync(file, 100)],
    ['garbage', () => writeFileSync(file, Buffer.alloc(whole.length, 'garbage'))],
  ] as const) {
    writeFileSync(file, whole);
    spoil();
    for (const command of ['status', 'execute -j 1']) {
      const result = await rig.jug(command);
      t.is(result.signal, null, how);
      t.is(result.code, 2, `${how}: ${result.stdout}${result.stderr}`);
      oneMessage(
        t,
        result,
        /^jug: The store's data file .*data\.mdb is damaged: .*Restore it from a copy, or remove the whole folder/,
      );
    }
  }
  writeFileSync(file, whole);
  t.is((await rig.jug('check')).code, 0);
});

const LARGE = `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const large = TaskGenerator(function large(n: number) { ran('large'); return new Uint8Array(20_000_000).fill(n); });
const at = TaskGenerator(function at(xs: Uint8Array, i: number) { return xs[i]; });
const one = large(7);
export const all = (process.argv[2] ?? '0').split(',').map(i => at(one, Number(i)));
`;

for (const [how, spoil] of [
  [
    'damaged',
    (file: string) => {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
    },
  ],
  ['cut short', (file: string) => truncateSync(file, 1000)],
] as const) {
  test(`a stored result that is ${how} is noticed, and computed again by whoever needs it`, async t => {
    const rig = await openRig(t);
    rig.write({'jugfile.ts': LARGE});
    t.is((await rig.jug('execute -j 1')).code, 0);
    const root = path.join(rig.folder, 'jugfile.jugdata');
    const [file] = readdirSync(root, {withFileTypes: true, recursive: true})
      .filter(entry => entry.isFile())
      .map(entry => path.join(entry.parentPath, entry.name))
      .filter(name => !name.endsWith('.mdb') && statSync(name).size > 10_000_000);
    t.truthy(file, 'large results are files beside the database');
    spoil(file!);
    const run = await rig.jug('execute -j 1 jugfile.ts 0,1000,2000');
    t.is(run.code, 0, run.stderr);
    t.deepEqual(rig.runs(), ['large', 'large']);
    const {code, stdout, stderr} = await rig.script(`
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.ts', undefined, ['0,1000,2000']);
console.log(JSON.stringify(await value(jugspace.all)));
await store.close();
`);
    t.is(code, 0, stderr);
    t.deepEqual(JSON.parse(stdout), [7, 7, 7]);
  });
}

test('a jugdir that is removed or replaced while a run goes on ends it with a message', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { await gate('it'); return n; });
export const all = Array.from({length: 4}, (_, n) => work(n));
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 1');
  await rig.arrived('it');
  rig.remove('jugfile.jugdata');
  rig.release('it');
  const result = await run.ended;
  t.is(result.code, 4, result.stderr);
  oneMessage(t, result, /^jug: .*jugfile\.jugdata/m);
  t.is((await rig.jug('execute -j 1')).code, 0);
});

test('results that another user has made can be read, and are not recomputed', async t => {
  if (NOBODY.length === 0) {
    t.log('SKIPPED: only root can act as two users');
    t.pass();
    return;
  }
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  for (const name of ['.', 'gates', 'jugfile.ts']) chownSync(path.join(rig.folder, name), 65534, 65534);
  t.is((await asNobody(rig, 'execute -j 1')).code, 0);
  t.deepEqual(rowsOf((await rig.jug('execute -j 1')).stdout).Total, [0, 6, 0]);
  t.deepEqual(await rig.values('firsts'), {firsts: [1, 2, 3]});
});

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
