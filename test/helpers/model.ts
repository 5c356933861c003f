// A jugfile whose results differ from store to store.

import type {ExecutionContext} from 'ava';
import {openRig, type Rig} from './rig.js';

/** A model, and the same with a result that differs: in `old` it is 10 times what it is given, in `new` 11 times. */
export async function modelInTwoStores(t: ExecutionContext): Promise<Rig> {
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
