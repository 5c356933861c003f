// The place in a list of which only some rows are seen: which is selected, and which is the first on the screen. Knows nothing
// of what is in the list.

import type {Action} from './keys.js';

export class Cursor {
  #selected = 0;
  #offset = 0;
  #length = 0;
  #height = 1;

  get selected(): number {
    return this.#selected;
  }

  /** The first row that is seen. */
  get offset(): number {
    return this.#offset;
  }

  /** Of this many rows, so many are seen. */
  fit(length: number, height: number): void {
    this.#length = length;
    this.#height = Math.max(1, height);
    this.select(this.#selected);
  }

  select(place: number): void {
    this.#selected = Math.max(0, Math.min(this.#length - 1, place));
    const lowest = this.#selected - this.#height + 1;
    this.#offset = Math.max(lowest, Math.min(this.#offset, this.#selected));
    this.#offset = Math.max(0, Math.min(this.#offset, this.#length - this.#height));
  }

  /** Whether this was a move. */
  move(action: Action): boolean {
    switch (action) {
      case 'up':
        this.select(this.#selected - 1);
        return true;
      case 'down':
        this.select(this.#selected + 1);
        return true;
      case 'pageUp':
        this.select(this.#selected - this.#height);
        return true;
      case 'pageDown':
        this.select(this.#selected + this.#height);
        return true;
      case 'first':
        this.select(0);
        return true;
      case 'last':
        this.select(this.#length - 1);
        return true;
      default:
        return false;
    }
  }
}
