// Values too large for the database: one file each beside it, named by the hash. Knows files, not results.

import {randomBytes} from 'node:crypto';
import {renameSync, unlinkSync} from 'node:fs';
import {open, readdir, readFile, stat, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {NoRoom, StoreError} from '../../core/errors.js';
import type {TaskHash} from '../../values/task-hash.js';
import {freeSpace, makeFolders, reasonOf} from '../folder.js';
import {syncFolder} from '../manifest.js';

/** Records above this size, in bytes, get a file: a large write would hold up every other process's commit. */
export const LARGE = 4 * 1024 * 1024;

/** Written and durable under a temporary name. */
export interface Draft {
  readonly hash: TaskHash;
  readonly path: string;
}

export interface LargeFiles {
  draft(hash: TaskHash, record: Uint8Array): Promise<Draft>;
  /** Gives the file its name, in the order of the commits: call it within the transaction that refers to it. */
  publish(draft: Draft): void;
  discard(draft: Draft): Promise<void>;
  load(hash: TaskHash): Promise<Uint8Array | undefined>;
  /** Only while holding the gate, when the removal is committed: or a newer file of this name would go. */
  remove(hashes: readonly TaskHash[]): void;
}

/** Of a process that died while writing; nobody takes a day for one value. */
const ABANDONED = 24 * 3600 * 1000;

export function largeFiles(folder: string): LargeFiles {
  const pathOf = (hash: TaskHash) => join(folder, hash);
  return {
    async draft(hash, record) {
      makeFolders(folder);
      const free = freeSpace(folder);
      // Before it is tried: a disk that is filled up for a moment is full for others, too.
      if (free < record.length) throw new NoRoom(refusal(folder, record, 'its disk is full', free));
      const path = join(folder, `${hash}.${process.pid}-${randomBytes(4).toString('hex')}.part`);
      try {
        const file = await open(path, 'wx');
        try {
          await file.writeFile(record);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (error) {
        await unlink(path).catch(() => {});
        const text = refusal(folder, record, reasonOf(error), freeSpace(folder));
        const {code} = error as NodeJS.ErrnoException;
        throw code === 'ENOSPC' || code === 'EDQUOT'
          ? new NoRoom(text, undefined, {cause: error})
          : new StoreError(text, false, {cause: error});
      }
      return {hash, path};
    },
    publish(draft) {
      renameSync(draft.path, pathOf(draft.hash));
      syncFolder(folder);
    },
    async discard(draft) {
      await unlink(draft.path).catch(() => {});
    },
    async load(hash) {
      try {
        return await readFile(pathOf(hash));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new StoreError(`Cannot read ${pathOf(hash)}: ${reasonOf(error)}`, false, {
          cause: error,
        });
      }
    },
    remove(hashes) {
      for (const hash of hashes) {
        try {
          unlinkSync(pathOf(hash));
        } catch {
          // An orphan is harmless: a later result of this hash replaces it.
        }
      }
    },
  };
}

function refusal(folder: string, {length}: Uint8Array, why: string, free: number): string {
  return `Cannot write a result of ${length} bytes to ${folder}: ${why}. ${Math.floor(free / 1024)} kB are free there`;
}

export async function removeAbandonedDrafts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.endsWith('.part')) continue;
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined);
    if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED) await unlink(path).catch(() => {});
  }
}
