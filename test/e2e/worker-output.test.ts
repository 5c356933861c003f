// What tasks print: all of it arrives, wherever it goes, and however the thread ends.

import test from 'ava';
import {pressTwice} from '../helpers/gated.js';
import {openRig} from '../helpers/rig.js';

const PRINTS = `
import {TaskGenerator} from 'jug';
const print = TaskGenerator(function print(n: number, name: string) {
  for (let i = 0; i < n; i++) {
    console.log('out ' + name + ' ' + i + ' ' + 'x'.repeat(80));
    console.error('err ' + name + ' ' + i + ' ' + 'x'.repeat(80));
  }
  return n;
});
export const all = ['a', 'b', 'c', 'd'].map(name => print(20_000, name));
`;
const JUG = 'node_modules/jug/lib/src/bin.js';

const WAYS: Readonly<Record<string, string>> = {
  'a file': '> out 2> err',
  'a pipe': '2> >(cat > err) | cat > out; wait',
  'a slow reader': '2> >(sleep 1; cat > err) | (sleep 1; cat > out); wait',
};

for (const [where, redirection] of Object.entries(WAYS)) {
  for (const jobs of [1, 4]) {
    test(`20,000 lines that each of four tasks prints arrive in ${where}, with -j ${jobs}`, async t => {
      const rig = await openRig(t);
      rig.write({'jugfile.ts': PRINTS});
      const command = `set -o pipefail; '${process.execPath}' ${JUG} execute -j ${jobs} ${redirection}`;
      const {stderr} = await rig.run('bash', ['-c', command]);
      await rig.until('the readers to end', () => rig.read('err').split(' | ').length > 160_000);
      t.is(stderr, '');
      t.notRegex(rig.read('out'), /xx/, 'stdout has the table alone');
      const err = rig.read('err').split('\n');
      for (const name of ['a', 'b', 'c', 'd']) {
        const own = err.filter(line => line.startsWith(`jugfile.print(20000, '${name}') | `));
        const wanted = Array.from(
          {length: 40_000},
          (_, at) => `${at % 2 === 0 ? 'out' : 'err'} ${name} ${at >> 1} `,
        );
        t.is(own.length, wanted.length, name);
        t.is(
          own.find((line, at) => !line.includes(`| ${wanted[at]}x`)),
          undefined,
          'whole, and in order',
        );
      }
    });
  }
}

test('what a task has printed before it calls process.exit arrives', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
export const all = TaskGenerator(function exits(n: number) {
  for (let i = 0; i < n; i++) console.log('line ' + i);
  process.exit(1);
})(20_000);
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 1);
  t.is(stderr.match(/\| line \d+$/gm)?.length, 20_000);
});

test('what a task has printed before it is ended by a second ctrl-c arrives', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
export const all = TaskGenerator(async function waits(n: number) {
  for (let i = 0; i < n; i++) console.log('line ' + i);
  ran('it');
  await new Promise(() => {});
})(20_000);
`,
  });
  const run = rig.start('execute -j 1');
  await rig.until('the task to have printed', () => rig.runs().length === 1);
  const {code, stderr} = await pressTwice(run, ', 1 running task will finish');
  t.is(code, 130);
  t.is(stderr.match(/\| line \d+$/gm)?.length, 20_000);
});

test('what tasks have printed arrives, also if main is busy meanwhile and the next one in the thread is ended by force', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
if (isMainThread) setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500), 500);
const print = TaskGenerator(function print(n: number, before?: number) {
  for (let i = 0; i < n; i++) console.log('line ' + i);
  return n;
});
const spin = TaskGenerator(function spin(n: number) { ran('it'); for (;;); });
export const all = spin(print(20_000, print(20_000)));
`,
  });
  const run = rig.start('execute -j 1');
  await rig.until('the last task to run', () => rig.runs().length === 1);
  const {code, stderr} = await pressTwice(run, ', 1 running task will finish');
  t.is(code, 130);
  t.is(stderr.match(/\| line \d+$/gm)?.length, 40_000);
});
