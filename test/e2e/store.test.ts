// A jugdir that cannot be used, or goes bad: said in one message, and what was stored before is not touched.

import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {oneMessage} from '../helpers/message.js';
import {asNobody, NOBODY} from '../helpers/nobody.js';
import {openRig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const bytes = TaskGenerator(function bytes(n: number) { return new Uint8Array(50_000).fill(n); });
const first = TaskGenerator(function first(xs: Uint8Array) { return xs[0]; });
export const firsts = [1, 2, 3].map(n => first(bytes(n)));
`;

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
