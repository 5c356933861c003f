// Where jug cannot run, by the process that says so: each is played by what `process.versions` says.

import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE} from '../helpers/rig.js';

const {bin} = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')) as {bin: {jug: string}};
const JUG = path.join(PACKAGE, bin.jug);

const JUGFILE = `
import {TaskGenerator} from 'jug';
export const two = TaskGenerator(function double(n: number) { return 2 * n; })(1);
`;

const OTHERS = [
  [{node: '18.20.4'}, 'Node.js 18.20.4'],
  [{node: '20.18.3'}, 'Node.js 20.18.3'],
  [{bun: '1.4.5'}, 'Bun 1.4.5'],
  [{deno: '2.9.6'}, 'Deno 2.9.6'],
] as const;

/** Node that says that it is something else. */
function playing(versions: object): readonly string[] {
  const text = `Object.defineProperty(process, 'versions', {value: {...process.versions, ...${JSON.stringify(versions)}}});`;
  return ['--import', `data:text/javascript,${encodeURIComponent(text)}`];
}

for (const [versions, shown] of OTHERS) {
  test(`${shown} is told in one line that it cannot run jug, on the command line and in a script`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': JUGFILE,
      'script.mjs': `try { await import('jug'); } catch (error) { console.log(error.name, error.exitCode, error.message); }`,
    });
    const sentence = `jug needs Node.js 20.19 or newer; this is ${shown}\n`;
    const run = await rig.run(process.execPath, [...playing(versions), JUG, 'execute', '-j', '1']);
    t.deepEqual([run.code, run.stdout, run.stderr], [2, '', sentence]);
    t.false(rig.exists('jugfile.jugdata'));
    const script = await rig.run(process.execPath, [...playing(versions), 'script.mjs']);
    t.is(script.stdout, `JugError 2 ${sentence}`);
  });
}

test('what the package starts on the command line is jug', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const run = await rig.run(process.execPath, [JUG, 'execute', '-j', '1']);
  t.is(run.code, 0, run.stderr);
  const count = await rig.run(process.execPath, [JUG, 'count', '--json']);
  t.is(count.stdout, '{"jugfile.double":1}\n');
  t.is((await rig.run(process.execPath, [JUG, 'count', '--nothing'])).code, 2);
});
