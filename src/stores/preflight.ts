// What is looked at before LMDB may open a folder, because LMDB itself answers a truncated file, garbage, a
// full disk or a network filesystem with a crash of the process or, worse, with silence. Plain file reads only.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {JugError, StoreError} from '../errors.js';
import {MARKER, UNFINISHED} from './marker.js';
import {bytesInUse} from './pages.js';

/** `new`: there is no store yet, `unfinished`: its creation was cut short, and nothing was ever saved in it. */
export type Found = 'store' | 'new' | 'unfinished';

/** Filesystems where a lock or a mapped page of one host is not what another host sees (statfs f_type). */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x5346414f, 'AFS'],
]);

/** A new environment takes about 200 kB; below this even the first save would fail. */
const LEAST_SPACE = 1024 * 1024;
const PROBE_BYTES = 64 * 1024;

/** The name of a network filesystem, by the type that statfs(2) tells; `undefined` for a local one. */
export function networkFilesystem(type: number): string | undefined {
  return NETWORK.get(type >>> 0);
}

/** Is this folder a store of ours, may it become one, or is it something else? */
export function examineFolder(path: string): Found {
  const names = entries(path);
  refuseNetwork(names === undefined ? nearestExisting(path) : path, path);
  if (names === undefined) return 'new';
  if (names.includes(MARKER)) return 'store';
  if (names.includes(UNFINISHED)) return 'unfinished';
  const foreign = names.filter(name => name !== 'gate');
  if (foreign.length === 0) return 'new';
  throw new JugError(
    `${path} is not a jug store: it has files in it, but no ${MARKER} (found ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', …' : ''}). Choose another folder with --jugdir`,
  );
}

/** Leaves room for LMDB's lock table, a sparse mapped file: writing to it on a full disk kills the process. */
export function probeSpace(folder: string): void {
  const free = freeSpace(folder);
  if (free < LEAST_SPACE) throw noSpace(folder);
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
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') throw noSpace(folder, error);
    throw new JugError(`Cannot write to the store's folder ${folder}: ${message}`, 2, {cause: error});
  } finally {
    rmSync(probe, {force: true});
  }
}

export function freeSpace(path: string): number {
  const {bavail, bsize} = statfsSync(path);
  return bavail * bsize;
}

/** Refuses a data file that LMDB would crash on. Only for one that was acknowledged as complete. */
export function examineData(file: string): void {
  const fd = openSync(file, 'r');
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

function entries(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR')
      throw new JugError(
        `The store ${path} should be a folder, but ${statSync(nearestExisting(path)).isFile() ? 'it is a file' : 'it is not one'}. Choose another with --jugdir`,
      );
    throw new JugError(`Cannot read the store's folder ${path}: ${message}`, 2, {cause: error});
  }
}

function refuseNetwork(existing: string, path: string): void {
  const name = networkFilesystem(statfsSync(existing).type);
  if (name === undefined) return;
  throw new JugError(
    `${path} is on a network filesystem (${name}), where the default store would lose results. Use --jugdir file:${path} for a store made for it, or redis://…`,
  );
}

function nearestExisting(path: string): string {
  try {
    statSync(path);
    return path;
  } catch {
    return nearestExisting(dirname(path));
  }
}

function noSpace(folder: string, cause?: unknown): StoreError {
  return new StoreError(
    `No space for the store in ${folder}: ${Math.floor(freeSpace(folder) / 1024)} kB are free, at least ${LEAST_SPACE / 1024} kB are needed`,
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
