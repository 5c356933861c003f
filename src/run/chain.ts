// Tasks of which each needs the one before and nothing else that is open: sent together, a link costs what any small task
// costs, and not a message to a worker and back. Knows the graph; takes no locks.

import type {TaskGraph, TaskId} from '../graph/graph.js';

/** `first` and the tasks behind it, `most` in all, of its function and as `mayFollow` says. */
export function chainFrom(
  first: TaskId,
  graph: TaskGraph,
  most: number,
  mayFollow: (id: TaskId) => boolean,
): TaskId[] {
  const chain = [first];
  const fn = graph.task(first).function;
  for (let last = first; chain.length < most; ) {
    const [next, other] = graph.dependents(last);
    // Where there are several, other workers shall have their share.
    if (next === undefined || other !== undefined) break;
    if (graph.task(next).function !== fn || graph.openDependencies(next) !== 1 || !mayFollow(next)) break;
    chain.push(next);
    last = next;
  }
  return chain;
}
