// Results that many tasks of a worker are given, kept decoded: of a table with a hundred thousand rows, decoding takes as
// long as a hundred thousand look-ups. What one task does to it, no other may see. So a task gets a copy of its own, unless its
// function does nothing but read (pure-top-level.ts): all of those get the same. What is kept counts as long as the store has the
// very record it was made from: somebody may have removed the result and computed another. That is asked before a task, unless
// it was a moment ago; and always after something has come of what the jugfile asked, as it may have removed the result itself.

import type {Keeper} from '../src/tasks/read-results.js';
import {copyOfPlain, freezePlain, type Plain, plainOf} from '../src/values/plain-copy.js';
import {HEAD_BYTES} from '../src/values/record.js';
import type {TaskHash} from '../src/values/task-hash.js';

/** Bytes of memory, estimated, that kept results take in one worker. */
const BUDGET_BYTES = 128 * 2 ** 20;
/** Bytes of a record up to which decoding costs little more than asking. */
const SMALL_BYTES = 16 * 1024;
/** Milliseconds for which the store is not asked again. */
const TRUSTED_MS = 100;
/** Of so many results it is remembered that they were asked for once. */
const MOST_REMEMBERED = 10_000;

interface Kept {
  readonly plain: Plain;
  /** Tells the record from all others: who made it, when, and its checksum. */
  readonly head: Buffer;
  isFrozen: boolean;
}

/** `same`: what is kept, frozen, for who only reads. `copies`: for everybody else. */
export type Way = 'same' | 'copies';

export class KeptResults {
  readonly #budget: number;
  /** What was asked for last stands last. */
  readonly #kept = new Map<TaskHash, Kept>();
  #bytes = 0;
  /** Asked for once: most results are asked for no more than that. */
  readonly #once = new Set<TaskHash>();
  readonly #unfit = new Set<TaskHash>();
  /** Those whose record was seen since the store was last to be asked anew. */
  #confirmed = new Map<TaskHash, Kept>();
  #since = Number.NEGATIVE_INFINITY;

  constructor(budget = BUDGET_BYTES) {
    this.#budget = budget;
  }

  /** To be called before each task, at `now`. */
  begin(now: number): void {
    if (now - this.#since <= TRUSTED_MS) return;
    this.distrust();
    this.#since = now;
  }

  /** The store is to be asked again. What is being read at this moment does not count, either. */
  distrust(): void {
    this.#confirmed = new Map();
  }

  /** For the arguments of one task. */
  keeper(way: Way): TaskKeeper {
    return new TaskKeeper(way, this);
  }

  get trusted(): Map<TaskHash, Kept> {
    return this.#confirmed;
  }

  /** What is kept, if it is of this record. */
  confirmed(hash: TaskHash, record: Uint8Array): Kept | undefined {
    const kept = this.#kept.get(hash);
    if (kept === undefined || kept.head.equals(record.subarray(0, HEAD_BYTES))) return kept;
    this.#drop(hash, kept);
    return undefined;
  }

  /** `value`: decoded from `record`, and in nobody's hands yet. `undefined`: it is not kept. */
  keep(hash: TaskHash, record: Uint8Array, value: unknown): Kept | undefined {
    if (record.length <= SMALL_BYTES || this.#unfit.has(hash)) return undefined;
    if (!this.#once.has(hash)) {
      if (this.#once.size >= MOST_REMEMBERED) this.#once.clear();
      this.#once.add(hash);
      return undefined;
    }
    const plain = plainOf(value);
    if (plain === undefined || plain.bytes > this.#budget) {
      this.#unfit.add(hash);
      return undefined;
    }
    const kept = {plain, head: Buffer.from(record.subarray(0, HEAD_BYTES)), isFrozen: false};
    this.#kept.set(hash, kept);
    this.#bytes += plain.bytes;
    for (const [oldest, other] of this.#kept) {
      if (this.#bytes <= this.#budget) break;
      this.#drop(oldest, other);
    }
    return kept;
  }

  /** To be dropped after all others. */
  touch(hash: TaskHash, kept: Kept): void {
    if (this.#kept.get(hash) !== kept) return;
    this.#kept.delete(hash);
    this.#kept.set(hash, kept);
  }

  #drop(hash: TaskHash, kept: Kept): void {
    this.#kept.delete(hash);
    this.#confirmed.delete(hash);
    this.#bytes -= kept.plain.bytes;
  }
}

export class TaskKeeper implements Keeper {
  readonly #way: Way;
  readonly #results: KeptResults;
  /** Those of the moment at which the task began. */
  readonly #confirmed: Map<TaskHash, Kept>;
  /** Should they be let go before the task has them. */
  readonly #held = new Map<TaskHash, Kept>();
  /** What others are given, too. */
  readonly shared = new Set<unknown>();

  constructor(way: Way, results: KeptResults) {
    this.#way = way;
    this.#results = results;
    this.#confirmed = results.trusted;
  }

  holds(hash: TaskHash): boolean {
    const kept = this.#confirmed.get(hash);
    if (kept !== undefined) this.#held.set(hash, kept);
    return kept !== undefined;
  }

  resultOf(hash: TaskHash, record: Uint8Array | undefined, decoded: () => unknown): unknown {
    if (record === undefined) return this.#hand(hash, this.#held.get(hash)!);
    const known = this.#results.confirmed(hash, record);
    const value = known === undefined ? decoded() : undefined;
    const kept = known ?? this.#results.keep(hash, record, value);
    if (kept === undefined) return value;
    this.#confirmed.set(hash, kept);
    return this.#hand(hash, kept);
  }

  #hand(hash: TaskHash, kept: Kept): unknown {
    this.#results.touch(hash, kept);
    const {plain} = kept;
    if (this.#way === 'copies') return copyOfPlain(plain);
    // Should it be changed after all, that fails and is not overlooked.
    if (!kept.isFrozen) freezePlain(plain);
    kept.isFrozen = true;
    this.shared.add(plain.value);
    return plain.value;
  }
}
