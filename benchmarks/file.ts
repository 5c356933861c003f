// The yardstick of the file store: a file for each result, written, synced, renamed, and its folder synced.

import {closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync} from 'node:fs';
import path from 'node:path';

/** Milliseconds a result. */
export function bareFiles(folder: string, results: number): number {
  mkdirSync(folder, {recursive: true});
  const bytes = Buffer.alloc(60);
  const begun = performance.now();
  for (let n = 0; n < results; n++) {
    const draft = path.join(folder, 'draft');
    const file = openSync(draft, 'wx');
    writeSync(file, bytes);
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, path.join(folder, String(n)));
    const names = openSync(folder, 'r');
    fsyncSync(names);
    closeSync(names);
  }
  return (performance.now() - begun) / results;
}
