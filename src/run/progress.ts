// What the run loop tells of itself to whoever looks at it now and then.

import type {FunctionProgress, TaskProgress} from '../graph/events.js';
import type {TaskStates} from '../graph/task-states.js';
import type {Task} from '../tasks/task.js';
import type {AtWork} from './batch-in-flight.js';
import type {Timings} from './timings.js';

/**
 * `tasks`: those that workers are at; `open`: by function, how many they have begun of which nothing was heard, be it that they
 * are done.
 */
export function functionsOf(
  states: TaskStates,
  timings: Timings,
  tasks: readonly TaskProgress[],
  open: ReadonlyMap<string, number>,
): FunctionProgress[] {
  const atWork = new Map<string, number>();
  for (const {function: name} of tasks) atWork.set(name, (atWork.get(name) ?? 0) + 1);
  return states.rows.map(([name, {waiting, ready, running, finished, failed}]) => {
    const timing = timings.of(name);
    // What is computed and waits to be told, or to be stored, nobody is at any more.
    const elsewhere = Math.max(0, running - (timing?.unsaved ?? 0) - (open.get(name) ?? 0));
    return {
      name,
      all: waiting + ready + running + finished + failed,
      waiting,
      ready,
      running: (atWork.get(name) ?? 0) + elsewhere,
      finished,
      failed,
      computed: timing?.count ?? 0,
      duration: timing?.total ?? 0,
    };
  });
}

export function taskOf(task: Task, {age, worker}: AtWork): TaskProgress {
  return {
    hash: task.hash,
    get task() {
      return String(task);
    },
    function: task.name,
    age,
    worker,
  };
}
