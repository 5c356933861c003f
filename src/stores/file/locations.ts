// Where each result is: hash → file, offset and length, in flat arrays, since there may be a million of them and each
// thread that reads has them all. What was removed stays as a mark, which hides an older result of the same hash.

import type {TaskHash} from '../../values/task-hash.js';
import {ABSENT, HashPlaces} from '../hash-places.js';

/** `file`: a number that whoever filled the table knows the path to. */
export interface Location {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

const REMOVED = -1;

export class HashTable {
  readonly #places = new HashPlaces();
  #files = new Uint32Array(1024);
  #offsets = new Float64Array(1024);
  #lengths = new Int32Array(1024);
  #removed = 0;

  /** How many are there. */
  get count(): number {
    return this.#places.size - this.#removed;
  }

  /** `removed`: it was removed; `undefined`: nothing is known of it. */
  get(hash: TaskHash): Location | 'removed' | undefined {
    return this.#at(this.#places.find(hash));
  }

  /** By the hash that begins at `start` of `bytes`. */
  getBytes(bytes: Buffer, start: number): Location | 'removed' | undefined {
    return this.#at(this.#places.findBytes(bytes, start));
  }

  set(bytes: Buffer, start: number, file: number, offset: number, length: number): void {
    const place = this.#place(bytes, start);
    if (this.#lengths[place] === REMOVED) this.#removed--;
    this.#files[place] = file;
    this.#offsets[place] = offset;
    this.#lengths[place] = length;
  }

  remove(bytes: Buffer, start: number): void {
    const place = this.#place(bytes, start);
    if (this.#lengths[place] !== REMOVED) this.#removed++;
    this.#lengths[place] = REMOVED;
  }

  /** Everything that is there, with the hash as bytes that are valid until the table changes. */
  *entries(): Generator<{readonly key: Buffer; readonly location: Location}> {
    for (let place = 0; place < this.#places.size; place++) {
      const location = this.#at(place);
      if (typeof location === 'object') yield {key: this.#places.at(place), location};
    }
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  #at(place: number): Location | 'removed' | undefined {
    if (place === ABSENT) return undefined;
    const length = this.#lengths[place]!;
    if (length === REMOVED) return 'removed';
    return {file: this.#files[place]!, offset: this.#offsets[place]!, length};
  }

  #place(bytes: Buffer, start: number): number {
    const place = this.#places.add(bytes, start);
    if (place === this.#lengths.length) this.#grow();
    return place;
  }

  #grow(): void {
    const room = this.#lengths.length * 2;
    const files = new Uint32Array(room);
    files.set(this.#files);
    this.#files = files;
    const offsets = new Float64Array(room);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const lengths = new Int32Array(room);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }
}
