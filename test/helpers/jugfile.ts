// A jugfile that is executed, whose values are read by a script, and of which a second run finds everything finished.

import type {ExecutionContext} from 'ava';
import {openRig, type Result, type Rig, rowsOf, withoutProgress} from './rig.js';

type Values = Readonly<Record<string, unknown>>;

/** Executes the jugfile, and checks its exports and, by function, how many tasks were executed. */
export async function gives(
  t: ExecutionContext,
  jugfile: string,
  values: Values,
  executed: Readonly<Record<string, number>>,
): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': jugfile});
  const first = await rig.jug('execute -j 2');
  t.is(first.code, 0, first.stderr);
  t.is(withoutProgress(first.stderr), '', 'progress apart, nothing is said');
  t.deepEqual(column(first.stdout, 0), executed);
  t.deepEqual(await rig.values(Object.keys(values).join(' ')), values);
  const again = await rig.jug('execute -j 2');
  t.is(again.code, 0, again.stderr);
  t.deepEqual(
    column(again.stdout, 0),
    mapValues(executed, () => 0),
  );
  t.deepEqual(column(again.stdout, 1), executed);
  t.is((await rig.jug('check')).code, 0);
  return rig;
}

export function column(table: string, index: number): Record<string, number> {
  const {Total: _, ...rows} = rowsOf(table);
  return mapValues(rows, numbers => numbers[index]!);
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, fn: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fn(value)]));
}

/** A stack that leads into jug itself is of no use to the user. */
export function noStackOfOurs(t: ExecutionContext, {stderr}: Result): void {
  t.notRegex(stderr, /(?:dist|lib)\/(?:src|workers)|node_modules|node:internal|This is a bug in jug/);
}
