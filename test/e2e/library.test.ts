// What a script calls: the methods of a task, init and execute, and what of it is refused.

import test from 'ava';
import {modelInTwoStores} from '../helpers/model.js';
import {openRig} from '../helpers/rig.js';

test('the methods of a task tell where it stands', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { if (x === 13) throw new Error('unlucky'); return 2 * x; });
export const two = double(1);
export const four = double(two);
export const unlucky = double(13);
`,
  });
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  const {code, stdout, stderr} = await rig.script(`
import {init, hashOne, isJugRunning} from 'jug';
const {store, jugspace: {two, four, unlucky}} = await init('jugfile.ts');
const facts = [two.name, two.hash.length, two.args, four.dependencies()[0] === two, await two.canLoad(), await unlucky.canLoad(),
  await four.canRun(), await two.value(), await unlucky.isFailed(), await two.isFailed(), await two.isLocked(), hashOne(two).length];
await two.invalidate();
facts.push(await two.canLoad(), await four.canLoad(), await four.canRun(), await two.run(), await two.canLoad());
console.log(JSON.stringify(facts));
await store.close();
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [
    ...['jugfile.double', 64, [1], true, true, false, true, 2, true, false, false, 64],
    ...[false, false, false, 2, true],
  ]);
});

test('execute as a function of the library answers with a summary of the same run', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isJugRunning, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { if (x === 2) throw new Error('two'); return 2 * x; });
export const all = [0, 1, 2].map(x => double(x));
export const running = isJugRunning();
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute, isJugRunning} from 'jug';
const {functions, failures, counts, exitCode} = await execute('jugfile.ts', {jobs: 2, keepGoing: true, jugdir: 'elsewhere'});
console.log(JSON.stringify([functions, failures.map(({task, failure}) => [task, failure.error.message]), counts, exitCode]));
`);
  t.is(code, 0, stderr);
  const [[{duration, slowest, ...double}], ...others] = JSON.parse(stdout);
  t.regex(slowest.task, /^jugfile\.double\([01]\)$/);
  t.true(slowest.duration > 0 && slowest.duration <= duration);
  t.deepEqual(
    [[double], ...others],
    [
      [{name: 'jugfile.double', executed: 2, loaded: 0, failed: 1}],
      [['jugfile.double(2)', 'two']],
      {failed: 1, waiting: 0, ready: 0, finished: 2, running: 0},
      1,
    ],
  );
  t.true(rig.exists('elsewhere'));
  t.false(rig.exists('jugfile.jugdata'));
});

test('an open store, or what is no path, is refused by init and execute where they are called', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': 'export const nothing = 0;\n'});
  const {code, stdout, stderr} = await rig.script(`
import {execute, init} from 'jug';
const {store} = await init('jugfile.ts');
await store.close();
for (const call of [
  () => init('jugfile.ts', store), () => execute('jugfile.ts', {jugdir: store}),
  () => init(new URL('jugfile.ts', import.meta.url)), () => execute(5), () => init('jugfile.ts', undefined, 'word'),
]) await call().then(() => console.log('accepted'), error => console.log(error.name + ': ' + error.message));
`);
  t.is(code, 0, stderr);
  for (const expected of [
    /^JugError: Expected the jugdir in init\(jugfile, jugdir\) to be a string, found .* \(script-0\.mjs:6\)\.\ninit opens the store/m,
    /^JugError: Expected jugdir to be a string, found .* \(script-0\.mjs:6\)\.$/m,
    /^JugError: Expected the path of a jugfile, as a string, found URL .* \(script-0\.mjs:7\)\.$/m,
    /^JugError: Expected the path of a jugfile, as a string, found 5 \(/m,
    /^JugError: Expected the arguments in init\(jugfile, jugdir, args\) to be an array, found 'word' \(/m,
  ])
    t.regex(stdout, expected);
  t.notRegex(stdout, /accepted/);
});

test('an execute or an init beside an execute is refused, and the one under way is not disturbed', async t => {
  const rig = await modelInTwoStores(t);
  const {code, stdout, stderr} = await rig.script(`
import {execute, init} from 'jug';
const settled = await Promise.allSettled([
  execute('model.ts', {jobs: 1, jugdir: 'one'}),
  execute('other.ts', {jobs: 1, jugdir: 'two'}),
  init('other.ts'),
]);
console.log(JSON.stringify(settled.map(({value, reason}) => value?.counts.finished ?? reason.name + ': ' + reason.message)));
console.log((await execute('other.ts', {jobs: 1, jugdir: 'two'})).counts.finished);
`);
  t.is(code, 0, stderr);
  const [answers, last] = stdout.trim().split('\n');
  const [finished, execute, init] = JSON.parse(answers!);
  t.is(finished, 4);
  t.regex(
    execute,
    /^JugError: Expected execute to be called while no other jugfile is run or read, found it called \(script-0\.mjs:5\) while model\.ts is\.\n/,
  );
  t.regex(
    init,
    /found it called \(script-0\.mjs:6\) while model\.ts is\.\nIn a script, await the execute before it\./,
  );
  t.is(last, '2');
});

test('a jugfile that calls init or execute is refused, by a command and by an init, and nothing is run', async t => {
  const rig = await modelInTwoStores(t);
  for (const call of ["init('model.ts', 'old')", "execute('model.ts')"]) {
    rig.write({
      'nested.ts': `
import {execute, init, TaskGenerator} from 'jug';
const one = TaskGenerator(function one() { return 1; });
await ${call};
export const task = one();
`,
    });
    for (const command of ['execute -j 1 nested.ts', 'status nested.ts']) {
      const {code, stderr} = await rig.jug(command);
      t.is(code, 3, command);
      t.regex(stderr, /found it called \(nested\.ts:4\) while nested\.ts is\./);
    }
    const {stdout} = await rig.script(`
import {execute, init} from 'jug';
await init('nested.ts').catch(error => console.log(error.message));
await execute('nested.ts', {jobs: 1}).catch(error => console.log(error.message));
`);
    t.is(stdout.match(/found it called \(nested\.ts:4\) while nested\.ts is\./g)?.length, 2, stdout);
  }
});

test('a task that calls init is refused, and fails', async t => {
  const rig = await modelInTwoStores(t);
  rig.write({
    'asking.ts': `
import {init, TaskGenerator, value} from 'jug';
const ask = TaskGenerator(async function ask() { return value((await init('model.ts', 'old')).jugspace.all); });
ask();
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 asking.ts');
  t.is(code, 1);
  t.regex(stderr, /found it called \(asking\.ts:3\) while asking\.ts is\./);
});
