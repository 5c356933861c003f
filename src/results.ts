// Results read back through a store: the other half of `value`. Checks every record before it is believed.

import {decode} from './codec.js';
import {JugError} from './errors.js';
import type {TaskHash} from './hash.js';
import {openRecord} from './record.js';
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
  const wanted = new Map<TaskHash, Task>();
  for (const task of tasks) wanted.set(task.hash, task);
  const hashes = [...wanted.keys()];
  const records = await store.load(hashes);
  for (let i = 0; i < hashes.length; i++) {
    const hash = hashes[i]!;
    const record = records[i];
    if (record === undefined) {
      const absent = hashes.filter((_, place) => records[place] === undefined);
      throw new MissingResults(absent, 'not there', absentMessage(wanted.get(hash)!, absent.length));
    }
    const opened = openRecord(record);
    if (!opened.ok) {
      const message = `Expected a whole result of ${wanted.get(hash)!.name} (${hash.slice(0, 12)}), found a damaged one: ${opened.damage}.`;
      throw new MissingResults([hash], opened.damage, message);
    }
    results.set(hash, decode(opened.head.codec, opened.payload));
  }
  return results;
}

function absentMessage(task: Task, count: number): string {
  const others = count > 1 ? `, and ${count - 1} more,` : '';
  return (
    `Expected the result of ${task} to be there; it${others} has not been computed yet.\n` +
    'Run `jug execute` first, or in a jugfile wait for it: await barrier(), or await bvalue(task).'
  );
}
