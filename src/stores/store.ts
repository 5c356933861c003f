// What a store must do, and the law it keeps. A driver: narrow, in batches, without policy. Invalidate, cleanup
// and status are written once above it.

import type {TaskHash} from '../hash.js';
import type {Head, Origin, OriginId} from '../record.js';

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
}

/**
 * The law, kept by every store and checked by one conformance suite (test/stores/conformance.ts):
 * - When `save` settles, what it was given is durable, and visible to every process. All of it or none.
 * - The first result of a hash stays: saving another is not an error and changes nothing. A saved result clears the failure.
 * - `acquire` gives a lock to exactly one living owner, and never for a hash that has a result. A dead owner's
 *   lock is given to whoever asks next. Asking again for one's own lock answers `acquired`.
 * - `load` returns bytes that belong to the caller, unchecked: a damaged record is for record.ts to tell.
 * - Every method may be called with an empty list, and while another call is under way.
 * - Errors are StoreErrors with a message for the user; after `fatal` ones nothing further is accepted.
 */
export interface Store {
  readonly kind: string;
  /** As the user would write it for --jugdir. */
  readonly location: string;
  has(hashes: readonly TaskHash[]): Promise<boolean[]>;
  load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]>;
  save(saving: Saving): Promise<void>;
  /** Removes results and failures; answers with those that had a result. */
  remove(hashes: readonly TaskHash[]): Promise<TaskHash[]>;
  removeFailures(hashes: readonly TaskHash[]): Promise<void>;
  /** Every hash that has a result, in chunks, in no order. */
  hashes(): AsyncIterable<readonly TaskHash[]>;
  /** The same with heads; a damaged head is `undefined`. */
  heads(): AsyncIterable<readonly (readonly [TaskHash, Head | undefined])[]>;
  origin(id: OriginId): Promise<Origin | undefined>;
  failures(): AsyncIterable<readonly (readonly [TaskHash, Uint8Array])[]>;
  acquire(hashes: readonly TaskHash[]): Promise<Claim[]>;
  release(hashes: readonly TaskHash[]): Promise<void>;
  locks(): Promise<LockInfo[]>;
  /** Removes the locks of dead owners, and with `everyone` those of the living too; answers how many tasks they held. */
  breakLocks(everyone: boolean): Promise<number>;
  close(): Promise<void>;
}

/**
 * How a store is opened. `write`: the main thread of a command that may change it; creates it if need be.
 * `read`: workers, and commands that only look; creates nothing, and works on a read-only filesystem.
 */
export type Access = 'read' | 'write';
