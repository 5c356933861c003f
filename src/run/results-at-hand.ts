// What a task needs may be computed and not stored yet. Then it is sent along with the task, so that a chain of
// small tasks does not wait for a commit at every link.

import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskHash} from '../values/task-hash.js';
import type {Taken} from './dispatcher.js';
import type {Saving} from './group-commit.js';

/** Bytes of results that are sent along. */
const MOST_ALONG = 2 ** 18;

export type Unsaved = readonly (readonly [TaskHash, Uint8Array])[];

/** Records that tasks need and that are not in the store; `undefined` if everything is to be committed first. */
export function unsavedFor({ids, isSuspect}: Taken, graph: TaskGraph, saving: Saving): Unsaved | undefined {
  if (saving.size === 0) return [];
  if (isSuspect) return undefined;
  const unsaved = new Map<TaskId, readonly [TaskHash, Uint8Array]>();
  let bytes = 0;
  for (const id of ids) {
    for (const dependency of graph.dependencies(id)) {
      if (!saving.isAllAtHand) return undefined;
      const record = saving.atHand(dependency);
      if (record === undefined || unsaved.has(dependency)) continue;
      bytes += record.length;
      if (bytes > MOST_ALONG) return undefined;
      // A copy: the record is a view, and posting a view posts all the memory behind it.
      unsaved.set(dependency, [graph.task(dependency).hash, record.slice()]);
    }
  }
  return [...unsaved.values()];
}
