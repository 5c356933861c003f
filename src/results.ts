// Results read back through a store: the other half of `value`. Checks every record before it is believed.

import {decode} from './codec.js';
import {JugError} from './errors.js';
import type {TaskHash} from './hash.js';
import {codecOf, type Damage, damageOf, HEAD_BYTES} from './record.js';
import type {Store} from './stores/store.js';
import type {Task} from './task.js';
import {collectTasks, resolveTree} from './tree.js';
import type {Resolved} from './types.js';

/** Results that were asked for and are not there, or not whole. */
export class MissingResults extends JugError {
  constructor(
    readonly hashes: readonly TaskHash[],
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** `tree` with every task in it replaced by its result. Errors: MissingResults. */
export async function resultsIn<T>(tree: T, store: () => Promise<Store>): Promise<Resolved<T>> {
  const tasks = new Set<Task>();
  collectTasks(tree, tasks);
  const results = tasks.size === 0 ? new Map() : await loadResults(tasks, await store());
  return resolveTree(tree, results) as Resolved<T>;
}

async function loadResults(tasks: ReadonlySet<Task>, store: Store): Promise<Map<TaskHash, unknown>> {
  const results = new Map<TaskHash, unknown>();
  const wanted = [...tasks];
  const hashes = wanted.map(({hash}) => hash);
  const records = await store.load(hashes);
  for (let place = 0; place < hashes.length; place++) {
    const record = records[place];
    if (record === undefined) throw absent(wanted, records);
    const damage = damageOf(record);
    if (damage !== undefined) throw damaged(wanted[place]!, damage);
    results.set(hashes[place]!, decode(codecOf(record), record, HEAD_BYTES));
  }
  return results;
}

function absent(tasks: readonly Task[], records: readonly (Uint8Array | undefined)[]): MissingResults {
  const missing = tasks.filter((_, place) => records[place] === undefined);
  const others = missing.length > 1 ? `, and ${missing.length - 1} more,` : '';
  const message =
    `Expected the result of ${missing[0]} to be there; it${others} has not been computed yet.\n` +
    'Run `jug execute` first, or in a jugfile wait for it: await barrier(), or await bvalue(task).';
  return new MissingResults(
    missing.map(({hash}) => hash),
    'not there',
    message,
  );
}

function damaged(task: Task, damage: Damage): MissingResults {
  const message = `Expected a whole result of ${task.name} (${task.hash.slice(0, 12)}), found a damaged one: ${damage}.`;
  return new MissingResults([task.hash], damage, message);
}
