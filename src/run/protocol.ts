// What crosses between the main thread and a worker. Types only.

import type {Thrown} from '../failure.js';
import type {TaskHash} from '../hash.js';
import type {LockInfo} from '../stores/store.js';
import type {Packed} from '../tasks/arguments.js';
import type {Sources} from '../typescript/typescript.js';

/** Some tasks of one function, on their way to a worker. */
export interface Batch {
  readonly function: string;
  readonly count: number;
  /** Per task its arguments: as they are where structured clone loses nothing of them, else encoded (arguments.ts). */
  readonly args: readonly Packed[];
  /** Per task, 1 for the first try. */
  readonly attempts: readonly number[];
  /** The 8 bytes that name the origin of the results (record.ts). */
  readonly origin: Uint8Array;
  /**
   * The place of the next task to start, shared: the worker takes a place by adding 1, main recalls what has not
   * been started by setting it past the end. Neither can take what the other has.
   */
  readonly cursor: Int32Array<SharedArrayBuffer>;
  /** How many barriers main's evaluation of the jugfile has passed: the worker's must have passed as many. */
  readonly epoch: number;
  /** Records of results that the tasks need and that are not in the store yet. */
  readonly unsaved: readonly (readonly [TaskHash, Uint8Array])[];
  /** Where each task but the first needs the one before it, the hashes of all; else none. */
  readonly chain: readonly TaskHash[];
  /** Start no further task of the batch after one that failed. */
  readonly stopAtFailure: boolean;
  /** Hash the arguments before and after, and refuse tasks that are made inside a task. */
  readonly debug: boolean;
}

/**
 * What became of `ends.length` tasks of a batch, from the place `first` on: each a record in `bytes`, which ends
 * at its entry of `ends`, unless `others` has something else for its place.
 */
export interface Outcomes {
  readonly first: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly others: readonly (readonly [number, Outcome])[];
  /** Milliseconds from the start of the first to the end of the last. */
  readonly elapsed: number;
}

export type Outcome =
  /** A record too large to be worth copying beside the others. */
  | {readonly kind: 'large'; readonly record: Uint8Array<ArrayBuffer>}
  | {
      readonly kind: 'failure';
      readonly error: Thrown;
      readonly started: number;
      readonly duration: number;
      /** A signal such as ctrl-C has ended a program that the task had started: if it has ended the run, too, nothing failed. */
      readonly isInterrupted?: true;
    }
  /** Results it needs are damaged or gone: the task has not been run. */
  | {readonly kind: 'missing'; readonly hashes: readonly TaskHash[]; readonly reason: string};

/** What piscina carries to a worker, and back. */
export interface Request {
  readonly id: number;
  readonly batch: Batch;
}

export type Reply =
  | {readonly kind: 'outcomes'; readonly outcomes: Outcomes}
  /** The jugfile failed in the worker: nothing can be run there. */
  | {readonly kind: 'unusable'; readonly error: Thrown}
  /** The store could not be read there, for as long as it was waited for. */
  | {readonly kind: 'storeless'; readonly message: string};

/** A worker's workerData. */
export interface WorkerSetup {
  readonly jugfile: string;
  /** Milliseconds. */
  readonly storePatience: number;
  readonly sources: Sources;
}

/** Results that were asked for in vain, as MissingResults tells them. */
export interface Missing {
  readonly hashes: readonly TaskHash[];
  readonly reason: string;
}

/** Offered by main to each worker, through comlink. */
export interface MainService {
  /** Whether main's evaluation of the jugfile has passed the barrier of this key (jugfile.ts). */
  passed(key: string): boolean;
  /**
   * Has results made again that the jugfile asked for in a worker at `time`, in milliseconds since 1970: the key that is
   * passed once they are there. `undefined`: main never had them.
   */
  recover(missing: Missing, time: number): string | undefined;
  /** Outcomes of a request that is still under way. */
  progress(request: number, outcomes: Outcomes): void;
  warn(message: string): void;
  /**
   * Where a worker finds results: settles when that is known, which is when main needs the store itself.
   * `undefined`: main alone has them, and answers the questions below.
   */
  jugdir(): Promise<string | undefined>;
  has(hashes: readonly TaskHash[]): Promise<boolean[]>;
  load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]>;
  locks(): Promise<LockInfo[]>;
  failures(): Promise<(readonly [TaskHash, Uint8Array])[]>;
}
