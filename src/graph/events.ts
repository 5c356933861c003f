// What happens in a run, as data: the only way out of the scheduler. Reporters and tests read it. How far a function
// is stands in TaskStates; an event says that something moved.

import type {Failure} from '../core/failure.js';
import type {TaskHash} from '../values/task-hash.js';

export type Event =
  /** Results that were there before this run needed them; `elsewhere`: made by another process while it went on. */
  | {
      readonly type: 'loaded';
      readonly function: string;
      readonly count: number;
      readonly elsewhere?: true;
    }
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

/** How far a run is, looked at now and then: numbers of tasks. */
export interface Progress {
  /** Defined until now. */
  readonly all: number;
  readonly finished: number;
  readonly failed: number;
  /** Begun by a worker of this process, and not ended: one a worker at most. */
  readonly running: number;
  /** Held by other processes, as far as this one has met them: running there, or about to. */
  readonly elsewhere: number;
  /** In the order of their definition. */
  readonly functions: readonly FunctionProgress[];
  /** What the workers of this process are at, in no order. */
  readonly tasks: readonly TaskProgress[];
  /** Whether the jugfile has not come to its end, and may define more. */
  readonly isOpen: boolean;
  /** Where it waits. */
  readonly barriers: readonly string[];
}

export interface FunctionProgress {
  readonly name: string;
  /** With those that are computed and not stored yet, which no other number has in it. */
  readonly all: number;
  readonly waiting: number;
  readonly ready: number;
  /** Begun by a worker here and not computed, or held elsewhere. */
  readonly running: number;
  readonly finished: number;
  readonly failed: number;
  /** What this run has computed, stored or not: how many tasks, and the milliseconds of all of them. */
  readonly computed: number;
  readonly duration: number;
}

export interface TaskProgress {
  readonly hash: TaskHash;
  /** As it is called. Made when it is asked for. */
  readonly task: string;
  readonly function: string;
  /** Milliseconds for which a worker has been at it. */
  readonly age: number;
  /** The number of the worker's thread; `undefined` as long as it is not known. */
  readonly worker: number | undefined;
}

/** Before there is anything. */
export const NO_PROGRESS: Progress = {
  all: 0,
  finished: 0,
  failed: 0,
  running: 0,
  elsewhere: 0,
  functions: [],
  tasks: [],
  isOpen: true,
  barriers: [],
};

export interface Reporter {
  on(event: Event): void;
  /** Is told, by function, how many tasks of earlier runs were looked at, and the milliseconds of all of them. */
  recall?(earlier: ReadonlyMap<string, {readonly count: number; readonly total: number}>): void;
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

/** Lines of one task. */
export interface Printed {
  /** As it is called; `undefined`: what has printed it is no task, or cannot be told to be one. */
  readonly task: string | undefined;
  /** The number of the thread. */
  readonly worker: number;
  readonly lines: readonly string[];
}

/** `done`: it is written, or never will be. */
export type PrintSink = (printed: Printed, done: () => void) => void;
