// Who evaluates the jugfile, and so decides what becomes of the tasks it makes: the interface, and the one that this
// thread's new tasks go to. Knows no task, only that it has a hash.

import type {Resolved} from '../core/types.js';
import type {FunctionRegistry, TaskFunction} from './functions.js';
import type {TaskLike} from './traverse.js';

/** Who evaluates the jugfile: `jug execute`, a command that looks, a worker, or a plain script. */
export interface Host {
  /** Whether jug evaluates this program, and not node alone. */
  readonly running: boolean;
  /**
   * Where another evaluation, in the main thread, decides what is the case, and this one only has the functions: makes what
   * a call answers with, since there are no tasks to be defined. Else undefined.
   */
  readonly lightTask: ((fn: TaskFunction, args: readonly unknown[]) => TaskLike) | undefined;
  readonly functions: FunctionRegistry;
  /** Whether its results are out of reach for good: the run has ended, or the store of `init` was closed. */
  readonly isOver: boolean;
  define(task: TaskLike): void;
  setJugdir(jugdir: string): void;
  /** Settles when `tasks` (all tasks so far, if undefined) are finished; may never settle. */
  settled(tasks: readonly TaskLike[] | undefined): Promise<void>;
  /** As `value`, once every task in `tree` is finished; may never settle. */
  settledValue<T>(tree: T): Promise<Resolved<T>>;
  /** `tree` with every task in it replaced by its result. A result that is not there is an error. */
  value<T>(tree: T): Promise<Resolved<T>>;
  has(tasks: readonly TaskLike[]): Promise<boolean[]>;
  /** Called with a compound task, before its function is. */
  enter(compound: TaskLike): Promise<Entered>;
  /** Computes the task here and now, and stores its result. */
  run<R>(task: TaskLike): Promise<R>;
  invalidate(task: TaskLike): Promise<void>;
  isLocked(task: TaskLike): Promise<boolean>;
  isFailed(task: TaskLike): Promise<boolean>;
}

/** What becomes of a compound task that the jugfile has come to. */
export interface Entered {
  /** Its result is there: its function need not be called. */
  readonly isFinished: boolean;
  /** The name of the scope in which its function is called: another for each compound task. */
  readonly scope: string;
}

/** Of a task: the host that it was made under. `undefined`: made by plain node, it goes with whoever comes. */
export const HOST: unique symbol = Symbol('jug.host') as never;

let host: Host | undefined;
let evaluates = false;

export function currentHost(): Host {
  if (host === undefined) throw new Error('This is a bug in jug: no host was set');
  return host;
}

export function hasHost(): boolean {
  return host !== undefined;
}

/** A jugfile is evaluated under `next` from now on. */
export function setHost(next: Host): void {
  host = next;
  evaluates = true;
}

/** No jugfile is evaluated any more; what a script makes meanwhile without one is `next`'s. */
export function restHost(next: Host): void {
  host = next;
  evaluates = false;
}

/** Whether a jugfile is being evaluated. */
export function isEvaluating(): boolean {
  return evaluates;
}

let tellsApart: () => boolean = () => true;

/** Where a script goes on beside the evaluation: `isJugfile` says whether who calls now is part of that. */
export function tellApart(isJugfile: () => boolean): void {
  tellsApart = isJugfile;
}

/** Whether who calls now is the jugfile that is being evaluated, or a module of it. */
export function isJugfile(): boolean {
  return evaluates && tellsApart();
}

/** What a task that is made now has for its `HOST`. */
export function makingHost(): Host | undefined {
  return host?.running ? host : undefined;
}

/** Under whom a function that was met under `home` makes tasks: a module's may serve many jugfiles, a script's calls none. */
export function hostOfCall(home: Host): Host {
  return isJugfile() || !home.running || home.isOver ? currentHost() : home;
}

/** Who is asked about a task: of a jugfile always its own, since a module that it imports may have made the task for another. */
export function hostOf(task: {readonly [HOST]: Host | undefined}): Host {
  return (isJugfile() ? undefined : task[HOST]) ?? currentHost();
}
