// Where a store on a disk puts records that turned out to be damaged: files for a person to look at, which nothing
// reads again.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {TaskHash} from '../hash.js';

/**
 * `records` are those of `hashes`, as far as they are there. Best effort: a disk that is full, or failing, does not keep
 * the tasks from being computed again.
 */
export function keepDamaged(
  folder: string,
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
): void {
  for (const [place, record] of records.entries()) {
    if (record === undefined) continue;
    try {
      mkdirSync(folder, {recursive: true});
      writeFileSync(join(folder, hashes[place]!), record);
    } catch {
      // See above.
    }
  }
}
