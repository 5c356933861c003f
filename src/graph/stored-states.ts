// Where every task stands, read from the store: what `status` and `check` tell, without running anything.

import {failedIn} from '../stores/failure-record.js';
import {heldByLiving} from '../stores/living-locks.js';
import type {Store} from '../stores/store.js';
import type {TaskHash} from '../values/task-hash.js';
import type {TaskGraph, TaskId} from './graph.js';
import {TaskStates} from './task-states.js';

export async function standingOf(graph: TaskGraph, store: Store): Promise<TaskStates> {
  const states = new TaskStates(graph);
  const failed = new Set<TaskHash>();
  for await (const chunk of failedIn(store)) for (const hash of chunk) failed.add(hash);
  const running = heldByLiving(await store.locks());
  const hashes = [...graph.tasks()].map(({hash}) => hash);
  const there = await store.has(hashes);
  for (const [place, hash] of hashes.entries()) {
    const id = place as TaskId;
    // Definition order is a topological order: the dependencies of `id` have been looked at.
    if (there[place]) {
      states.set(id, 'finished');
      graph.finish(id);
    } else if (running.has(hash)) {
      states.set(id, 'running');
    } else if (failed.has(hash)) {
      states.set(id, 'failed');
    } else {
      states.set(id, graph.isReady(id) ? 'ready' : 'waiting');
    }
  }
  return states;
}
