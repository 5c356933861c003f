// Results read back through a store: the other half of `value`. Checks every record before it is believed.

import {decode} from './codec.js';
import {JugError} from './errors.js';
import type {TaskHash} from './hash.js';
import {codecOf, type Damage, damageOf, HEAD_BYTES} from './record.js';
import type {Store} from './stores/store.js';
import type {Task} from './task.js';
import {collectHashes, collectTasks, resolveTree} from './tree.js';
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
  const hashes = new Set<TaskHash>();
  collectHashes(tree, hashes);
  const results = hashes.size === 0 ? new Map() : await loadResults([...hashes], tree, await store());
  return resolveTree(tree, results) as Resolved<T>;
}

async function loadResults(
  hashes: readonly TaskHash[],
  tree: unknown,
  store: Store,
): Promise<Map<TaskHash, unknown>> {
  const results = new Map<TaskHash, unknown>();
  const records = await store.load(hashes);
  for (let place = 0; place < hashes.length; place++) {
    const record = records[place];
    if (record === undefined) throw absent(hashes, records, tree);
    const damage = damageOf(record);
    if (damage !== undefined) throw damaged(hashes[place]!, damage, tree);
    results.set(hashes[place]!, decode(codecOf(record), record, HEAD_BYTES));
  }
  return results;
}

function absent(
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
  tree: unknown,
): MissingResults {
  const missing = hashes.filter((_, place) => records[place] === undefined);
  const others = missing.length > 1 ? `, and ${missing.length - 1} more,` : '';
  const message =
    `Expected the result of ${nameIn(tree, missing[0]!)} to be there; it${others} has not been computed yet.\n` +
    'Run `jug execute` first, or in a jugfile wait for it: await barrier(), or await bvalue(task).';
  return new MissingResults(missing, 'not there', message);
}

function damaged(hash: TaskHash, damage: Damage, tree: unknown): MissingResults {
  return new MissingResults(
    [hash],
    damage,
    `Expected a whole result of ${nameIn(tree, hash)}, found a damaged one: ${damage}.`,
  );
}

/** The task of this hash in words, if the tree holds it as a task. */
function nameIn(tree: unknown, hash: TaskHash): string {
  const tasks = new Set<Task>();
  collectTasks(tree, tasks);
  const task = [...tasks].find(candidate => candidate.hash === hash);
  return `${task ?? 'a task'} (${hash.slice(0, 12)})`;
}
