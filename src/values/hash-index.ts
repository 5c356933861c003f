// Finds the number of a hash: hashes are numbered in the order in which they are added. Does what a Map
// would with less memory and time: a hash is random already, so that its first digits are its place in the table.

import type {TaskHash} from './task-hash.js';

const EMPTY = -1;
const DIGITS = 8;

export class Numbering {
  readonly #hashes: TaskHash[] = [];
  /** What each hash begins with: most that is asked is answered without a look at the hash itself. */
  #beginnings = new Int32Array(1024);
  #slots = new Int32Array(2048).fill(EMPTY);

  get size(): number {
    return this.#hashes.length;
  }

  find(hash: TaskHash): number | undefined {
    const number = this.#slots[this.#slotOf(hash, beginningOf(hash))]!;
    return number === EMPTY ? undefined : number;
  }

  /** Its new number, or `undefined` if it has one. */
  add(hash: TaskHash): number | undefined {
    const beginning = beginningOf(hash);
    const slot = this.#slotOf(hash, beginning);
    if (this.#slots[slot] !== EMPTY) return undefined;
    const number = this.#hashes.push(hash) - 1;
    this.#slots[slot] = number;
    this.#beginnings[number] = beginning;
    if (this.size === this.#beginnings.length) this.#grow();
    return number;
  }

  /** The slot that holds `hash`, or the one that is to hold it. */
  #slotOf(hash: TaskHash, beginning: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = beginning & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number === EMPTY) return slot;
      if (this.#beginnings[number] === beginning && this.#hashes[number] === hash) return slot;
    }
  }

  #grow(): void {
    const beginnings = new Int32Array(this.size * 2);
    beginnings.set(this.#beginnings);
    this.#beginnings = beginnings;
    this.#slots = new Int32Array(this.size * 4).fill(EMPTY);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      let slot = beginnings[number]! & mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#slots[slot] = number;
    }
  }
}

/** Its first 32 bits, by the codes of the digits: called several times for every task. */
export function beginningOf(hash: TaskHash): number {
  let number = 0;
  for (let place = 0; place < DIGITS; place++) {
    const code = hash.charCodeAt(place);
    number = (number << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return number;
}
