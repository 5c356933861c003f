// What a jugfile reads and prints at its top level by node:fs, beside the ways that everybody takes.

import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE, type Rig} from '../helpers/rig.js';

/** Through real pipes: what node gives a child in their place cannot be opened by its path. Answers with all that is said. */
async function piped(rig: Rig, command: string): Promise<string> {
  const jug = `"${process.execPath}" "${path.join(PACKAGE, 'lib/src/bin.js')}" ${command}`;
  const line = `{ printf '[1,2,3]' | ${jug} 2>&1; echo "ended with $?"; } | cat`;
  return (await rig.run('sh', ['-c', line])).stdout;
}

test('stdin that is read in a way that cannot be given to workers is refused there, with the line', async t => {
  const rig = await openRig(t);
  for (const way of [
    `await promises.readFile('/dev/stdin', 'utf8')`,
    `await (await promises.open('/dev/stdin')).readFile('utf8')`,
    `readFileSync(openSync('/dev/stdin', 'r'), 'utf8')`,
    `await new Promise(go => readFile(new URL('file:///dev/stdin'), 'utf8', (_, text) => go(text)))`,
  ]) {
    rig.write({
      'jugfile.mjs': `
import {openSync, promises, readFile, readFileSync} from 'node:fs';
import {TaskGenerator} from 'jug';
void [openSync, promises, readFile, readFileSync];
const text = ${way};
export const length = TaskGenerator(function length(text) { return text.length; })(text);
`,
    });
    const told = await piped(rig, 'execute -j 2 --jugdir dict_store jugfile.mjs');
    t.regex(told, /^ended with 3$/m, way);
    t.regex(told, /Expected the jugfile to read stdin in a way that can be given .*\(jugfile\.mjs:5\)/, way);
  }
});

test('what a top level prints by node:fs comes once, and is taken for written in workers', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {appendFileSync, promises, write, writeFileSync, writeSync} from 'node:fs';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const sizes = [
  writeSync(2, 'one é\\n'),
  writeSync(2, Buffer.from('.two\\n'), 1),
  writeSync(2, Buffer.from('.three\\n.'), {offset: 1, length: 6}),
  await new Promise<number>(go => write(2, 'four\\n', (_, size) => go(size))),
];
writeFileSync(2, 'five\\n');
appendFileSync('/dev/stderr', 'six\\n');
await promises.writeFile('/dev/stderr', 'seven\\n');
const f = TaskGenerator(function f(n: number) { writeSync(2, 'task ' + n + '\\n'); ran(sizes.join()); });
export const all = [1, 2].map(n => f(n));
`,
  });
  const told = await piped(rig, 'execute -j 2');
  t.regex(told, /^ended with 0$/m);
  for (const word of ['one é', 'two', 'three', 'four', 'five', 'six', 'seven', 'task 1', 'task 2']) {
    t.is(told.split(`${word}\n`).length - 1, 1, `${word}: ${told}`);
  }
  t.notRegex(told, /The jugfile calls/);
  t.deepEqual(rig.runs(), ['7,4,6,5', '7,4,6,5']);
});
