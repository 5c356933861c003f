// Where a store on a disk puts records that turned out to be damaged: files for a person to look at, which nothing
// reads again; and which those are.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {damageOf} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';

/** A hash and its record, which is there and not whole. */
export type Damaged = readonly [hash: TaskHash, record: Uint8Array];

/** `records` are those of `hashes`, as far as they are there. */
export function damagedOf(
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
): Damaged[] {
  return hashes.flatMap((hash, place): Damaged[] => {
    const record = records[place];
    return record === undefined || damageOf(record) === undefined ? [] : [[hash, record]];
  });
}

/** Best effort: a disk that is full, or failing, does not keep the tasks from being computed again. */
export function keepDamaged(folder: string, damaged: readonly Damaged[]): void {
  for (const [hash, record] of damaged) {
    try {
      mkdirSync(folder, {recursive: true});
      writeFileSync(join(folder, hash), record);
    } catch {
      // See above.
    }
  }
}
