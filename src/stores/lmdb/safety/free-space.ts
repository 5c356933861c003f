// Whether the disk has room for a write, asked before it: a write that fails inside LMDB may damage the memory of the
// process, since lmdb 3.5.6 writes its text about the failed page past the end of a buffer (mdb_page_flush). What is
// refused here may be tried again; what fails there may not. Knows nothing of tables and records.
//
// Pages that removed results have left in the file do not count: which of them LMDB will use depends on how they lie, on who
// still reads, and on how long it looks for some that lie side by side, and where it finds none, the file grows.

import {statSync} from 'node:fs';
import {NoRoom} from '../../../core/errors.js';
import {freeSpace} from '../../folder.js';

/** What a transaction is to write. One that only removes is never refused: how else should there be room again? */
export interface Growth {
  readonly records: number;
  readonly bytes: number;
}

export interface Room {
  /** Errors: NoRoom. */
  require(growth: Growth): void;
}

const PAGE = 4096;
/** Pages that a transaction writes whatever is in it: roots, the list of free pages. */
const LEAST_PAGES = 24;
/** How much larger a page's worth of records is than the records. */
const FILLING = 1.5;
/** Bytes, and milliseconds: with so much free, nothing fills the disk within this time. */
const PLENTY = 2 ** 30;
const BELIEVED = 100;

export function openRoom(folder: string, dataFile: string): Room {
  let looked = Number.NEGATIVE_INFINITY;
  return {
    require(growth) {
      if (growth.records === 0) return;
      const now = performance.now();
      if (now - looked < BELIEVED) return;
      const free = freeSpace(folder);
      const needed = most(growth, dataFile);
      if (free > PLENTY + needed) looked = now;
      if (free >= needed) return;
      throw new NoRoom(
        `Cannot write to the store in ${folder}: its disk is full. ${kilo(free)} kB are free there, up to ${kilo(needed)} kB are needed. Nothing that was saved before is lost`,
      );
    },
  };
}

/** Every record may change a page of its own, and the pages on the way to it; but no more pages than there are. */
function most({records, bytes}: Growth, dataFile: string): number {
  const pages = Math.ceil((statSync(dataFile, {throwIfNoEntry: false})?.size ?? 0) / PAGE);
  return (LEAST_PAGES + Math.min(records * 2, pages)) * PAGE + Math.ceil(bytes * FILLING);
}

function kilo(bytes: number): number {
  return Math.floor(bytes / 1024);
}
