// Several jugfiles on one store: those of one name are told apart, and what another has computed is left alone.

import {cpSync, renameSync} from 'node:fs';
import test from 'ava';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

function experiment(name: string): string {
  return `
import {TaskGenerator} from 'jug';
const load = TaskGenerator(function load(n: number) { return 'experiment ${name}: ' + n; });
export const out = load(1);
`;
}

async function total(rig: Rig, command: string): Promise<number[] | undefined> {
  return rowsOf((await rig.jug(`execute -j 1 ${command}`)).stdout).Total;
}

const KINDS = ['res', 'file:res', 'dict_store:res.dict'];

for (const jugdir of KINDS) {
  test(`another jugfile of that name is refused with both places, and what to write: ${jugdir}`, async t => {
    const rig = await openRig(t);
    rig.write({'a/jugfile.ts': experiment('A'), 'b/jugfile.ts': experiment('B')});
    t.deepEqual(await total(rig, `--jugdir ${jugdir} a/jugfile.ts`), [1, 0, 0]);
    for (const command of ['execute -j 1', 'status', 'check', 'invalidate --target load']) {
      const {code, stdout, stderr} = await rig.jug(`${command} --jugdir ${jugdir} b/jugfile.ts`);
      t.is(code, 2, `${command}: ${stdout}${stderr}`);
      t.regex(
        stderr,
        /jugfile\.load in .* to be the function of .*\/b\/jugfile\.ts, found .* the one in .*\/a\/jugfile\.ts are there\.\n/,
      );
      t.regex(stderr, /share = true/);
    }
    t.deepEqual(await total(rig, `--jugdir ${jugdir} a/jugfile.ts`), [0, 1, 0]);
  });
}

test('a script is refused the results of another jugfile of that name', async t => {
  const rig = await openRig(t);
  rig.write({'a/jugfile.ts': experiment('A'), 'b/jugfile.ts': experiment('B')});
  t.deepEqual(await total(rig, '--jugdir res a/jugfile.ts'), [1, 0, 0]);
  const {code, stderr} = await rig.script(`
import {init} from 'jug';
const {jugspace} = await init('b/jugfile.ts', 'res');
console.log(await jugspace.out.value());
`);
  t.is(code, 1);
  t.regex(stderr, /found that results of the one in .*\/a\/jugfile\.ts are there\./);
});

test('a program that is moved, edited, copied or linked to is the same program', async t => {
  const rig = await openRig(t);
  rig.write({'a/jugfile.ts': experiment('A')});
  t.deepEqual(await total(rig, '--jugdir res a/jugfile.ts'), [1, 0, 0]);
  rig.write({'a/jugfile.ts': `// It has a comment now.${experiment('A')}`});
  t.deepEqual(await total(rig, '--jugdir res a/jugfile.ts'), [0, 1, 0]);
  cpSync(`${rig.folder}/a`, `${rig.folder}/copy`, {recursive: true});
  t.deepEqual(await total(rig, '--jugdir res copy/jugfile.ts'), [0, 1, 0]);
  rig.remove('copy');
  renameSync(`${rig.folder}/a`, `${rig.folder}/moved`);
  t.deepEqual(await total(rig, '--jugdir res moved/jugfile.ts'), [0, 1, 0]);
  rig.write({'b/jugfile.ts': experiment('B')});
  const {code, stderr} = await rig.jug('execute -j 1 --jugdir res b/jugfile.ts');
  t.is(code, 2, 'it is known by its new place');
  t.regex(stderr, /results of the one in .*moved\/jugfile\.ts are there/);
});

test('where it is meant, jugfiles of one name share a store', async t => {
  const rig = await openRig(t);
  rig.write({
    '.git/HEAD': '',
    '.jugrc': '[main]\njugdir = res\nshare = true\n',
    'a/jugfile.ts': experiment('A'),
    'b/jugfile.ts': `${experiment('A')}export const more = load(2);\n`,
  });
  const env = {HOME: `${rig.folder}/home`};
  t.is((await rig.jug('execute -j 1 a/jugfile.ts', {env})).code, 0);
  t.deepEqual(rowsOf((await rig.jug('execute -j 1 b/jugfile.ts', {env})).stdout).Total, [1, 1, 0]);
  rig.write({'.jugrc': '[main]\nshare = perhaps\n'});
  const {code, stderr} = await rig.jug('status a/jugfile.ts', {env});
  t.is(code, 2);
  t.regex(stderr, /\.jugrc:2: expected share to be true or false, found perhaps/);
});

test('a program that is copied with its store is the same program, however it is edited then', async t => {
  const rig = await openRig(t);
  rig.write({'a/jugfile.ts': experiment('A')});
  for (const jugdir of ['', '--jugdir file:FOLDER/res']) {
    const inside = (folder: string): string => `${jugdir.replace('FOLDER', folder)} ${folder}/jugfile.ts`;
    t.deepEqual(await total(rig, inside('a')), [1, 0, 0]);
    cpSync(`${rig.folder}/a`, `${rig.folder}/b`, {recursive: true});
    rig.write({'b/jugfile.ts': `${experiment('A')}export const more = load(2);\n`});
    t.deepEqual(await total(rig, inside('b')), [1, 1, 0]);
    rig.write({'b/jugfile.ts': `${experiment('A')}export const more = load(3);\n`});
    const {stdout, stderr} = await rig.jug(`cleanup ${inside('b')}`);
    t.is(stdout, 'Removed 1 result.\n', stderr);
    rig.write({'b/jugfile.ts': `${experiment('A').replace('load(1)', 'load(3)')}`});
    t.is(
      (await rig.jug(`cleanup ${inside('b')}`)).stdout,
      'Removed 1 result.\n',
      'made before it was copied',
    );
    t.is((await rig.jug(`check ${inside('a')}`)).code, 0);
    rig.remove('b');
    rig.remove('a');
    rig.write({'a/jugfile.ts': experiment('A')});
  }
});

/** What a jugfile imports. */
function library(text: string): string {
  return `
import {TaskGenerator} from 'jug';
export const load = TaskGenerator(function load(n: number) { return '${text}' + n; });
`;
}

function using(numbers: string): string {
  return `
import {load} from './lib.ts';
export const all = [${numbers}].map(n => load(n));
`;
}

test('programs with modules of one name are told apart, before and after a barrier', async t => {
  const rig = await openRig(t);
  rig.write({
    'a/lib.ts': library('a'),
    'a/first.ts': using('1'),
    'b/lib.ts': library('b'),
    'b/second.ts': using('1'),
    'b/late.ts': `
import {bvalue, Task} from 'jug';
function own(n: number) { return n; }
export const n = await bvalue(new Task(own, 1));
const {load} = await import('./lib.ts');
export const later = await bvalue(load(n));
`,
    'b/other.ts': `
import {Task, Tasklet} from 'jug';
function own(n: number) { return [n]; }
export const first = new Tasklet(new Task(own, 1), x => x[0]);
`,
  });
  t.deepEqual(await total(rig, '--jugdir res a/first.ts'), [1, 0, 0]);
  const found =
    /lib\.load in .* to be the function of .*b\/lib\.ts, found that results of the one in .*a\/lib\.ts, for .*a\/first\.ts, are there/;
  for (const jugfile of ['second', 'late']) {
    const run = await rig.jug(`execute -j 1 --jugdir res b/${jugfile}.ts`);
    t.is(run.code, 2, run.stderr);
    t.regex(run.stderr, found);
    const {code, stderr} = await rig.jug(`status --jugdir res b/${jugfile}.ts`);
    t.is(code, 2, stderr);
    t.regex(stderr, found);
  }
  t.deepEqual(await total(rig, '--jugdir res b/other.ts'), [1, 0, 0], 'it has nothing of that name');
});

test('cleanup leaves alone what other jugfiles have computed or may need, and says so', async t => {
  const rig = await openRig(t);
  rig.write({
    'lib.ts': library(''),
    'first.ts': `${using('1, 2')}import {Task} from 'jug';\nfunction own() {}\nexport const mine = new Task(own);\n`,
    'second.ts': using('2, 3, 4'),
  });
  t.deepEqual(await total(rig, '--jugdir res first.ts'), [3, 0, 0]);
  t.deepEqual(await total(rig, '--jugdir res second.ts'), [2, 1, 0], 'what both need is computed once');
  rig.write({'first.ts': using('1')});
  const cleaned = await rig.jug('cleanup --jugdir res first.ts');
  t.is(cleaned.stdout, 'Removed 1 result.\n', 'of the function that it alone had');
  t.regex(
    cleaned.stderr,
    /Kept 3 results that other jugfiles have computed on this store, or may need \(.*second\.ts 3\)\. With --others/,
  );
  t.is((await rig.jug('check --jugdir res second.ts')).code, 0);
  const others = await rig.jug('cleanup --others --jugdir res first.ts');
  t.is(others.stdout, 'Removed 3 results.\n');
  rig.write({'third.ts': using('5')});
  t.deepEqual(await total(rig, '--jugdir res third.ts'), [1, 0, 0]);
  rig.remove('second.ts');
  rig.remove('third.ts');
  t.is((await rig.jug('cleanup --jugdir res first.ts')).stdout, 'Removed 1 result.\n', 'nobody is left');
});

test('cleanup leaves alone what a jugfile of the same name has, where that is meant', async t => {
  const rig = await openRig(t);
  rig.write({
    '.git/HEAD': '',
    '.jugrc': '[main]\njugdir = res\nshare = true\n',
    'a/jugfile.ts': experiment('A'),
    'b/jugfile.ts': experiment('A').replace('load(1)', 'load(2)'),
  });
  const env = {HOME: `${rig.folder}/home`};
  for (const folder of ['a', 'b']) t.is((await rig.jug(`execute -j 1 ${folder}/jugfile.ts`, {env})).code, 0);
  const {stdout, stderr} = await rig.jug('cleanup a/jugfile.ts', {env});
  t.is(stdout, 'Nothing to remove.\n');
  t.regex(stderr, /Kept 1 result .*b\/jugfile\.ts 1/);
});
