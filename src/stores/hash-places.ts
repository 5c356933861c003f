// Hashes as bytes, each with a place: 0, 1, 2 … in the order in which they come. Finds the place of one without making a
// string of any, since a store may hold a million of them. What is at a place is kept by whoever asks.

import type {TaskHash} from '../values/task-hash.js';
import {HASH_BYTES, writeHash} from './hash-bytes.js';

export const ABSENT = -1;
const WORDS = HASH_BYTES / 4;
const LEAST = 1024;

export class HashPlaces {
  #words = new Uint32Array(LEAST * WORDS);
  #keys = Buffer.from(this.#words.buffer);
  /** Open addressing: 1 + the place of a hash, 0 where there is none. */
  #slots = new Uint32Array(LEAST * 2);
  #size = 0;
  readonly #asked = new Uint32Array(WORDS);
  readonly #askedBytes = Buffer.from(this.#asked.buffer);

  get size(): number {
    return this.#size;
  }

  /** Room for so many in all, at once: to grow step by step moves all of them at every step. */
  reserve(size: number): void {
    let room = this.#slots.length / 2;
    while (room < size) room *= 2;
    if (room > this.#slots.length / 2) this.#resize(room);
  }

  /** Its place, or ABSENT. */
  find(hash: TaskHash): number {
    writeHash(this.#askedBytes, hash, 0);
    return this.#find();
  }

  /** The same of the hash that begins at `start` of `bytes`. */
  findBytes(bytes: Buffer, start: number): number {
    // A call out of JavaScript costs more than all of them.
    for (let byte = 0; byte < HASH_BYTES; byte++) this.#askedBytes[byte] = bytes[start + byte]!;
    return this.#find();
  }

  /** Its place: the one it has, or the next. */
  add(bytes: Buffer, start: number): number {
    const found = this.findBytes(bytes, start);
    if (found !== ABSENT) return found;
    if (this.#size * 2 === this.#slots.length) this.#resize(this.#size * 2);
    const place = this.#size++;
    this.#words.set(this.#asked, place * WORDS);
    this.#insert(place);
    return place;
  }

  /** Its bytes: a view, valid until another is added. */
  at(place: number): Buffer {
    return this.#keys.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
  }

  #find(): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#asked[0]! & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]! - 1;
      if (place < 0 || this.#isAsked(place)) return place;
    }
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

  #resize(room: number): void {
    const words = new Uint32Array(room * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#keys = Buffer.from(words.buffer);
    this.#slots = new Uint32Array(room * 2);
    for (let place = 0; place < this.#size; place++) this.#insert(place);
  }
}
