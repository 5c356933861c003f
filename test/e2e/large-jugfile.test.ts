// Jugfiles of very many tasks: what they cost in worker threads, which evaluate them for their functions alone.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

test('a worker gives back the room for new objects that a large jugfile took, also where most of it comes after a wait', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {getHeapSpaceStatistics} from 'node:v8';
import {bvalue, TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const number = TaskGenerator(function number(n: number) { return n; });
const young = TaskGenerator(function young(at: string) {
  ran(String(getHeapSpaceStatistics().find(space => space.space_name === 'new_space')!.space_size));
});
const many: unknown[] = [];
const grow = (at: string) => {
  if (process.argv[2] === at) for (let n = 0; n < 300_000; n++) many.push(number(n));
};
grow('begin');
await bvalue(young('begin'));
grow('middle');
young('middle');
`,
  });
  for (const at of ['nowhere', 'begin', 'middle']) {
    const {code, stderr} = await rig.jug(`execute -j 1 --target young --jugdir ${at} jugfile.ts ${at}`);
    t.is(code, 0, stderr);
  }
  const sizes = rig.runs().map(Number);
  t.is(sizes.length, 6);
  const [small] = sizes as [number];
  t.deepEqual(
    sizes.filter(size => size > small),
    [],
    sizes.join(' '),
  );
});
