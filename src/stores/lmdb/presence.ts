// Remembers which results are surely not there, so that taking locks need not look for each of them in the
// database. A bit for each hash that may have a result; right for one value of the store's commit counter, and
// carried along while all commits are our own. Knows nothing of LMDB.

import type {TaskHash} from '../../hash.js';

const BITS = 26;
const DIGITS = 7;

interface Picture {
  readonly bits: Uint32Array;
  /** Of the commit counter; what happened in other processes makes the picture useless for good. */
  commits: number;
}

export interface Scan {
  saw(hashes: readonly TaskHash[]): void;
  /** Every hash was seen. */
  finish(): void;
}

export class Presence {
  #picture: Picture | undefined;
  #scan: Picture | undefined;

  startScan(commits: number): Scan {
    const picture: Picture = {bits: new Uint32Array(2 ** (BITS - 5)), commits};
    this.#scan = picture;
    return {
      saw: hashes => note(picture, hashes),
      finish: () => {
        if (this.#scan !== picture) return;
        this.#picture = picture;
        this.#scan = undefined;
      },
    };
  }

  /** This process has made the commit with this number. */
  wrote(commits: number, saved: readonly (readonly [TaskHash, Uint8Array])[]): void {
    for (const picture of [this.#picture, this.#scan]) {
      if (picture?.commits !== commits - 1) continue;
      picture.commits = commits;
      for (const [hash] of saved) mark(picture, hash);
    }
  }

  isAbsent(hash: TaskHash, commits: number): boolean {
    if (this.#picture?.commits !== commits) return false;
    const bit = bitOf(hash);
    return (this.#picture.bits[bit >>> 5]! & (1 << (bit & 31))) === 0;
  }
}

function note(picture: Picture, hashes: readonly TaskHash[]): void {
  for (const hash of hashes) mark(picture, hash);
}

function mark(picture: Picture, hash: TaskHash): void {
  const bit = bitOf(hash);
  picture.bits[bit >>> 5]! |= 1 << (bit & 31);
}

/** The first 26 bits of the hash, by the codes of its digits: called for every result. */
function bitOf(hash: TaskHash): number {
  let number = 0;
  for (let place = 0; place < DIGITS; place++) {
    const code = hash.charCodeAt(place);
    number = number * 16 + (code & 15) + (code >> 6) * 9;
  }
  return number >>> (DIGITS * 4 - BITS);
}
