// What happens in a run, as data: the only way out of the scheduler. Reporters and tests read it. How far a function
// is stands in TaskStates; an event says that something moved.

import type {Failure} from './failure.js';
import type {TaskHash} from './hash.js';

export type Event =
  /** Results that were there before this run needed them. */
  | {readonly type: 'loaded'; readonly function: string; readonly count: number}
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
  /** No task is started any more. */
  | {readonly type: 'stopping'; readonly reason: 'failure' | 'interrupt'; readonly running: number}
  /** The store is away, and is waited for; or it is back, after so many milliseconds. */
  | {readonly type: 'away'; readonly reason: string; readonly patience: number}
  | {readonly type: 'back'; readonly away: number}
  | {readonly type: 'warning'; readonly message: string};

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
