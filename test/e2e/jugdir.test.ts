// Where results are kept: what the jugfile says, the command line, and programs.

import {rmSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig} from '../helpers/rig.js';

const JUGFILE = `
import {setJugdir, TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
setJugdir('elsewhere');
const one = TaskGenerator(function one() { ran('one'); return 1; });
export const first = one();
`;

test('setJugdir counts for every command, in workers, and for init', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.true(rig.exists('elsewhere/jug-store.json'));
  t.false(rig.exists('jugfile.jugdata'));
  t.is((await rig.jug('check')).code, 0);
  t.regex((await rig.jug('status --short')).stdout, /^All tasks complete \(1 tasks\)/);
  t.deepEqual(await rig.values('first'), {first: 1});
  t.regex((await rig.jug('cleanup')).stdout, /^Nothing to remove\.$/m);
  t.is((await rig.jug('invalidate --target one')).code, 0);
  t.is((await rig.jug('check')).code, 1);
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.is(rig.runs().length, 2);
  t.false(rig.exists('jugfile.jugdata'));
});

test('--jugdir, and what a program asks for, count more than setJugdir', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  t.is((await rig.jug('execute -j 1 --jugdir given')).code, 0);
  const {code, stderr} = await rig.script(`
import {execute} from 'jug';
await execute('jugfile.ts', {jobs: 1, jugdir: 'asked'});
`);
  t.is(code, 0, stderr);
  t.true(rig.exists('given/jug-store.json'));
  t.true(rig.exists('asked/jug-store.json'));
  t.false(rig.exists('elsewhere'));
});

test('setJugdir may come after tasks of an imported module, but not after the store is used', async t => {
  const rig = await openRig(t);
  rig.write({
    'other.ts': `
import {TaskGenerator} from 'jug';
export const two = TaskGenerator(function two() { return 2; })();
`,
    'jugfile.ts': `
import {barrier, setJugdir} from 'jug';
import {two} from './other.ts';
setJugdir('elsewhere');
export const second = two;
await barrier();
setJugdir('elsewhere');
if (process.argv[2] === 'late') setJugdir('too/late');
`,
  });
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.true(rig.exists('elsewhere/jug-store.json'));
  for (const command of ['execute -j 1', 'status']) {
    const {code, stderr} = await rig.jug(`${command} jugfile.ts late`);
    t.is(code, 3);
    t.regex(stderr, /Expected setJugdir\("too\/late"\) before anything .*\(jugfile\.ts:8\).*in elsewhere\./);
  }
  t.false(rig.exists('too'));
  t.false(rig.exists('jugfile.jugdata'));
});

test('what is no jugdir is told with its line', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.js': "import {setJugdir} from 'jug';\n\nsetJugdir('');\n"});
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 3);
  t.regex(stderr, /Expected setJugdir to be given a folder.*found "" \(jugfile\.js:3\)/);
});

test('a jugdir that cannot be opened ends every command with 2, also where it is the jugfile that waits for results', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.js': `
import {barrier, TaskGenerator} from 'jug';
TaskGenerator(function one() { return 1; })();
await barrier();
`,
    notes: '',
  });
  for (const isSet of [false, true]) {
    rig.write({'.jugrc': isSet ? '[main]\njugdir = notes\n' : ''});
    for (const command of ['execute -j 1', 'status', 'check', 'store', 'invalidate --target one']) {
      const {code, stderr} = await rig.jug(`${command}${isSet ? '' : ' --jugdir notes'}`);
      t.is(code, 2, command);
      t.regex(stderr, /^jug: The store .*notes should be a folder, but it is a file/m);
      if (isSet) t.regex(stderr, /The jugdir is set in .*\.jugrc:2\./);
    }
  }
});

test('a scheme in upper case is the same store for every command, its workers, and the settings', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE.replace("setJugdir('elsewhere')", "setJugdir('FILE:elsewhere')")});
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.true(rig.exists('elsewhere/jug-store.json'));
  t.is((await rig.jug('check --jugdir File:elsewhere')).code, 0);
  t.is((await rig.jug(`check --jugdir FILE://localhost${rig.folder}/elsewhere`)).code, 0);
  t.is((await rig.jug('execute -j 2 --jugdir LMDB:given')).code, 0);
  t.true(rig.exists('given/jug-store.json'));
  t.regex((await rig.jug('copy Lmdb:given DICT_STORE:copied')).stdout, /^Copied 1 result /);
  t.is((await rig.jug('check --jugdir Dict_Store:copied')).code, 0);
  rig.write({
    '.jugrc': '[main]\njugdir = FILE://nas/there\n',
    'jugfile.ts': JUGFILE.replace(/setJugdir\(.*/, ''),
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 2);
  t.regex(stderr, /found another machine after the two slashes.*\nThe jugdir is set in /);
});

test('a jugfile that is refused before anything could run leaves no store behind', async t => {
  const rig = await openRig(t);
  const head =
    "import {TaskGenerator} from 'jug';\nconst f = TaskGenerator(function f(x: unknown) { return x; });\n";
  for (const [rest, says] of [
    ['f(Symbol());', /Expected arguments that can be hashed/],
    ['f(1);\nf(Symbol());', /Expected arguments that can be hashed/],
    ["f(1);\nthrow 'words';", /threw a string, which is not an Error: 'words'\.\n/],
    ['f(;', /does not parse/],
  ] as const) {
    rig.write({'jugfile.ts': head + rest});
    const {code, stdout, stderr} = await rig.jug('execute -j 1');
    t.is(code, 3);
    t.regex(stderr, says);
    t.is(stdout, '');
    t.false(rig.exists('jugfile.jugdata'), rest);
  }
});

test('the name of the jugfile and the date may stand in a jugdir', async t => {
  const rig = await openRig(t);
  rig.write({'primes.ts': JUGFILE.replace('elsewhere', '%(jugfile)s/%(date)s.data')});
  t.is((await rig.jug('execute -j 1 primes.ts')).code, 0);
  const now = new Date();
  const dates = [new Date(now.getTime() - 60_000), now].map(
    date =>
      `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`,
  );
  t.true(dates.some(date => rig.exists(`primes/${date}.data/jug-store.json`)));
});

test('under plain node setJugdir does nothing', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.mjs': JUGFILE.replace("import {ran} from './rig.mjs';", '').replace("ran('one');", ''),
  });
  const {code, stderr} = await rig.run(process.execPath, ['jugfile.mjs']);
  t.is(code, 0, stderr);
  t.false(rig.exists('elsewhere'));
});

test('init makes no store where there is none before a task is run, and says so when a result is asked for', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.mjs': `
import {barrier, TaskGenerator} from 'jug';
export const one = TaskGenerator(function one() { return 1; })();
if (process.argv[2] === 'wait') await barrier();
export const two = TaskGenerator(function two() { return 2; })();
`,
  });
  for (const jugdir of ['missing', 'file:missing', 'dict_store:missing', undefined]) {
    const {code, stdout, stderr} = await rig.script(`
import {existsSync} from 'node:fs';
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.mjs', ${JSON.stringify(jugdir)});
const told = promise => promise.then(() => 'nothing', error => error.name + ': ' + error.message);
console.log(JSON.stringify({
  can: await jugspace.one.canLoad(),
  value: await told(value({deep: [jugspace.one]})),
}));
await jugspace.one.invalidate();
await store.close();
const waiting = await init('jugfile.mjs', ${JSON.stringify(jugdir)}, ['wait']);
console.log(Object.keys(waiting.jugspace).join());
await waiting.store.close();
console.log(existsSync('missing') || existsSync('jugfile.jugdata'));
const running = await init('jugfile.mjs', ${JSON.stringify(jugdir)});
console.log(await running.jugspace.one.run(), await running.jugspace.one.canLoad(), await value(running.jugspace.one));
await running.store.close();
`);
    t.is(code, 0, stderr);
    t.regex(stderr, /waits at a barrier \(.*jugfile\.mjs:4.*jugspace has what it exports before/);
    const [facts, exports, isMade, ran] = stdout.trimEnd().split('\n');
    const {can, value} = JSON.parse(facts!);
    t.false(can);
    t.regex(
      value,
      /^StoreError: Expected results in a store at \/.*\/(missing|jugfile\.jugdata), found nothing there\. `jug execute` makes it$/,
    );
    t.is(exports, 'one');
    t.is(isMade, 'false', `${jugdir}`);
    t.is(ran, '1 true 1', `${jugdir}`);
    t.true(rig.exists(jugdir === undefined ? 'jugfile.jugdata' : 'missing'), `${jugdir}`);
    rmSync(path.join(rig.folder, 'missing'), {recursive: true, force: true});
  }
});

test('a jugfile and its modules have the names of the real files, by whatever link it is called', async t => {
  const rig = await openRig(t);
  rig.write({
    'real/lib/two.ts': `
import {TaskGenerator} from 'jug';
export const two = TaskGenerator(function two(x: number) { return 2 * x; });
`,
    'real/mine.ts': `
import {TaskGenerator} from 'jug';
import {two} from './lib/two.ts';
const one = TaskGenerator(function one() { return 1; });
export const result = two(one());
`,
    'links/none': '',
  });
  symlinkSync('real', path.join(rig.folder, 'linked'));
  symlinkSync('../real/mine.ts', path.join(rig.folder, 'links/other.ts'));
  const run = await rig.jug(['execute', '-j2', path.join(rig.folder, 'linked/mine.ts')]);
  t.is(run.code, 0, run.stderr);
  t.regex(run.stdout, / mine\.one\n/);
  t.regex(run.stdout, / lib\.two\.two\n/);
  t.true(rig.exists('real/mine.jugdata'));
  for (const [jugfile, cwd] of [
    ['mine.ts', 'real'],
    ['mine.ts', 'linked'],
    ['real/mine.ts', '.'],
    ['linked/mine.ts', '.'],
  ] as const) {
    const {stdout} = await rig.jug(`status --short ${jugfile}`, {cwd});
    t.is(stdout, 'All tasks complete (2 tasks).\n', `${cwd} ${jugfile}`);
  }
  t.deepEqual(await rig.values('result', 'linked/mine.ts'), {result: 2});
  const again = await rig.script(`
import {execute} from 'jug';
console.log((await execute('real/mine.ts', {jobs: 1})).functions.map(({loaded}) => loaded).join());
`);
  t.is(again.stdout, '1,1\n', again.stderr);
  t.is((await rig.jug('check links/other.ts --jugdir real/mine.jugdata')).code, 0);
  t.is((await rig.jug('execute -j1 links/other.ts')).code, 0);
  t.true(rig.exists('links/other.jugdata'));
});
