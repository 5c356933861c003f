// Where a store in a folder puts records that turned out to be damaged: files for a person to look at, which nothing
// reads again.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {TaskHash} from '../hash.js';

/** Best effort: a disk that is full, or failing, does not keep the task from being computed again. */
export function keepDamaged(folder: string, hash: TaskHash, record: Uint8Array | undefined): void {
  if (record === undefined) return;
  try {
    mkdirSync(join(folder, 'damaged'), {recursive: true});
    writeFileSync(join(folder, 'damaged', hash), record);
  } catch {
    // See above.
  }
}
