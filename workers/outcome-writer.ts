// What a worker has done of a batch and not yet reported, packed so that it crosses to main in one transfer.

import type {Outcome, Outcomes} from '../src/run/protocol.js';
import type {Encoded} from '../src/values/codec.js';
import {HEAD_BYTES, type HeadFields, recordOf, writeHead} from '../src/values/record.js';

/** Payloads above this travel by themselves: copying them would cost more than another transfer. */
const LARGE = 64 * 1024;
const FIRST_BYTES = 4096;
/** Up to so many bytes, copying costs less than a transfer. */
const COPIED = 2048;

export interface Flushed {
  readonly outcomes: Outcomes;
  readonly transfers: ArrayBuffer[];
}

export class OutcomeWriter {
  readonly #origin: Uint8Array;
  #first: number;
  #buffer = newBuffer(FIRST_BYTES);
  #length = 0;
  #ends: number[] = [];
  #others = new Map<number, Outcome>();
  #since: number;

  constructor(origin: Uint8Array, now: number) {
    this.#origin = origin;
    this.#first = 0;
    this.#since = now;
  }

  get count(): number {
    return this.#ends.length;
  }

  get since(): number {
    return this.#since;
  }

  /** Whether the next place has an outcome before it is run: it is not to be run, then. */
  get isDecided(): boolean {
    return this.#others.has(this.#first + this.#ends.length);
  }

  /** The result of the next place. */
  result({codec, payload}: Encoded, fields: Omit<HeadFields, 'codec'>): void {
    if (payload.length > LARGE) {
      this.other({kind: 'large', record: recordOf({codec, payload}, fields, this.#origin)});
      return;
    }
    const end = this.#length + HEAD_BYTES + payload.length;
    if (end > this.#buffer.length) {
      const larger = newBuffer(Math.max(end, this.#buffer.length * 4));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    if (payload.length > 0) this.#buffer.set(payload, this.#length + HEAD_BYTES);
    writeHead(this.#buffer, this.#length, payload.length, {codec, ...fields}, this.#origin);
    this.#length = end;
    this.#ends.push(end);
  }

  /** What the next place has instead of a small result. */
  other(outcome: Outcome): void {
    const place = this.#first + this.#ends.length;
    // What was said of it while it ran stays.
    if (!this.#others.has(place)) this.#others.set(place, outcome);
    this.#ends.push(this.#length);
  }

  /** Replaces what `place` has or, while it runs, will have; unless that is reported already. */
  replace(place: number, outcome: Outcome): boolean {
    if (place < this.#first) return false;
    this.#others.set(place, outcome);
    return true;
  }

  flush(now: number): Flushed {
    const isSmall = this.#length <= COPIED;
    const bytes = isSmall
      ? new Uint8Array(this.#buffer.buffer.slice(0, this.#length))
      : new Uint8Array(this.#buffer.buffer, 0, this.#length);
    const ends = Uint32Array.from(this.#ends);
    const next = this.#first + ends.length;
    const others = [...this.#others].filter(([place]) => place < next);
    const outcomes: Outcomes = {
      first: this.#first,
      bytes,
      ends,
      others,
      elapsed: now - this.#since,
    };
    const transfers = isSmall ? [] : [this.#buffer.buffer, ends.buffer];
    for (const [, other] of others) if (other.kind === 'large') transfers.push(other.record.buffer);
    this.#first = next;
    if (!isSmall) this.#buffer = newBuffer(FIRST_BYTES);
    this.#length = 0;
    this.#ends = [];
    // What is said already of the task that runs is kept for its turn.
    for (const [place] of others) this.#others.delete(place);
    this.#since = now;
    return {outcomes, transfers};
  }
}

function newBuffer(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(bytes));
}
