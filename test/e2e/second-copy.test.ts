// Two copies of jug in one process, as a loader that makes CommonJS of a jugfile brings about, or two installations; and
// what is said of a jugfile that makes no task at all.

import {cpSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE, type Rig, withoutProgress} from '../helpers/rig.js';

/** Another jug, beneath the rig's folder. */
function install(rig: Rig): string {
  const other = path.join(rig.folder, 'other');
  cpSync(path.join(PACKAGE, 'lib/src'), path.join(other, 'lib/src'), {recursive: true});
  cpSync(path.join(PACKAGE, 'package.json'), path.join(other, 'package.json'));
  symlinkSync(path.join(PACKAGE, 'node_modules'), path.join(other, 'node_modules'));
  return path.join(other, 'lib/src/index.js');
}

const JUGFILE = `
import {TaskGenerator} from './other/lib/src/index.js';
export const two = TaskGenerator(function double(n: number) { return 2 * n; })(1);
`;

test('a jugfile that makes its tasks with another copy of jug is refused, with both places, and nothing is run', async t => {
  const rig = await openRig(t);
  const other = install(rig);
  rig.write({'jugfile.ts': JUGFILE});
  for (const command of ['execute -j 1', 'check', 'status', 'status --json', 'count']) {
    const {code, stdout, stderr} = await rig.jug(command);
    t.is(code, 2, command);
    t.is(stdout, '');
    t.true(stderr.startsWith('jug: Expected one copy of jug in this process, found two'), stderr);
    t.true(stderr.includes(`  ${path.join(PACKAGE, 'lib/src/index.js')} (`), stderr);
    t.true(stderr.includes(`  ${other} (`), stderr);
    t.true(stderr.trimEnd().endsWith('use the same one.'), stderr);
  }
  t.false(rig.exists('jugfile.jugdata'));
  for (const call of ['init', 'execute']) {
    const {stdout} = await rig.script(
      `import {${call}} from 'jug'; try { await ${call}('jugfile.ts'); } catch (error) { console.log(error.name, error.exitCode, error.message); }`,
    );
    t.true(stdout.startsWith('JugError 2 Expected one copy of jug in this process, found two'), stdout);
  }
});

test('a jug that was made CommonJS of is told with what makes a module of it', async t => {
  const rig = await openRig(t);
  const {stdout} = await rig.script(`
globalThis[Symbol.for('jug.instance')] = [
  {place: '/else/jug/index.js', version: '7.8.9', isCommonJS: true, isEvaluating: () => true},
];
try { await import('jug'); } catch (error) { console.log(error.message); }
`);
  t.true(stdout.includes('  /else/jug/index.js (7.8.9, as CommonJS)\n'), stdout);
  t.regex(stdout, /lib\/src\/index\.js \(\S+, as an ES module\)\n/);
  t.regex(stdout, /Write "type": "module" into the package\.json .*\.mts\.\n$/);
});

test('two copies side by side do no harm until one makes a task for a jugfile that the other reads', async t => {
  const rig = await openRig(t);
  install(rig);
  rig.write({
    'jugfile.ts': JUGFILE,
    'ours.ts': JUGFILE.replace('./other/lib/src/index.js', 'jug'),
  });
  const {code, stdout, stderr} = await rig.script(`
import * as first from 'jug';
import * as second from './other/lib/src/index.js';
for (const {TaskGenerator} of [first, second]) console.log(String(TaskGenerator(function f(n) { return n; })(1)));
const {store, jugspace} = await first.init('ours.ts');
console.log(String(jugspace.two));
await store.close();
try { await first.init('jugfile.ts'); } catch (error) { console.log(error.exitCode, error.message.split(',')[0]); }
`);
  t.is(code, 0, stderr);
  t.deepEqual(stdout.trim().split('\n'), [
    ...['script-0.f(1)', 'script-0.f(1)', 'ours.double(1)'],
    '2 Expected one copy of jug in this process',
  ]);
});

test('of a jugfile that defines no task it is said so, and it is complete', async t => {
  const rig = await openRig(t);
  rig.write({
    'idle.ts': `
import {TaskGenerator} from 'jug';
export const double = TaskGenerator(function double(n: number) { return 2 * n; });
`,
    'waits.ts': `
import {barrier, TaskGenerator} from 'jug';
await barrier();
export const two = TaskGenerator(function double(n: number) { return 2 * n; })(1);
`,
  });
  const note =
    'The jugfile idle.ts defines no task: a function that TaskGenerator has wrapped makes one when it is called.\n';
  for (const command of ['execute -j 1', 'check', 'status', 'status --short', 'status --json']) {
    const {code, stderr} = await rig.jug([...command.split(' '), 'idle.ts']);
    t.is(code, 0, command);
    t.is(withoutProgress(stderr), note, command);
  }
  for (const command of ['execute', 'status', 'check']) {
    const {code, stderr} = await rig.jug([command, 'waits.ts']);
    t.is(code, 0, stderr);
    t.is(withoutProgress(stderr), '', command);
  }
});
