// Finds the number of a hash: hashes are numbered in the order in which they are added. Does what a Map
// would with less memory and time: a hash is random already, so that its first digits are its place in the table.

import type {TaskHash} from './hash.js';

const EMPTY = -1;
const DIGITS = 8;

export class Numbering {
  readonly #hashes: TaskHash[] = [];
  #slots = new Int32Array(2048).fill(EMPTY);

  get size(): number {
    return this.#hashes.length;
  }

  find(hash: TaskHash): number | undefined {
    const number = this.#slots[this.#slotOf(hash)]!;
    return number === EMPTY ? undefined : number;
  }

  /** Its new number, or `undefined` if it has one. */
  add(hash: TaskHash): number | undefined {
    const slot = this.#slotOf(hash);
    if (this.#slots[slot] !== EMPTY) return undefined;
    const number = this.#hashes.push(hash) - 1;
    this.#slots[slot] = number;
    if (this.size * 2 > this.#slots.length) this.#grow();
    return number;
  }

  /** The slot that holds `hash`, or the one that is to hold it. */
  #slotOf(hash: TaskHash): number {
    const mask = this.#slots.length - 1;
    for (let slot = firstDigits(hash) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number === EMPTY || this.#hashes[number] === hash) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    for (const [number, hash] of this.#hashes.entries()) this.#slots[this.#slotOf(hash)] = number;
  }
}

/** By the codes of the digits: called several times for every task. */
function firstDigits(hash: TaskHash): number {
  let number = 0;
  for (let place = 0; place < DIGITS; place++) {
    const code = hash.charCodeAt(place);
    number = (number << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return number;
}
