// Remembers which results are surely not there, so that taking locks need not look for each of them in the
// database. A bit for each hash that may have a result; right for one value of a counter of the transactions that put
// results, and carried along while all of these are our own. Knows nothing of LMDB.

import {beginningOf} from '../../values/hash-index.js';
import type {TaskHash} from '../../values/task-hash.js';

const BITS = 26;

interface Picture {
  readonly bits: Uint32Array;
  /** Of the counter; what happened in other processes makes the picture useless for good. */
  puts: number;
}

export interface Scan {
  /** The first 32 bits of a hash. */
  saw(beginning: number): void;
  /** Every hash was seen. */
  finish(): void;
}

export class Presence {
  #picture: Picture | undefined;
  #scan: Picture | undefined;

  startScan(puts: number): Scan {
    // Memory that nobody has written to costs nothing.
    const picture: Picture = {bits: new Uint32Array(2 ** (BITS - 5)), puts};
    this.#scan = picture;
    return {
      saw: beginning => mark(picture, beginning),
      finish: () => {
        if (this.#scan !== picture) return;
        this.#picture = picture;
        this.#scan = undefined;
      },
    };
  }

  /** This process has made the transaction with this number. */
  wrote(puts: number, saved: readonly TaskHash[]): void {
    for (const picture of [this.#picture, this.#scan]) {
      if (picture?.puts !== puts - 1) continue;
      picture.puts = puts;
      for (const hash of saved) mark(picture, beginningOf(hash));
    }
  }

  isAbsent(hash: TaskHash, puts: number): boolean {
    if (this.#picture?.puts !== puts) return false;
    const bit = bitOf(beginningOf(hash));
    return (this.#picture.bits[bit >>> 5]! & (1 << (bit & 31))) === 0;
  }
}

function mark(picture: Picture, beginning: number): void {
  const bit = bitOf(beginning);
  picture.bits[bit >>> 5]! |= 1 << (bit & 31);
}

function bitOf(beginning: number): number {
  return beginning >>> (32 - BITS);
}
