// What happens in a run, as data: the only way out of the scheduler. Reporters and tests read it. How far a function
// is stands in TaskStates; an event says that something moved.

import type {Failure} from './failure.js';
import type {TaskHash} from './hash.js';

export type Event =
  /** Results that were there before this run needed them. */
  | {readonly type: 'loaded'; readonly function: string; readonly count: number}
  /** Workers have begun them. Again, if a worker or a result was lost; of what only stood in a batch, nothing is said. */
  | {readonly type: 'started'; readonly function: string; readonly count: number}
  /** Results computed by this run, and durable now. */
  | {readonly type: 'finished'; readonly function: string; readonly count: number}
  | {
      readonly type: 'failed';
      readonly hash: TaskHash;
      readonly task: string;
      readonly failure: Failure;
      /** In another process, which is, or was, at work at the same time. */
      readonly elsewhere: boolean;
    }
  /** No task is started any more; `running`: those that workers are at. */
  | {readonly type: 'stopping'; readonly reason: 'failure' | 'interrupt'; readonly running: number}
  /** The store is away, and is waited for; or it is back, after so many milliseconds. */
  | {readonly type: 'away'; readonly reason: string; readonly patience: number}
  | {readonly type: 'back'; readonly away: number}
  | {readonly type: 'warning'; readonly message: string};

/** Numbers of tasks. */
export interface Progress {
  readonly all: number;
  readonly finished: number;
  readonly failed: number;
  /** Begun by a worker of this process, and not ended: one a worker at most. */
  readonly running: number;
  /** Held by other processes, as far as this one has met them: running there, or about to. */
  readonly elsewhere: number;
}

export interface Reporter {
  on(event: Event): void;
  close(): void;
}

/** Says of tasks with these names, function by function, that there are so many of them. */
export function tellCounts(
  type: 'loaded' | 'finished',
  names: Iterable<string>,
  emit: (event: Event) => void,
): void {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts) emit({type, function: name, count});
}
