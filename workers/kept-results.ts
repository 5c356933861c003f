// Results that many tasks of a worker are given, kept decoded: of a table with a hundred thousand rows, decoding takes as
// long as a hundred thousand look-ups. What one task does to it, no other may see. So a task gets a copy of its own, unless its
// function does nothing but read (only-reads.ts): all of those get the same. What is kept counts as long as the store has the
// very record it was made from, and that is asked once a batch: somebody may have removed the result and computed another.

import type {TaskHash} from '../src/hash.js';
import type {Keeper} from '../src/tasks/results.js';
import {copyOfPlain, freezePlain, type Plain, plainOf} from '../src/values/plain.js';
import {HEAD_BYTES} from '../src/values/record.js';

/** Bytes of memory, estimated, that kept results take in one worker. */
const BUDGET_BYTES = 128 * 2 ** 20;
/** Bytes of a record up to which decoding costs little more than asking. */
const SMALL_BYTES = 16 * 1024;
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

  constructor(budget = BUDGET_BYTES) {
    this.#budget = budget;
  }

  batch(): KeptForBatch {
    return new KeptForBatch(this);
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
    if (this.#kept.delete(hash)) this.#kept.set(hash, kept);
  }

  #drop(hash: TaskHash, kept: Kept): void {
    this.#kept.delete(hash);
    this.#bytes -= kept.plain.bytes;
  }
}

export class KeptForBatch {
  readonly #results: KeptResults;
  /** Those whose record was seen in this batch. */
  readonly #confirmed = new Map<TaskHash, Kept>();

  constructor(results: KeptResults) {
    this.#results = results;
  }

  /** For the arguments of one task. */
  keeper(way: Way): TaskKeeper {
    return new TaskKeeper(way, this.#results, this.#confirmed);
  }
}

export class TaskKeeper implements Keeper {
  readonly #way: Way;
  readonly #results: KeptResults;
  readonly #confirmed: Map<TaskHash, Kept>;
  /** What others are given, too. */
  readonly shared = new Set<unknown>();

  constructor(way: Way, results: KeptResults, confirmed: Map<TaskHash, Kept>) {
    this.#way = way;
    this.#results = results;
    this.#confirmed = confirmed;
  }

  holds(hash: TaskHash): boolean {
    return this.#confirmed.has(hash);
  }

  resultOf(hash: TaskHash, record: Uint8Array | undefined, decoded: () => unknown): unknown {
    const kept = record === undefined ? this.#confirmed.get(hash) : this.#results.confirmed(hash, record);
    if (kept !== undefined) {
      this.#results.touch(hash, kept);
      return this.#hand(hash, kept);
    }
    const value = decoded();
    const now = record === undefined ? undefined : this.#results.keep(hash, record, value);
    return now === undefined ? value : this.#hand(hash, now);
  }

  #hand(hash: TaskHash, kept: Kept): unknown {
    this.#confirmed.set(hash, kept);
    const {plain} = kept;
    if (this.#way === 'copies') return copyOfPlain(plain);
    // Should it be changed after all, that fails and is not overlooked.
    if (!kept.isFrozen) freezePlain(plain);
    kept.isFrozen = true;
    this.shared.add(plain.value);
    return plain.value;
  }
}
