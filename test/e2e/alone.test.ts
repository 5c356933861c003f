// What a jugfile changes at its top level, which every thread does: they do not meet in it.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

for (const [where, line] of [
  ['at its beginning', ''],
  ['after a wait', 'await bvalue(quick(1));'],
] as const) {
  test(`what a jugfile removes and makes again ${where} is removed and made by one thread after the other, however slow they are`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {isMainThread, threadId} from 'node:worker_threads';
import {bvalue, TaskGenerator} from 'jug';
const quick = TaskGenerator(function quick(n: number) { return n; });
void bvalue;
${line}
if (!isMainThread) mkdirSync('here/' + threadId, {recursive: true});
rmSync('out', {recursive: true, force: true});
const never = new Int32Array(new SharedArrayBuffer(4));
while (!isMainThread && readdirSync('here').length < 2) Atomics.wait(never, 0, 0, 10);
mkdirSync('out');
export const all = [2, 3, 4, 5, 6, 7].map(n => quick(n));
`,
    });
    const {code, stderr} = await rig.jug('execute -j 2');
    t.is(code, 0, stderr);
    t.true(rig.exists('out'));
  });
}
