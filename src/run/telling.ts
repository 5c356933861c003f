// What the run loop tells of itself to whoever looks at it now and then.

import type {FunctionProgress, TaskProgress} from '../events.js';
import type {TaskStates} from '../graph/states.js';
import type {Task} from '../tasks/task.js';
import type {Timings} from './timings.js';
import type {AtWork} from './under-way.js';

export function functionsOf(states: TaskStates, timings: Timings): FunctionProgress[] {
  return states.rows.map(([name, {waiting, ready, running, finished, failed}]) => {
    const timing = timings.of(name);
    return {
      name,
      all: waiting + ready + running + finished + failed,
      waiting,
      ready,
      running,
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
