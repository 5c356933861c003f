// How runs end that do not end well, beside those of failures.test.ts and interrupt.test.ts.

import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {execute} from '../../src/index.js';
import {openStore} from '../../src/stores/registry.js';
import {openRig, rowsOf} from '../helpers/rig.js';

test('a rejection of the jugfile that nobody waits for ends the run with 3, and keeps what is computed', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
      import {isMainThread} from 'node:worker_threads';
      import {TaskGenerator} from 'jug';
      const double = TaskGenerator(function double(n: number) { return 2 * n; });
      const four = double(2);
      const wait = async () => { while (!(await four.canLoad())) await new Promise(go => setTimeout(go, 20)); };
      void wait().then(() => { throw new RangeError('nobody waits for me'); });
      if (isMainThread) await new Promise(go => setTimeout(go, 60_000));
    `,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 3);
  t.regex(stderr, /RangeError: nobody waits for me/);
  const store = await openStore(`${rig.folder}/jugfile.jugdata`, 'read');
  let kept = 0;
  for await (const hashes of store.hashes()) kept += hashes.length;
  await store.close();
  t.is(kept, 1);
});

test('a jugfile that awaits what never comes is told so, with exit code 3', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': 'await new Promise(() => {});\n'});
  const {code, stderr} = await rig.jug('status');
  t.is(code, 3);
  t.regex(stderr, /awaits something that never comes/);
});

for (const command of ['status', 'execute -j 1']) {
  test(`${command}: a jugfile that calls process.exit is told so and where, with exit code 3`, async t => {
    const rig = await openRig(t);
    for (const code of [0, 5]) {
      rig.write({'jugfile.ts': `const n: number = ${code};\nprocess.exit(n);\n`});
      const result = await rig.jug(command);
      t.is(result.code, 3, `${code}`);
      t.regex(result.stderr, new RegExp(`^jug: .*jugfile\\.ts:2 called process\\.exit\\(${code}\\)`));
      t.notRegex(result.stderr, /never comes/);
    }
  });
}

test('an exit code that the jugfile sets is no call of process.exit', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': 'process.exitCode = 5;\nawait new Promise(() => {});\n'});
  const {code, stderr} = await rig.jug('status');
  t.is(code, 3);
  t.regex(stderr, /awaits something that never comes/);
});

test('a module of a store that awaits what never comes is named, and not the jugfile', async t => {
  const rig = await openRig(t);
  const never = 'found that it awaits something that never comes';
  const methods =
    'load save remove removeFailures setAside origin acquire release locks breakLocks changes describe pack close';
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
export const one = TaskGenerator(function one() { return 1; })();
`,
    'top.mjs': 'await new Promise(() => {});\nexport const openStore = () => {};\n',
    'open.mjs': 'export const openStore = () => new Promise(() => {});\n',
    'methods.mjs': `
const store = {kind: 'own', location: '', interval: 100};
for (const name of '${methods}'.split(' ')) store[name] = async () => [];
store.changes = async () => 0;
store.describe = async () => ({format: 1, bytes: undefined, notes: []});
store.has = () => new Promise(() => {});
store.hashes = async function* () { yield []; await new Promise(() => {}); };
store.heads = store.failures = async function* () {};
export const openStore = () => store;
`,
  });
  const told = async (command: string, code: number, message: string): Promise<void> => {
    const result = await rig.jug(command);
    t.is(result.stderr, `jug: ${message}, ${never}${message.endsWith('end') ? '.' : ''}\n`, command);
    t.is(result.code, code, command);
  };
  for (const command of ['status', 'execute -j 1', 'store'])
    await told(
      `${command} --jugdir module:./top.mjs`,
      2,
      'Expected the module of the jugdir module:./top.mjs to run to its end',
    );
  await told(
    'copy module:./open.mjs other',
    2,
    'Expected the store of the module ./open.mjs to answer in openStore',
  );
  await told(
    'status --jugdir module:./methods.mjs',
    4,
    'Expected the store of the module ./methods.mjs to answer in has',
  );
  await told(
    'cleanup --jugdir module:./methods.mjs',
    4,
    'Expected the store of the module ./methods.mjs to answer in hashes',
  );
});

test('the number of jobs is checked before anything is opened', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.mjs': 'export {};\n'});
  const error = await t.throwsAsync(execute(`${rig.folder}/jugfile.mjs`, {jobs: 0}));
  t.regex(error!.message, /Expected jobs to be a whole number of at least 1, found 0/);
});

test('a rejection of the jugfile that nobody waits for ends also a command that only looks with 3', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
void Promise.reject(new Error('nobody minds'));
await sleep(20);
`,
  });
  const {code, stderr} = await rig.jug('status');
  t.is(code, 3);
  t.regex(stderr, /^jug: The jugfile jugfile\.ts threw:\n\nError: nobody minds\n {4}at .*jugfile\.ts:3/);
});

test('a rejection in the last line of the jugfile ends every command with 3, before anything is run or removed', async t => {
  const rig = await openRig(t);
  const jugfile = `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const double = TaskGenerator(function double(n: number) { ran('double'); return 2 * n; });
export const four = double(2);
export const six = process.argv[2] === 'more' && double(3);
`;
  rig.write({'jugfile.ts': jugfile});
  t.is((await rig.jug('execute -j 1')).code, 0);
  rig.write({'jugfile.ts': `${jugfile}void Promise.reject(new Error('nobody minds'));\n`});
  for (const command of [
    'execute -j 1',
    'status',
    'count',
    'check',
    'invalidate --target double',
    'cleanup',
  ]) {
    const {code, stdout, stderr} = await rig.jug([...command.split(' '), 'jugfile.ts', 'more']);
    t.is(code, 3, command);
    t.regex(stderr, /^jug: The jugfile jugfile\.ts threw:\n\nError: nobody minds\n {4}at .*jugfile\.ts:7:/m);
    t.notRegex(stderr, /FAILED/);
    t.is(stdout, '', command);
  }
  t.deepEqual(rig.runs(), ['double']);
  rig.write({'jugfile.ts': jugfile});
  t.is((await rig.jug('check')).code, 0);
});

test('a jugfile that throws after a barrier ends the run with its table, its own error, and 3', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) { return 2 * n; });
export const doubles = [1, 2].map(n => double(n));
await barrier();
double(3);
throw new RangeError('own words');
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 1');
  t.is(code, 3);
  t.deepEqual(rowsOf(stdout).Total, [2, 0, 0]);
  t.regex(
    stderr,
    /^1 task is not finished\.\njug: The jugfile jugfile\.ts threw:\n\nRangeError: own words\n {4}at .*jugfile\.ts:7:/m,
  );
  t.notRegex(stderr, /(?:dist|lib)\/src/);
  await t.throwsAsync(execute(`${rig.folder}/jugfile.ts`, {jobs: 1}), {
    instanceOf: JugError,
    message: /threw:\n\nRangeError: own words/,
  });
});

/** A store in which every task is finished. `stray`: what each call of `has` does beside. */
const straying = (stray: string): string => `
import {helped} from './helper.mjs';
const methods = 'load save remove removeFailures setAside origin acquire release locks breakLocks changes describe pack close';
const store = {kind: 'own', location: '', interval: 100};
for (const name of methods.split(' ')) store[name] = async () => [];
store.changes = async () => 0;
store.describe = async () => ({format: 1, bytes: undefined, notes: []});
store.has = async hashes => {
  ${stray};
  await new Promise(go => setTimeout(go, 500));
  return hashes.map(() => true);
};
store.hashes = store.heads = store.failures = async function* () {};
export const openStore = () => store;
`;

for (const command of ['status', 'execute -j 1']) {
  test(`${command}: what nobody waits for is told of the store's module or of the jugfile, by its stack`, async t => {
    const rig = await openRig(t);
    const jugfile = `
      import {TaskGenerator} from 'jug';
      export const one = TaskGenerator(function one() { return 1; })();
    `;
    rig.write({
      'jugfile.ts': jugfile,
      'stray.ts': `${jugfile}setTimeout(() => { throw new Error('of the jugfile'); }, 1);\nawait one.canLoad();\n`,
      'helper.mjs': `export const helped = () => void Promise.reject(new Error('of a helper'));`,
      'rejects.mjs': straying(`Promise.reject(new Error('stray'))`),
      'throws.mjs': straying(`setTimeout(() => { throw new Error('stray'); }, 1)`),
      'helped.mjs': straying(`setTimeout(helped, 1)`),
      'sound.mjs': straying(''),
    });
    for (const name of ['rejects', 'throws']) {
      const {code, stderr} = await rig.jug(`${command} jugfile.ts --jugdir module:./${name}.mjs`);
      t.is(code, 4, stderr);
      t.regex(stderr, new RegExp(`^jug: The store of the module \\./${name}\\.mjs threw, or left `, 'm'));
      t.regex(stderr, new RegExp(`\n\nError: stray\n +at .*${name}\\.mjs:\\d+`));
      t.notRegex(stderr, /The jugfile/);
    }
    const helped = await rig.jug(`${command} jugfile.ts --jugdir module:./helped.mjs`);
    t.is(helped.code, 3, helped.stderr);
    t.regex(helped.stderr, /cannot tell whose it is:\n\nError: of a helper\n +at .*helper\.mjs:1/);
    const own = await rig.jug(`${command} stray.ts --jugdir module:./sound.mjs`);
    t.is(own.code, 3, own.stderr);
    t.regex(own.stderr, /The jugfile stray\.ts threw:\n\nError: of the jugfile\n/);
  });
}
