// Several jugfiles in one script: each asks its own store.

import test from 'ava';
import {modelInTwoStores} from '../helpers/model.js';
import {openRig} from '../helpers/rig.js';

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
