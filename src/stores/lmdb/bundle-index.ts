// Where a result may be, among bundles: the first 32 bits of a hash → which bundle, and which place in it. Whoever asks has
// to look there, since two hashes may begin alike. 10 bytes a slot, since every thread that reads has an index of its own.

const SLOTS = 1024;
export const ABSENT = -1;
const NOBODY = 0;

export class BundleIndex {
  #beginnings = new Int32Array(SLOTS);
  /** 1 + the number of the bundle. */
  #bundles = new Uint32Array(SLOTS);
  #places = new Uint16Array(SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Room for so many in all, at once: to grow step by step moves all of them at every step. */
  reserve(size: number): void {
    let slots = this.#bundles.length;
    while (size * 2 >= slots) slots *= 2;
    if (slots > this.#bundles.length) this.#resize(slots);
  }

  /** `place`: below 65536. */
  add(beginning: number, bundle: number, place: number): void {
    if (this.#size * 2 >= this.#bundles.length) this.#resize(this.#bundles.length * 2);
    this.#size++;
    this.#put(beginning, bundle + 1, place);
  }

  /** The slot of the first candidate, or of the next one after `slot`; ABSENT if there is none. */
  find(beginning: number, after = ABSENT): number {
    const mask = this.#bundles.length - 1;
    for (let slot = after === ABSENT ? beginning & mask : (after + 1) & mask; ; slot = (slot + 1) & mask) {
      if (this.#bundles[slot] === NOBODY) return ABSENT;
      if (this.#beginnings[slot] === beginning) return slot;
    }
  }

  bundleAt(slot: number): number {
    return this.#bundles[slot]! - 1;
  }

  placeAt(slot: number): number {
    return this.#places[slot]!;
  }

  #put(beginning: number, bundle: number, place: number): void {
    const mask = this.#bundles.length - 1;
    let slot = beginning & mask;
    while (this.#bundles[slot] !== NOBODY) slot = (slot + 1) & mask;
    this.#beginnings[slot] = beginning;
    this.#bundles[slot] = bundle;
    this.#places[slot] = place;
  }

  #resize(slots: number): void {
    const [beginnings, bundles, places] = [this.#beginnings, this.#bundles, this.#places];
    this.#beginnings = new Int32Array(slots);
    this.#bundles = new Uint32Array(slots);
    this.#places = new Uint16Array(slots);
    for (let slot = 0; slot < bundles.length; slot++) {
      if (bundles[slot] !== NOBODY) this.#put(beginnings[slot]!, bundles[slot]!, places[slot]!);
    }
  }
}
