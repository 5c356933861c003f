// A store in memory whose room is limited.

import {NoRoom} from '../../src/core/errors.js';
import type {Saving} from '../../src/stores/store.js';
import {MemoryStore} from './memory-store.js';

/** Has room for so many bytes of results, and refuses a saving for which it has not. */
export class SmallStore extends MemoryStore {
  saves = 0;

  constructor(public room: number) {
    super();
  }

  override async save(saving: Saving): Promise<void> {
    this.saves++;
    const added = new Map(saving.results.filter(([hash]) => !this.memory.results.has(hash)));
    const needed = [...added.values()].reduce((sum, {length}) => sum + length, 0);
    if (needed > this.room) throw new NoRoom(`${needed} bytes are needed, ${this.room} are free`);
    this.room -= needed;
    return super.save(saving);
  }
}
