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
        /those of .*\/b\/jugfile\.ts, found that .*\/a\/jugfile\.ts has results there, too\.\n/,
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
  t.regex(stderr, /found that .*\/a\/jugfile\.ts has results there, too\./);
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
  t.regex(stderr, /moved\/jugfile\.ts has results there/);
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

test('cleanup leaves alone what other jugfiles have computed, and says so', async t => {
  const rig = await openRig(t);
  const lib = `
import {TaskGenerator} from 'jug';
export const load = TaskGenerator(function load(n: number) { return n; });
`;
  const using = (numbers: string): string => `
import {load} from './lib.ts';
export const all = [${numbers}].map(n => load(n));
`;
  rig.write({'lib.ts': lib, 'first.ts': using('1, 2'), 'second.ts': using('2, 3, 4')});
  t.deepEqual(await total(rig, '--jugdir res first.ts'), [2, 0, 0]);
  t.deepEqual(await total(rig, '--jugdir res second.ts'), [2, 1, 0], 'what both need is computed once');
  rig.write({'first.ts': using('2')});
  const cleaned = await rig.jug('cleanup --jugdir res first.ts');
  t.regex(cleaned.stdout, /^Removed 1 result\.$/m);
  t.regex(
    cleaned.stderr,
    /Kept 2 results that other jugfiles have computed on this store \(.*second\.ts 2\)\. With --others/,
  );
  t.is((await rig.jug('check --jugdir res second.ts')).code, 0);
  const others = await rig.jug('cleanup --others --jugdir res first.ts');
  t.regex(others.stdout, /^Removed 2 results\.$/m);
  rig.write({'third.ts': using('5')});
  t.deepEqual(await total(rig, '--jugdir res third.ts'), [1, 0, 0]);
  rig.remove('third.ts');
  t.regex((await rig.jug('cleanup --jugdir res first.ts')).stdout, /^Removed 1 result\.$/m);
});
