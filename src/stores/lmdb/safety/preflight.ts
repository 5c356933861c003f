// What is looked at before LMDB may open a folder, because LMDB itself answers a truncated file, garbage, a
// full disk with a crash of the process or, worse, with silence. Plain file reads only.

import {closeSync, fstatSync, fsyncSync, openSync, readSync, rmSync, writeSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {JugError, StoreError} from '../../../core/errors.js';
import {cannotWrite, examineFolder, freeSpace, isFull, makingRoom} from '../../folder.js';
import {bytesInUse} from './page-walk.js';
import {demandRights} from './permissions.js';

/** A new environment takes about 200 kB; below this even the first save would fail. */
const LEAST_SPACE = 1024 * 1024;
const PROBE_BYTES = 64 * 1024;

/**
 * Leaves room for LMDB's lock table, a sparse mapped file: writing to it on a full disk kills the process. `folder`: the
 * store's, or one in it.
 */
export function probeSpace(folder: string, store = folder): void {
  const free = freeSpace(folder);
  if (free < LEAST_SPACE) throw noSpace(store);
  const probe = join(folder, `probe-${process.pid}`);
  try {
    const fd = openSync(probe, 'w');
    try {
      writeSync(fd, new Uint8Array(PROBE_BYTES));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (isFull(error) || code === 'EIO') throw noSpace(store, error);
    throw cannotWrite(store, error);
  } finally {
    rmSync(probe, {force: true});
  }
}

/** Refuses a data file that is gone or that LMDB would crash on. Only for one that was acknowledged as complete. */
export function examineData(file: string): void {
  const fd = openData(file);
  try {
    const layout = readLayout(fd);
    if (typeof layout === 'string') throw damaged(file, layout);
    const {found, expected, pageSize, roots} = layout;
    if (found >= expected) return;
    const used = bytesInUse(fd, roots, pageSize);
    if (used === undefined) throw damaged(file, `it ends after ${found} bytes, and a page in it is damaged`);
    if (used > found) throw damaged(file, `it ends after ${found} bytes, but should have at least ${used}`);
  } finally {
    closeSync(fd);
  }
}

function openData(file: string): number {
  demandRights(dirname(file), 'read');
  try {
    return openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new StoreError(
      `The store ${dirname(file)} has lost its data file ${basename(file)}. Restore it from a copy, or remove the whole folder to compute everything again`,
      true,
      {cause: error},
    );
  }
}

interface Layout {
  readonly found: number;
  readonly expected: number;
  readonly pageSize: number;
  readonly roots: readonly bigint[];
}

// Offsets within a meta page of the format that lmdb 3.5 writes: a page head of 24 bytes, then the meta data.
const META = {
  magic: 24,
  version: 28,
  pageSize: 48,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
  bytes: 168,
};
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;

function readLayout(fd: number): Layout | string {
  const found = fstatSync(fd).size;
  if (found === 0) return 'it is empty';
  const first = Buffer.alloc(META.bytes);
  if (readSync(fd, first, 0, META.bytes, 0) < META.bytes) return `it ends after ${found} bytes`;
  if (first.readUInt32LE(META.magic) !== MAGIC) return 'it is not an LMDB file';
  const version = first.readUInt32LE(META.version) & 0xffff;
  if (version !== DATA_VERSION) return `its LMDB format is ${version}, expected ${DATA_VERSION}`;
  const pageSize = first.readUInt32LE(META.pageSize);
  if (pageSize < 512 || pageSize > 65536) return `its page size is ${pageSize}`;
  const second = Buffer.alloc(META.bytes);
  if (readSync(fd, second, 0, META.bytes, pageSize) < META.bytes) return `it ends after ${found} bytes`;
  if (second.readUInt32LE(META.magic) !== MAGIC) return 'its second page is damaged';
  const newer =
    first.readBigUInt64LE(META.transaction) > second.readBigUInt64LE(META.transaction) ? first : second;
  return {
    found,
    expected: (Number(newer.readBigUInt64LE(META.lastPage)) + 1) * pageSize,
    pageSize,
    roots: [newer.readBigUInt64LE(META.freeRoot), newer.readBigUInt64LE(META.mainRoot)],
  };
}

function noSpace(store: string, cause?: unknown): StoreError {
  const advice =
    examineFolder(store) === 'store'
      ? `Nothing that was saved before is lost. ${makingRoom(store)}`
      : 'Remove other files from its disk, or choose another --jugdir';
  return new StoreError(
    `No space for the store in ${store}: ${Math.floor(freeSpace(store) / 1024)} kB are free, at least ${LEAST_SPACE / 1024} kB are needed. ${advice}`,
    false,
    {cause},
  );
}

function damaged(file: string, how: string): StoreError {
  return new StoreError(
    `The store's data file ${file} is damaged: ${how}. Restore it from a copy, or remove the whole folder to compute everything again`,
    true,
  );
}

/** What the system refuses while a store is made is no bug of ours. */
export function failureToOpen(error: unknown, folder: string): unknown {
  if (error instanceof JugError || typeof (error as NodeJS.ErrnoException).syscall !== 'string') return error;
  const {message} = error as Error;
  return new StoreError(
    `Cannot open the store in ${folder}: ${message}. Look after that, and run it again`,
    true,
    {
      cause: error,
    },
  );
}
