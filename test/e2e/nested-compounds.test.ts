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
    // The one is made before the function waits; the other is known by the text alone.
    for (const target of ['count', 'twice']) {
      const {code, stdout, stderr} = await rig.jug(`invalidate --target ${target}`);
      t.deepEqual(column(stdout, 0), {'jug.compound(jugfile.outer)': 1, 'jugfile.show': 1}, stderr);
      t.is(code, 0);
      t.is((await rig.jug('execute -j 1')).code, 0);
      t.is((await rig.jug('cleanup')).code, 0);
    }
  });
}

test('after cleanup, a compound task of which neither a call nor its text tells what is inside is named', async t => {
  const rig = await cleaned(
    t,
    `${FUNCTIONS}
const steps: Record<string, (n: number) => unknown> = {twice};
const outer = CompoundTaskGenerator(async function outer(text: string) {
  return steps[['tw', 'ice'].join('')]!(await bvalue(count(text)));
});
export const shown = show((await outer('abc')) as never);
`,
  );
  const {code, stderr} = await rig.jug('invalidate --target twice');
  t.is(code, 4);
  t.regex(stderr, /what jug\.compound\(jugfile\.outer\) waits for is not there any more/);
  t.is((await rig.jug('check')).code, 0);
});
