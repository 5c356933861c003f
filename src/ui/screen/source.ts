// What a full screen shows, and what it asks for: the record of a run, be it in this process, in another one or over. Types
// alone.

import type {Failure} from '../../core/failure.js';
import type {TaskId} from '../../graph/graph.js';
import type {HeldTask} from '../../graph/held-tasks.js';
import type {Process, TaskColumns} from '../../graph/task-columns.js';
import type {Shown} from '../model.js';

export interface Source {
  readonly columns: TaskColumns;
  readonly failures: ReadonlyMap<TaskId, Failure>;
  readonly held: readonly HeldTask[];
  /** Another number than before, if something may have changed. */
  readonly version: number;
  /** How much of the first look is done, from 0 to 1; `undefined`: all of it. */
  readonly looking: number | undefined;
  /** The picture that every view of a run draws. */
  shown(): Shown;
  /** Who is at work, in a few words. */
  people(): string;
  /** The last lines that a task has printed; `undefined`: its run is another process's, which alone knows. */
  output(id: TaskId): readonly string[] | undefined;
  /** This process. */
  here(): Process;
  /** By which worker a task of this process runs, and for how many milliseconds; of others, nobody knows the worker. */
  atWork(): readonly AtWork[];
}

export interface AtWork {
  readonly id: TaskId;
  readonly age: number;
  readonly worker: number | undefined;
}

/** What a key asks for beside another picture. */
export type Effect =
  | {readonly kind: 'leave'}
  | {readonly kind: 'suspend'}
  | {readonly kind: 'interrupt'}
  | {readonly kind: 'stop'}
  | {readonly kind: 'retry'; readonly ids: readonly TaskId[]}
  | {readonly kind: 'invalidate'; readonly ids: readonly TaskId[]}
  | {readonly kind: 'copy'; readonly text: string; readonly what: string};
