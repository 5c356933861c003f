// How long the tasks of a graph took, by function, as the heads of their results tell. Reads the store, and runs nothing.

import type {Store} from '../stores/store.js';
import type {TaskGraph, TaskId} from './graph.js';

export interface FunctionTimes {
  readonly name: string;
  /** Results whose head could be read. */
  readonly count: number;
  /** Milliseconds of all of them. */
  readonly total: number;
  readonly slowest: {readonly id: TaskId; readonly duration: number} | undefined;
}

/** Each function of the graph, in the order of definition. Errors: StoreError. */
export async function timesOf(graph: TaskGraph, store: Pick<Store, 'heads'>): Promise<FunctionTimes[]> {
  const times = new Map<string, {count: number; total: number; slowest: FunctionTimes['slowest']}>();
  for (const {name} of graph.tasks()) {
    if (!times.has(name)) times.set(name, {count: 0, total: 0, slowest: undefined});
  }
  for await (const chunk of store.heads()) {
    for (const [hash, head] of chunk) {
      const id = graph.find(hash);
      if (id === undefined || head === undefined) continue;
      const sum = times.get(graph.task(id).name)!;
      sum.count++;
      sum.total += head.duration;
      if (head.duration >= (sum.slowest?.duration ?? 0)) sum.slowest = {id, duration: head.duration};
    }
  }
  return [...times].map(([name, sum]) => ({name, ...sum}));
}
