// Where each result is: hash → file, offset and length, in flat arrays, since there may be a million of them and each
// thread that reads has them all. What was removed stays as a mark, which hides an older result of the same hash.

import type {TaskHash} from '../../hash.js';
import {HASH_BYTES} from '../hash-bytes.js';

/** `file`: a number that whoever filled the table knows the path to. */
export interface Location {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

const REMOVED = -1;
const WORDS = HASH_BYTES / 4;

export class HashTable {
  #words = new Uint32Array(1024 * WORDS);
  #keys = Buffer.from(this.#words.buffer);
  #files = new Uint32Array(1024);
  #offsets = new Float64Array(1024);
  #lengths = new Int32Array(1024);
  /** Open addressing: 1 + the place of a key, 0 where there is none. */
  #slots = new Uint32Array(2048);
  #size = 0;
  #removed = 0;
  readonly #asked = new Uint32Array(WORDS);
  readonly #askedBytes = Buffer.from(this.#asked.buffer);

  /** How many are there. */
  get count(): number {
    return this.#size - this.#removed;
  }

  /** `removed`: it was removed; `undefined`: nothing is known of it. */
  get(hash: TaskHash): Location | 'removed' | undefined {
    this.#askedBytes.write(hash, 'hex');
    return this.#at(this.#find() - 1);
  }

  /** By the hash that begins at `start` of `bytes`. */
  getBytes(bytes: Buffer, start: number): Location | 'removed' | undefined {
    bytes.copy(this.#askedBytes, 0, start, start + HASH_BYTES);
    return this.#at(this.#find() - 1);
  }

  set(bytes: Buffer, start: number, file: number, offset: number, length: number): void {
    bytes.copy(this.#askedBytes, 0, start, start + HASH_BYTES);
    const place = this.#findOrAdd();
    if (this.#lengths[place] === REMOVED) this.#removed--;
    this.#files[place] = file;
    this.#offsets[place] = offset;
    this.#lengths[place] = length;
  }

  remove(bytes: Buffer, start: number): void {
    bytes.copy(this.#askedBytes, 0, start, start + HASH_BYTES);
    const place = this.#findOrAdd();
    if (this.#lengths[place] !== REMOVED) this.#removed++;
    this.#lengths[place] = REMOVED;
  }

  /** Everything that is there, with the hash as bytes that are valid until the table changes. */
  *entries(): Generator<{readonly key: Buffer; readonly location: Location}> {
    for (let place = 0; place < this.#size; place++) {
      const location = this.#at(place);
      if (typeof location !== 'object') continue;
      yield {key: this.#keys.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES), location};
    }
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  #at(place: number): Location | 'removed' | undefined {
    if (place < 0) return undefined;
    const length = this.#lengths[place]!;
    if (length === REMOVED) return 'removed';
    return {file: this.#files[place]!, offset: this.#offsets[place]!, length};
  }

  /** 1 + the place of what was asked for, or 0. */
  #find(): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#asked[0]! & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found === 0 || this.#isAsked(found - 1)) return found;
    }
  }

  #findOrAdd(): number {
    const found = this.#find();
    if (found > 0) return found - 1;
    if (this.#size === this.#lengths.length) this.#grow();
    const place = this.#size++;
    this.#words.set(this.#asked, place * WORDS);
    this.#lengths[place] = 0;
    this.#insert(place);
    return place;
  }

  #insert(place: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#words[place * WORDS]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = place + 1;
  }

  #isAsked(place: number): boolean {
    const start = place * WORDS;
    for (let word = 0; word < WORDS; word++) {
      if (this.#words[start + word] !== this.#asked[word]) return false;
    }
    return true;
  }

  #grow(): void {
    const room = this.#lengths.length * 2;
    const words = new Uint32Array(room * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#keys = Buffer.from(words.buffer);
    const files = new Uint32Array(room);
    files.set(this.#files);
    this.#files = files;
    const offsets = new Float64Array(room);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const lengths = new Int32Array(room);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    this.#slots = new Uint32Array(room * 2);
    for (let place = 0; place < this.#size; place++) this.#insert(place);
  }
}
