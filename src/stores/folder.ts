// What a folder is, before a store is opened in it: one of ours, one that may become ours, or something else; on
// a local disk or a network; and how to make one. Knows nothing of what a store keeps in its folder.

import {accessSync, constants, mkdirSync, readdirSync, statfsSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {JugError} from '../core/errors.js';
import {MARKER, UNFINISHED} from './manifest.js';

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

/** The name of a network filesystem, by the type that statfs(2) tells; `undefined` for a local one. */
export function networkFilesystem(type: number): string | undefined {
  return NETWORK.get(type >>> 0);
}

/** The name of the network filesystem that `path` is on, or would be; `undefined` for a local one. */
export function networkOf(path: string): string | undefined {
  return networkFilesystem(statfsSync(nearestExisting(path)).type);
}

/** A run may make this one anew while somebody removes the store. */
function isLeftOver(path: string, name: string): boolean {
  return name === 'drafts' && entries(join(path, name))?.length === 0;
}

/** Is this folder a store of ours, may it become one, or is it something else? */
export function examineFolder(path: string): Found {
  const names = entries(path);
  if (names === undefined) return 'new';
  if (names.includes(MARKER)) return 'store';
  if (names.includes(UNFINISHED)) return 'unfinished';
  const foreign = names.filter(name => name !== 'gate' && !isLeftOver(path, name));
  if (foreign.length === 0) return 'new';
  throw new JugError(
    `${path} is not a jug store: it has files in it, but no ${MARKER} (found ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', …' : ''}). Choose another folder with --jugdir`,
  );
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a folder that is there says of a new one
 * that there is no such file, as those of /proc do, and automounters.
 */
export function makeFolders(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (statSync(path, {throwIfNoEntry: false})?.isDirectory()) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || statSync(above, {throwIfNoEntry: false}) !== undefined) throw error;
    makeFolders(above);
    makeFolders(path);
  }
}

export function freeSpace(path: string): number {
  const {bavail, bsize} = statfsSync(nearestExisting(path));
  return bavail * bsize;
}

/** Of what the system refuses: there is no room, on the disk or by a quota. */
export function isFull(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What to do about a full disk, for a store that is there. */
export function makingRoom(store: string): string {
  return `Remove other files from its disk, or take the results to another one: jug copy ${store} ANOTHER_JUGDIR`;
}

/** Of what the system refuses: rights, which somebody may give back. */
export function mayPass(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
}

/** Why the system refused, without what it was asked. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/, \w+(?: '.*)?$/s, '');
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function cannotWrite(folder: string, error: unknown): JugError {
  return new JugError(`Cannot write to the store's folder ${folder}: ${(error as Error).message}`, 2, {
    cause: error,
  });
}

/** Bytes of all files in a folder and below. */
export function bytesIn(folder: string): number {
  let bytes = 0;
  if (entries(folder) === undefined) return bytes;
  for (const entry of readdirSync(folder, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile()) continue;
    // Files come and go while a store is used.
    bytes += statSync(join(entry.parentPath, entry.name), {throwIfNoEntry: false})?.size ?? 0;
  }
  return bytes;
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

function nearestExisting(path: string): string {
  try {
    statSync(path);
    return path;
  } catch {
    return nearestExisting(dirname(path));
  }
}
