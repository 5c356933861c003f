// Whether the system lets this process open LMDB's files, asked before LMDB does: it would crash on a lock file that it may
// not write, and names no file. Knows files and their rights, nothing of what is in them.

import {accessSync, constants, statSync} from 'node:fs';
import {join} from 'node:path';
import {StoreError} from '../../../core/errors.js';
import {mayPass} from '../../folder.js';
import type {Access} from '../../store.js';

interface Need {
  readonly files: readonly string[];
  readonly mode: number;
  readonly right: string;
}

const NEEDS: Readonly<Record<Access, Need>> = {
  // LMDB does without a lock file where it may only read.
  read: {files: ['data.mdb'], mode: constants.R_OK, right: 'read'},
  write: {
    files: ['data.mdb', 'lock.mdb'],
    mode: constants.R_OK | constants.W_OK,
    right: 'read and write',
  },
};

/** Errors: a StoreError, naming the file of `folder` that may not be opened, and whose it is. */
export function demandRights(folder: string, access: Access): void {
  const {files, mode, right} = NEEDS[access];
  for (const file of files.map(name => join(folder, name))) {
    try {
      accessSync(file, mode);
    } catch (error) {
      if (mayPass(error)) throw refused(file, right, error);
    }
  }
}

function refused(file: string, right: string, cause: unknown): StoreError {
  const {uid, gid, mode} = statSync(file);
  return new StoreError(
    `Expected to be allowed to ${right} the store's file ${file}, found that it belongs to user ${uid} and group ${gid} with the rights ${(mode & 0o777).toString(8)}, and that this process runs as user ${process.geteuid?.()} and group ${process.getegid?.()}. Give this user the right to ${right} all files of the store, or choose another --jugdir`,
    true,
    {cause, exitCode: 2},
  );
}
