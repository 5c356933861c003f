// Who evaluates the jugfile, and so decides what becomes of the tasks it makes: the interface, and the one of this
// thread. Knows no task, only that it has a hash.

import type {Resolved} from '../types.js';
import type {FunctionRegistry} from './functions.js';
import type {TaskLike} from './tree.js';

/** Who evaluates the jugfile: `jug execute`, a command that looks, a worker, or a plain script. */
export interface Host {
  /** Whether jug evaluates this program, and not node alone. */
  readonly running: boolean;
  readonly functions: FunctionRegistry;
  define(task: TaskLike): void;
  setJugdir(jugdir: string): void;
  /** Settles when `tasks` (all tasks so far, if undefined) are finished; may never settle. */
  settled(tasks: readonly TaskLike[] | undefined): Promise<void>;
  /** `tree` with every task in it replaced by its result. A result that is not there is an error. */
  value<T>(tree: T): Promise<Resolved<T>>;
  has(tasks: readonly TaskLike[]): Promise<boolean[]>;
  /** Computes the task here and now, and stores its result. */
  run<R>(task: TaskLike): Promise<R>;
  invalidate(task: TaskLike): Promise<void>;
  isLocked(task: TaskLike): Promise<boolean>;
  isFailed(task: TaskLike): Promise<boolean>;
}

let host: Host | undefined;

export function currentHost(): Host {
  if (host === undefined) throw new Error('This is a bug in jug: no host was set');
  return host;
}

export function hasHost(): boolean {
  return host !== undefined;
}

export function setHost(next: Host): void {
  host = next;
}
