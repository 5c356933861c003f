// What a script calls: the methods of a task, init and execute.

import test, {type ExecutionContext} from 'ava';
import {openRig, type Rig} from '../helpers/rig.js';

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
  t.deepEqual(JSON.parse(stdout), [
    [{name: 'jugfile.double', executed: 2, loaded: 0, failed: 1}],
    [['jugfile.double(2)', 'two']],
    {failed: 1, waiting: 0, ready: 0, finished: 2, running: 0},
    1,
  ]);
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

/** A model, and the same with a result that differs: in `old` it is 10 times what it is given, in `new` 11 times. */
async function modelInTwoStores(t: ExecutionContext): Promise<Rig> {
  const rig = await openRig(t);
  for (const [jugdir, factor] of [
    ['old', 10],
    ['new', 11],
  ]) {
    rig.write({
      'model.ts': `
import {mapreduce, TaskGenerator} from 'jug';
export const score = TaskGenerator(function score(n: number) { return n * ${factor}; });
export const scores = [1, 2].map(n => score(n));
export const all = score(7);
export const mapped = mapreduce.map(function more(n: number) { return n + ${factor}; }, [1, 2, 3]);
`,
      'other.ts': `
import {TaskGenerator} from 'jug';
const weigh = TaskGenerator(function weigh(n: number) { return n * 3; });
export const weights = [1, 2].map(n => weigh(n));
`,
    });
    t.is((await rig.jug(`execute -j 1 model.ts --jugdir ${jugdir}`)).code, 0);
  }
  return rig;
}

test('a script compares what one jugfile computed in two stores', async t => {
  const rig = await modelInTwoStores(t);
  const {code, stdout, stderr} = await rig.script(`
import {bvalue, init, Tasklet, value} from 'jug';
const before = await init('model.ts', 'old');
const after = await init('model.ts', 'new');
const half = n => n + 0.5;
const answers = [];
for (const {scores, all, mapped, score} of [before.jugspace, after.jugspace]) {
  answers.push(await value(scores), await bvalue(scores), await all.value(), await new Tasklet(all, half).value(),
    await value({deep: new Map([['all', all]])}), await mapped.value(), await mapped[1].value(), await score(7).value());
}
answers.push(await value({old: before.jugspace.scores, sum: [after.jugspace.all, before.jugspace.all]}));
await before.store.close();
answers.push(await value(after.jugspace.scores), await value(before.jugspace.scores).catch(error => error.name));
await after.store.close();
console.log(JSON.stringify(answers, (_, node) => node instanceof Map ? [...node] : node));
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [
    ...[[10, 20], [10, 20], 70, 70.5, {deep: [['all', 70]]}, [11, 12, 13], 12, 70],
    ...[[11, 22], [11, 22], 77, 77.5, {deep: [['all', 77]]}, [12, 13, 14], 13, 77],
    {old: [10, 20], sum: [77, 70]},
    ...[[11, 22], 'JugError'],
  ]);
});

test('what is done to a task is done in the store of the init that it came from', async t => {
  const rig = await modelInTwoStores(t);
  const {code, stdout, stderr} = await rig.script(`
import {init} from 'jug';
const before = await init('model.ts', 'old');
const after = await init('model.ts', 'new');
const there = () => Promise.all([before, after].map(({jugspace}) => jugspace.scores[0].canLoad()));
await before.jugspace.scores[0].invalidate();
const facts = [await there()];
await before.jugspace.scores[0].run();
await after.jugspace.scores[0].invalidate();
facts.push(await there());
await before.store.close();
await after.store.close();
console.log(JSON.stringify(facts));
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [
    [false, true],
    [true, false],
  ]);
});

test('an execute leaves an init that was opened before it as it was', async t => {
  const rig = await modelInTwoStores(t);
  const {code, stdout, stderr} = await rig.script(`
import {execute, init, mapreduce, value} from 'jug';
const {argv} = process;
const before = await init('model.ts', 'old');
const {counts} = await execute('other.ts', {jobs: 1, jugdir: 'others', args: ['of its own']});
const {score, scores} = before.jugspace;
console.log(JSON.stringify([counts.finished, await value(scores), await score(7).canLoad(), await score(9).run(), process.argv === argv]));
await execute('missing.ts').catch(() => {});
await init('missing.ts').catch(() => {});
console.log(JSON.stringify([await value(scores), await mapreduce.map(score, scores).canLoad()]));
await before.store.close();
`);
  t.is(code, 0, stderr);
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    [
      [2, [10, 20], true, 99, true],
      [[10, 20], false],
    ],
  );
});

test('while an execute goes on, a script asks an init for its own, though a later one was closed', async t => {
  const rig = await modelInTwoStores(t);
  rig.write({
    'waits.ts': `
import {TaskGenerator} from 'jug';
const one = TaskGenerator(function one() { return 1; });
await (globalThis as {asked?: Promise<void>}).asked;
one();
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute, init, value} from 'jug';
const before = await init('model.ts', 'old');
const after = await init('model.ts', 'new');
await after.store.close();
let go;
globalThis.asked = new Promise(resolve => { go = resolve; });
const under = execute('waits.ts', {jobs: 1, jugdir: 'others'});
while (process.argv[1].endsWith('.mjs')) await new Promise(setImmediate);
const {scores, score} = before.jugspace;
console.log(JSON.stringify([await value(scores), await score(7).canLoad(), await score(9).canLoad()]));
go();
console.log((await under).counts.finished);
await before.store.close();
`);
  t.is(code, 0, stderr);
  t.is(stdout, '[[10,20],true,false]\n1\n');
});

test('of several inits at once, and an execute after them, each waits for those before it', async t => {
  const rig = await modelInTwoStores(t);
  rig.write({
    'arguments.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
const seen = [process.argv.slice(2)];
await sleep(50);
seen.push(process.argv.slice(2));
export {seen};
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute, init, value} from 'jug';
const [before, a, b, after, summary] = await Promise.all([
  init('model.ts', 'old'), init('arguments.ts', undefined, ['a']), init('arguments.ts', undefined, ['b']), init('model.ts', 'new'),
  execute('other.ts', {jobs: 1, jugdir: 'others'}),
]);
console.log(JSON.stringify([
  await value(before.jugspace.scores), a.jugspace.seen, b.jugspace.seen, await value(after.jugspace.scores), summary.counts.finished,
  process.argv.length,
]));
for (const {store} of [before, a, b, after]) await store.close();
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), [[10, 20], [['a'], ['a']], [['b'], ['b']], [11, 22], 2, 2]);
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

test('a task that a module made for another jugfile that is open is needed like any other, and refused where it is exported', async t => {
  const rig = await openRig(t);
  rig.write({
    'lib.ts': `
import {TaskGenerator} from 'jug';
export const double = TaskGenerator(function double(x: number) { return 2 * x; });
export const two = double(1);
`,
    'needs.ts': "import {double, two} from './lib.js';\nexport const four = double(two);\n",
    'exports.ts': "export {two} from './lib.js';\nimport {two} from './lib.js';\nexport const all = [two];\n",
  });
  t.is((await rig.jug('execute -j 1 needs.ts --jugdir store')).code, 0);
  const {code, stdout, stderr} = await rig.script(`
import {execute, init} from 'jug';
await execute('needs.ts', {jobs: 1, jugdir: 'store'});
const {store, jugspace} = await init('needs.ts', 'store');
console.log(await jugspace.four.value());
await store.close();
`);
  t.is(code, 0, stderr);
  t.is(stdout, '4\n');
  const open = await rig.script(`
import {init, value} from 'jug';
const first = await init('needs.ts', 'store');
const second = await init('needs.ts', 'another');
console.log(await second.jugspace.four.canLoad());
await second.store.close();
await init('exports.ts', 'another').catch(error => console.log(error.message.split('\\n')[0]));
console.log(await first.jugspace.four.value());
await first.store.close();
const {store, jugspace: {two, all}} = await init('exports.ts', 'store');
console.log(await two.value(), await value(all));
await store.close();
`);
  t.is(open.code, 0, open.stderr);
  t.regex(
    open.stdout,
    /^false\nExpected tasks of the same jugfile as the call, found .*lib\.double\(1\).* made by another that is still open\.\n4\n2 \[ 2 \]\n$/,
  );
});

test('a jugfile waits for a task of a module in its own store, though the module made it for an earlier run', async t => {
  const rig = await openRig(t);
  rig.write({
    'lib.ts': `
import {TaskGenerator} from 'jug';
export const seven = TaskGenerator(function seven() { return 7; })();
`,
    'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
import {seven} from './lib.js';
const add = TaskGenerator(function add(a: number, b: number) { return a + b; });
const there = await seven.canLoad();
const value = await bvalue(seven);
export const eight = add(value, 1);
console.log(there, await seven.canLoad());
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute, init} from 'jug';
for (const jugdir of ['one', 'two']) console.log((await execute('jugfile.ts', {jobs: 1, jugdir})).counts.finished);
const first = await init('jugfile.ts', 'one');
console.log((await execute('jugfile.ts', {jobs: 1, jugdir: 'three'})).counts.finished);
console.log(await first.jugspace.eight.value());
await first.store.close();
`);
  t.is(code, 0, stderr);
  // Workers evaluate the jugfile, too, and print beside.
  t.deepEqual(
    stdout.split('\n').filter(line => /^\d/.test(line)),
    ['2', '2', '2', '8'],
  );
});
