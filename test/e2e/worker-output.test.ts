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
      await rig.until('the readers to end', () => linesOf(rig.read('err'), 'err').length === 80_000);
      t.is(stderr, '');
      for (const name of ['out', 'err']) {
        const lines = linesOf(rig.read(name), name);
        t.is(lines.length, 80_000, name);
        t.is(new Set(lines).size, 80_000, name);
      }
    });
  }
}

function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter(line => line.startsWith(`${name} `));
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
  const {code, stdout} = await rig.jug('execute -j 1');
  t.is(code, 1);
  t.is(stdout.match(/^line \d+$/gm)?.length, 20_000);
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
  const {code, stdout} = await pressTwice(run, ', 1 running task will finish');
  t.is(code, 130);
  t.is(stdout.match(/^line \d+$/gm)?.length, 20_000);
});

test('what tasks have printed arrives, also if main takes it late and the next one in the thread is ended by force', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
if (isMainThread) {
  const {write} = process.stdout;
  const held: unknown[] = [];
  process.stdout.write = (chunk: unknown) => { held.push(chunk); return false; };
  setTimeout(() => {
    process.stdout.write = write;
    for (const chunk of held) process.stdout.write(chunk as string);
    process.stdout.emit('drain');
  }, 1500);
}
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
  const {code, stdout} = await pressTwice(run, ', 1 running task will finish');
  t.is(code, 130);
  t.is(stdout.match(/^line \d+$/gm)?.length, 40_000);
});
