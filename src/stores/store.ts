// What a store must do, and the law it keeps. A driver: narrow, in batches, without policy. Invalidate, cleanup
// and status are written once above it.

import type {StoreError} from '../core/errors.js';
import type {Head, Origin, OriginId} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';

/** Who holds a lock. On one host a dead owner is told by pid, start time and boot id; no clock is compared. */
export interface Owner {
  readonly host: string;
  readonly bootId: string;
  readonly pid: number;
  /** The process's start time in clock ticks since boot: tells a reused pid from the owner. */
  readonly startTime: number;
  /** Random, one a process: two owners are the same if and only if their tokens are. */
  readonly token: string;
}

export interface LockInfo {
  readonly owner: Owner;
  readonly hashes: readonly TaskHash[];
  /** Milliseconds since 1970, by the owner's clock: for people, never for decisions. */
  readonly since: number;
  readonly alive: boolean;
}

/** The answer to one asked-for lock. `finished`: there is a result already, and no lock was taken. */
export type Claim = 'acquired' | 'held' | 'finished';

export interface Saving {
  /** Whole records (record.ts). */
  readonly results: readonly (readonly [TaskHash, Uint8Array])[];
  /** Failures as encoded by failure.ts. */
  readonly failures: readonly (readonly [TaskHash, Uint8Array])[];
  /** The origins that `results` name, at least those this process has not saved before. */
  readonly origins: readonly (readonly [OriginId, Origin])[];
  /** Locks that are given back once the above is durable. */
  readonly release: readonly TaskHash[];
  /**
   * What a result was made from: those come before it among `results`, or were saved before. Asked only where there is no
   * room for all of them; without it, none was made from another.
   */
  readonly needs?: (hash: TaskHash) => readonly TaskHash[];
}

/** What a person wants to know of a store beside its results: `jug store` prints it. */
export interface Description {
  /** The version of the format that the store is kept in. */
  readonly format: number;
  /** Bytes it takes up, where the store can tell. */
  readonly bytes: number | undefined;
  /** Sentences worth knowing. */
  readonly notes: readonly Note[];
}

export interface Note {
  /** `warning`: results are in danger. `damage`: some of them cannot be read, and count as not there. */
  readonly kind: 'fact' | 'warning' | 'damage';
  readonly text: string;
}

/** What `pack` has done: how many results it has put `into` what, as in '3 files'. `nothing`: why there is nothing to do, as a sentence. */
export type Packing =
  | {readonly kind: 'packed'; readonly results: number; readonly into: string}
  | {readonly kind: 'nothing'; readonly why: string};

/**
 * The law, kept by every store and checked by one conformance suite (test/stores/conformance.ts):
 * - When `save` settles, what it was given is durable, and visible to every process. If it fails, or the process dies
 *   in it, each result is there whole or not at all, and no lock was given back before its result was there. It may be
 *   called again with the same.
 * - The first result of a hash stays: saving another is not an error and changes nothing. A saved result clears the failure.
 * - `acquire` gives a lock to exactly one living owner, and never for a hash that has a result. A dead owner's
 *   lock is given to whoever asks next. Asking again for one's own lock answers `acquired`.
 * - An owner of this host is dead when its process is. Of another host, when it has not renewed its lease for as
 *   long as the lease says, measured by one clock of the observer's or the server's, never by two. A store renews the
 *   lease of its process by itself, for all its locks at once. To have lost it does no harm: what is saved late is
 *   saved unless somebody was first, and only one's own locks are given back.
 * - `load` returns bytes that belong to the caller, unchecked: a damaged record is for record.ts to tell.
 * - Every method may be called with an empty list, and while another call is under way.
 * - Where there is no room for all that `save` was given, it fails with a NoRoom, and may be called with a part of it.
 * - Errors are StoreErrors with a message for the user; after `fatal` ones nothing further is accepted. Others may
 *   pass: the call may be made again, and no call hangs.
 */
export interface Store {
  readonly kind: string;
  /** As the user would write it for --jugdir; no password in it. */
  readonly location: string;
  /** Milliseconds between two calls of `changes` by one who waits for others. */
  readonly interval: number;
  has(hashes: readonly TaskHash[]): Promise<boolean[]>;
  load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]>;
  save(saving: Saving): Promise<void>;
  /** Removes results and failures; answers with those that had a result. */
  remove(hashes: readonly TaskHash[]): Promise<TaskHash[]>;
  removeFailures(hashes: readonly TaskHash[]): Promise<void>;
  /**
   * Takes those of the results that are damaged (record.ts tells) out of the way, for a person to look at: they count as
   * not there from now on. One that is whole stays, since another process may have made it anew meanwhile. Answers with
   * those that were taken.
   */
  setAside(hashes: readonly TaskHash[]): Promise<TaskHash[]>;
  /** Every hash that has a result, in chunks, in no order. */
  hashes(): AsyncIterable<readonly TaskHash[]>;
  /** The same with heads; a damaged head is `undefined`. */
  heads(): AsyncIterable<readonly (readonly [TaskHash, Head | undefined])[]>;
  origin(id: OriginId): Promise<Origin | undefined>;
  failures(): AsyncIterable<readonly (readonly [TaskHash, Uint8Array])[]>;
  acquire(hashes: readonly TaskHash[]): Promise<Claim[]>;
  release(hashes: readonly TaskHash[]): Promise<void>;
  locks(): Promise<LockInfo[]>;
  /**
   * For stores that know of a process as long as it has them open: everybody alive who has taken a lock, with or without
   * one at this moment. It may take as long as a lease to tell.
   */
  living?(): Promise<Owner[]>;
  /** Removes the locks of dead owners, and with `everyone` those of the living too; answers how many tasks they held. */
  breakLocks(everyone: boolean): Promise<number>;
  /** Another number than before, if anybody has saved or removed results or given back locks meanwhile. Cheap. */
  changes(): Promise<number>;
  /**
   * For stores that are told when something changes: calls `onChange` once, soon after the next change, though maybe
   * before it can be seen, and maybe for nothing. Answers with how to end that; `undefined` if it is not to be had.
   */
  watch?(onChange: () => void): (() => void) | undefined;
  describe(): Promise<Description>;
  /** Makes the store smaller, or quicker to read, while others may use it. */
  pack(): Promise<Packing>;
  /**
   * Of a store that keeps in memory what it was given to save: makes that durable. `close` does it too, once; this may be
   * called again, where the error may pass. Errors: with a NoRoom, `unsaved` says which results are not durable.
   */
  readonly flush?: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** What workers do with a store. */
export type Reading = Pick<Store, 'has' | 'load' | 'locks' | 'failures'>;

/**
 * How a store is opened. `write`: the main thread of a command that may change it; creates it if need be.
 * `read`: workers, and commands that only look; creates nothing, and works on a read-only filesystem.
 */
export type Access = 'read' | 'write';

export interface StoreOptions {
  /** Milliseconds after which an owner on another host that has not been heard of counts as dead. */
  readonly lease: number;
  /** Whether who opens it makes a call again that fails in a way that may pass: then none is to block the thread for long. */
  readonly tryAgain?: boolean | undefined;
  /** Is told, once in a store's life, what the user should know of how it was made. */
  readonly note?: ((text: string) => void) | undefined;
  /**
   * Is told, again and again, that calls which are under way have not been answered for so many milliseconds: an error
   * that they will end with, should it go on.
   */
  readonly onSilence?: ((error: StoreError, milliseconds: number) => void) | undefined;
}

export const DEFAULT_LEASE = 30_000;
