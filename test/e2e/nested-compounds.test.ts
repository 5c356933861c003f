// Compound tasks inside compound tasks, when cleanup has taken away what is inside: what every command still knows of them.

import test, {type ExecutionContext} from 'ava';
import {column} from '../helpers/jugfile.js';
import {openRig, type Rig} from '../helpers/rig.js';

const FUNCTIONS = `
import {barrier, bvalue, CompoundTaskGenerator, TaskGenerator, value} from 'jug';
const count = TaskGenerator(function count(text: string) { return text.length; });
const twice = TaskGenerator(function twice(n: number) { return 2 * n; });
const show = TaskGenerator(function show(n: number) { return '= ' + n; });
`;

const KINDS = {
  'one that waits for a result': `
const inner = CompoundTaskGenerator(async function inner(text: string) { return twice(await bvalue(count(text))); });
const outer = CompoundTaskGenerator(async function outer(text: string) { return twice(await inner(text)); });
`,
  'one that waits at a barrier': `
const inner = CompoundTaskGenerator(async function inner(text: string) {
  const length = count(text);
  await barrier();
  return twice(await value(length));
});
const outer = CompoundTaskGenerator(async function outer(text: string) { return twice(await inner(text)); });
`,
  'three levels': `
const innermost = CompoundTaskGenerator(async function innermost(text: string) { return twice(await bvalue(count(text))); });
const inner = CompoundTaskGenerator(async function inner(text: string) { return innermost(text); });
const outer = CompoundTaskGenerator(async function outer(text: string) { return twice(await inner(text)); });
`,
  'one beside another that waits': `
const inner = CompoundTaskGenerator(async function inner(text: string) { return twice(await bvalue(count(text))); });
const outer = CompoundTaskGenerator(async function outer(text: string) {
  const [first] = await Promise.all([inner(text), inner(text + text)]);
  return twice(first);
});
`,
};

/** Run to its end, and cleaned up. */
async function cleaned(t: ExecutionContext, jugfile: string): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': jugfile});
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.is((await rig.jug('cleanup')).code, 0);
  t.is((await rig.jug('check')).code, 0);
  return rig;
}

for (const [kind, compounds] of Object.entries(KINDS)) {
  const jugfile = `${FUNCTIONS}${compounds}\nexport const shown = show(await outer('abc'));\n`;

  test(`after cleanup, what a nested compound task is made into can be invalidated by name: ${kind}`, async t => {
    const rig = await cleaned(t, jugfile);
    const show = await rig.jug('invalidate --target show');
    t.deepEqual(column(show.stdout, 0), {'jugfile.show': 1}, show.stderr);
    t.regex(show.stderr, /what jug\.compound\(jugfile\.outer\) waits for is not there any more/);
    t.is(show.code, 4);
    t.is((await rig.jug('execute -j 1')).code, 0);
    const outer = await rig.jug('invalidate --target outer');
    t.deepEqual(column(outer.stdout, 0), {'jug.compound(jugfile.outer)': 1, 'jugfile.show': 1}, outer.stderr);
    t.is(outer.code, 0);
    t.is((await rig.jug('execute -j 1')).code, 0);
    t.deepEqual(await rig.values('shown'), {shown: '= 12'});
  });

  test(`after cleanup, what stands inside a nested compound task invalidates it: ${kind}`, async t => {
    const rig = await cleaned(t, jugfile);
    // `twice` is not called before what the function waits for is there, but its text names it.
    for (const name of ['twice', 'count']) {
      const known = await rig.jug(`invalidate --target ${name}`);
      t.deepEqual(
        column(known.stdout, 0),
        {'jug.compound(jugfile.outer)': 1, 'jugfile.show': 1},
        known.stderr,
      );
      t.is(known.code, 0);
      t.is((await rig.jug('check')).code, 1);
      t.is((await rig.jug('execute -j 1')).code, 0);
      t.is((await rig.jug('cleanup')).code, 0);
    }
  });
}
