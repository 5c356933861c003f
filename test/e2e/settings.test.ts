// Settings in files: which of them count, and what is told of those that are wrong.

import path from 'node:path';
import test from 'ava';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const fail = TaskGenerator(function fail(n: number) { if (n < 2) throw new Error('no ' + n); return n; });
export const all = [0, 1, 2].map(n => fail(n));
`;

/** A home directory of its own: nobody's real settings count. */
async function rigOf(
  t: Parameters<typeof openRig>[0],
): Promise<Rig & {run2(command: string, cwd?: string): ReturnType<Rig['jug']>}> {
  const rig = await openRig(t);
  rig.write({'home/empty': '', 'project/jugfile.ts': JUGFILE});
  const env = {HOME: path.join(rig.folder, 'home')};
  return {...rig, run2: (command, cwd = 'project') => rig.jug(command, {env, cwd})};
}

test('the jugdir is that of the flag, else of the jugfile, else of the nearest file, else of the user’s own', async t => {
  const rig = await rigOf(t);
  const used = async (name: string, command = 'status'): Promise<void> => {
    const {code, stderr} = await rig.run2(`${command.replace('status', 'execute -j 1 --keep-going')}`);
    t.is(code, 1, stderr);
    t.true(rig.exists(`project/${name}/jug-store.json`), name);
    rig.remove(`project/${name}`);
    t.false(rig.exists('project/jugfile.jugdata'));
  };
  rig.write({'home/.jug/configrc': '[main]\njugdir = by-user\n'});
  await used('by-user');
  rig.write({'home/.config/jugrc': '[main]\njugdir: %(jugfile)s.by-user\n'});
  await used('jugfile.by-user');
  rig.write({'home/.config/jug/jugrc': '[main]\njugdir = first\n'});
  await used('first');
  rig.write({'.jugrc': '[main]\njugdir = strangers\n'});
  await used('first');
  rig.write({'.git/HEAD': '', '.jugrc': '[main]\njugdir = project/of-root\n'});
  await used('of-root');
  rig.write({'project/jugrc': '# ours\n\n[main]\njugdir=near\n'});
  await used('near');
  rig.write({'project/jugfile.ts': `import {setJugdir} from 'jug';\nsetJugdir('said');\n${JUGFILE}`});
  await used('said');
  await used('given', 'status --jugdir given');
});

test('a relative jugdir in a file of the project is meant from that file’s folder, wherever jug runs', async t => {
  const rig = await rigOf(t);
  rig.write({'project/.jugrc': '[main]\njugdir = results\n'});
  t.is((await rig.run2('execute -j 1 --keep-going project/jugfile.ts', '')).code, 1);
  t.true(rig.exists('project/results/jug-store.json'));
  const {stdout} = await rig.script(`
import {init} from 'jug';
const {store} = await init('project/jugfile.ts');
console.log(store.location.endsWith('project/results'));
await store.close();
`);
  t.is(stdout, 'true\n');
});

test('what stands under [execute] is as if it were on the command line, which counts more', async t => {
  const rig = await rigOf(t);
  const failures = async (command: string): Promise<number> => {
    rig.remove('project/jugfile.jugdata');
    return (await rig.run2(command)).stderr.match(/FAILED/g)?.length ?? 0;
  };
  t.is(await failures('execute -j 1'), 1);
  rig.write({
    'project/.jugrc': '[execute]\nkeep_going = on\njobs = 1\nunheard-of = 7\n[status]\nshort = yes\n',
  });
  t.is(await failures('execute'), 2);
  t.regex((await rig.run2('status')).stdout, /^0 tasks waiting to be run, 2 failed, 1 complete/);
  rig.write({'project/.jugrc': '[execute]\nkeep-going = off\njobs = 1\ntarget = nothing\n'});
  t.regex((await rig.run2('execute')).stderr, /No task of the jugfile matches nothing/);
  t.is(await failures('execute --target fail'), 1);
  t.regex((await rig.run2('count')).stdout, /3 {2}jugfile.fail/);
});

test('a wrong value is told with its file and line', async t => {
  const rig = await rigOf(t);
  const refused = async (text: string, pattern: RegExp): Promise<void> => {
    rig.write({'project/.jugrc': text});
    const {code, stderr} = await rig.run2('execute');
    t.is(code, 2);
    t.regex(stderr, pattern);
    t.notRegex(stderr, /bug in jug/);
  };
  await refused(
    '[execute]\n\njobs = many\n',
    /^jug: .*project\/\.jugrc:3: jobs = many is invalid\. Expected a whole number/,
  );
  await refused(
    '[execute]\nkeep-going = maybe\n',
    /\.jugrc:2: expected keep-going to be true or false, found "maybe"/,
  );
  await refused('[main]\njugdir =\n', /\.jugrc:2: expected jugdir to name a folder/);
  await refused(
    '[main]\nwhat is this\n',
    /\.jugrc:2: expected \[section\] or key = value, found "what is this"/,
  );
  rig.write({'project/.jugrc': '[execute]\njobs = many\n'});
  t.is((await rig.run2('execute -j 1 --keep-going')).code, 1);
  t.is((await rig.run2('status')).code, 0);
});

test('a jugdir that cannot be used is told with the place where it was set, if that is not the command line', async t => {
  const rig = await rigOf(t);
  const told = async (jugdir: string, site: string | undefined): Promise<void> => {
    const flag = site === undefined ? `--jugdir ${jugdir}` : '';
    const set = site === undefined ? '' : `\nThe jugdir is set in ${site}.`;
    for (const command of ['execute -j 1', 'status', 'cleanup']) {
      const {code, stderr} = await rig.run2(`${command} ${flag}`);
      t.is(code, 2, stderr);
      t.regex(
        stderr,
        /^jug: Expected a jugdir that is a folder, as primes\.jugdata, or begins with one of lmdb: /,
      );
      t.true(stderr.endsWith(`found one that begins with nosql:, which is not known.${set}\n`), stderr);
    }
  };
  await told('nosql://ann:secret@host', undefined);
  rig.write({'project/.jugrc': '[main]\n\njugdir = nosql://ann:secret@host\n'});
  await told('nosql://ann:secret@host', path.join(rig.folder, 'project/.jugrc:3'));
  const {stderr} = await rig.script(`
import {init} from 'jug';
await init('project/jugfile.ts').catch(error => console.error(error.message));
`);
  t.regex(stderr, /which is not known\.\nThe jugdir is set in .*project\/\.jugrc:3\.\n$/);
  rig.write({
    'project/.jugrc': '[main]\njugdir = unused\n',
    'project/jugfile.ts': `${JUGFILE}\nimport {setJugdir} from 'jug';\nsetJugdir('nosql:there');\n`,
  });
  await told('nosql:there', 'jugfile.ts:7');
  t.false(rig.exists('project/unused'));
});

test('jugfiles of one name in several folders have stores of their own by one settings file', async t => {
  const rig = await openRig(t);
  const jugfile = (name: string): string => `
import {TaskGenerator} from 'jug';
const load = TaskGenerator(function load(n: number) { return 'experiment ${name}: ' + n; });
export const out = load(1);
`;
  rig.write({
    '.git/HEAD': '',
    '.jugrc': '[main]\njugdir = results/%(jugfile)s\n',
    'a/jugfile.ts': jugfile('A'),
    'b/jugfile.ts': jugfile('B'),
    'jugfile.ts': jugfile('root'),
  });
  const env = {HOME: `${rig.folder}/home`};
  for (const folder of ['a/', 'b/', '']) {
    const {code, stdout, stderr} = await rig.jug(`execute -j 1 ${folder}jugfile.ts`, {env});
    t.is(code, 0, stderr);
    t.deepEqual(rowsOf(stdout).Total, [1, 0, 0], folder);
    t.true(rig.exists(`results/${folder}jugfile/jug-store.json`), folder);
  }
});
