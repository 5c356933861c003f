// What crosses between the main thread and a worker. Types only.

import type {Thrown} from '../core/failure.js';
import type {Sources} from '../loader/loader.js';
import type {LockInfo} from '../stores/store.js';
import type {Packed} from '../tasks/wire-arguments.js';
import type {TaskHash} from '../values/task-hash.js';

/** Some tasks of one function, on their way to a worker. */
export interface Batch {
  readonly function: string;
  readonly count: number;
  /** Per task its arguments: as they are where structured clone loses nothing of them, else encoded (wire-arguments.ts). */
  readonly args: readonly Packed[];
  /** Per task, 1 for the first try. */
  readonly attempts: readonly number[];
  /** The 8 bytes that name the origin of the results (record.ts). */
  readonly origin: Uint8Array;
  /**
   * The place of the next task to start, shared: the worker takes a place by adding 1, main recalls what has not
   * been started by setting it past the end. Neither can take what the other has. Behind it the worker writes when it
   * began the task that it is at, in milliseconds since 1970 as far as 32 bits go, and which thread it is: for people.
   */
  readonly cursor: Int32Array<SharedArrayBuffer>;
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
  /** The worker's evaluation of the jugfile must have gone as far. */
  readonly epoch: Epoch;
  readonly batch: Batch;
}

/** How far main's evaluation has come. */
export interface Epoch {
  /** Of its journal. */
  readonly words: number;
  readonly questions: number;
  /** Tasks that it has made, each as often as it was made. */
  readonly made: number;
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
  /** The thread that may change something at its jugfile's top level; 0: whoever comes. */
  readonly changing: Int32Array<SharedArrayBuffer>;
}

/** What a worker is told before it evaluates the jugfile, when main's evaluation has come to something to be run. */
export interface Beginning {
  /** TypeScript as main has transformed it. */
  readonly sources: Sources;
  /** Main's environment: the jugfile may have set something in it. */
  readonly env: Environment;
  /** What the jugfile has read from stdin by then, if it was read as a file. */
  readonly stdin: Uint8Array | undefined;
}

/** The whole of it, or what has changed; `null` is unset. */
export type Environment = Readonly<Record<string, string | null>>;

/** What a jugfile asks of whoever evaluates it. */
export type QuestionKind =
  | 'barrier'
  | 'bvalue'
  | 'value'
  | 'has'
  | 'compound'
  | 'run'
  | 'invalidate'
  | 'isLocked'
  | 'isFailed';

/** What main's evaluation of the jugfile has asked and been answered, in that order: workers follow it. */
export type JournalEntry = Question | Answer | {readonly type: 'end'};

export interface Question {
  readonly type: 'question';
  /** Its place among all questions of this run. */
  readonly id: number;
  /** In which compound task, what is asked, and at which line and column. Equal where a line is come to again. */
  readonly place: string;
  /** Tells apart what is asked at one place, where that is cheap to tell. */
  readonly content: string | undefined;
}

export interface Answer {
  readonly type: 'answer';
  readonly id: number;
  /** Equal for answers that main's evaluation was given in one turn of the event loop. */
  readonly turn: number;
  readonly outcome: AnswerOutcome;
}

export type AnswerOutcome =
  | {readonly kind: 'done'}
  | {readonly kind: 'flags'; readonly flags: readonly boolean[]}
  /** The result of one task. */
  | {readonly kind: 'result'; readonly hash: TaskHash; readonly records: Records}
  /** A value that holds tasks, each of which stands for its result. */
  | {readonly kind: 'tree'; readonly tree: Packed; readonly records: Records}
  /** Main's value cannot be sent: whose results stand where in the worker's own, in the order in which tasks are met there. */
  | {readonly kind: 'places'; readonly hashes: readonly TaskHash[]; readonly records: Records}
  | {readonly kind: 'missing'; readonly missing: Missing; readonly message: string}
  | {readonly kind: 'threw'; readonly error: Thrown};

/** Of results so small that they are sent along; the bytes of each as a string, which costs less to send than a buffer. */
export type Records = readonly (readonly [TaskHash, bytes: string])[];

/** Entries one after the other, as journal.ts writes and reads them: an object for each would cost more than all the rest. */
export type JournalWords = readonly unknown[];

/** A part of the journal. */
export interface Chunk {
  readonly words: JournalWords;
  /** New places, which entries name by their numbers. */
  readonly places: readonly string[];
  /** What has changed in main's environment since the worker was last told. */
  readonly env: Environment | undefined;
}

/** Results that were asked for in vain, as MissingResults tells them. */
export interface Missing {
  readonly hashes: readonly TaskHash[];
  readonly reason: string;
}

/** Offered by main to each worker, through comlink. */
export interface MainService {
  /** Settles when the jugfile is to be evaluated. */
  begin(): Promise<Beginning>;
  /**
   * The worker has evaluated the jugfile as far as main has. Settles when every worker of the beginning has: what a jugfile
   * does at its top level is done in every thread before a task runs in any.
   */
  ready(): Promise<void>;
  /** What has come to the journal since the last time, as soon as there is something. */
  follow(): Promise<Chunk>;
  /** A piece of what the jugfile reads by process.stdin, once it is read; `null` at its end. */
  stdin(place: number): Promise<Uint8Array | null>;
  /** What the jugfile does at its top level that is better done once. Of several threads, one says it. */
  danger(message: string): void;
  /** Where main asked these questions: `bvalue at primes.ts:12`. */
  sites(ids: readonly number[]): string[];
  /**
   * Has results made again that a worker asked for in vain at `time`, in milliseconds since 1970, and settles when they
   * are there. `false`: main never had them.
   */
  recover(missing: Missing, time: number): Promise<boolean>;
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
