// The file that says that a folder is a jug store and how it is to be read. It gets its name when the store is
// complete: a folder that only has the unfinished name holds nothing that was ever acknowledged.

import {randomBytes} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import {JugError} from '../core/errors.js';

export const MARKER = 'jug-store.json';
export const UNFINISHED = `${MARKER}.unfinished`;
/** The newest format that this jug knows. */
export const FORMAT = 1;
/** What kinds of store are kept in a folder. */
const KINDS: readonly unknown[] = ['lmdb', 'file'];

interface Marker {
  readonly format: number;
  readonly kind: string;
  /** What all processes must open it with. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Called before anything else is put into a new folder. */
export function beginMarker(folder: string, kind: string, options: Marker['options']): void {
  write(join(folder, UNFINISHED), {format: FORMAT, kind, options});
}

/** Called when everything is in place and durable. */
export function finishMarker(folder: string): void {
  renameSync(join(folder, UNFINISHED), join(folder, MARKER));
  syncFolder(folder);
  syncFolder(join(folder, '..'));
}

/**
 * The same in one step, for a store that several processes may create at a time: the first makes it. Each store gets an
 * `id` among its options, to be told from another one at the same place.
 */
export function createMarker(folder: string, kind: string): void {
  // By this name the folder is ours, whatever becomes of the rest.
  closeSync(openSync(join(folder, UNFINISHED), 'a'));
  const draft = join(folder, `${UNFINISHED}.${randomBytes(8).toString('hex')}`);
  write(draft, {format: FORMAT, kind, options: {id: randomBytes(8).toString('hex')}});
  try {
    linkSync(draft, join(folder, MARKER));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(draft, {force: true});
  rmSync(join(folder, UNFINISHED), {force: true});
  syncFolder(folder);
  syncFolder(join(folder, '..'));
}

function write(path: string, marker: Marker): void {
  const fd = openSync(path, 'w');
  try {
    writeSync(fd, `${JSON.stringify(marker)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Of the store that is in `folder`. */
export function optionsIn(folder: string): Readonly<Record<string, unknown>> {
  return readMarker(folder).options;
}

/** The kind of store that is in `folder`; `undefined` if there is none. */
export function kindIn(folder: string): string | undefined {
  return existsSync(join(folder, MARKER)) ? readMarker(folder).kind : undefined;
}

export function checkMarker(folder: string, kind: string): void {
  const marker = readMarker(folder);
  if (marker.kind !== kind) {
    throw new JugError(
      `${folder} is a store of the kind '${marker.kind}', not '${kind}'. Use --jugdir ${marker.kind}:${folder}`,
    );
  }
}

function readMarker(folder: string): Marker {
  const path = join(folder, MARKER);
  let marker: Partial<Marker>;
  try {
    // What is no object says nothing.
    marker = Object(JSON.parse(readFileSync(path, 'utf8'))) as Partial<Marker>;
  } catch (error) {
    throw new JugError(
      `${path} should say how this store is to be read, but cannot be understood: ${(error as Error).message}. Restore the file, or choose another --jugdir`,
      2,
      {cause: error},
    );
  }
  if (Number(marker.format) > FORMAT) {
    throw new JugError(
      `${folder} was made by a newer jug: its format is ${marker.format}, this jug knows up to ${FORMAT}. Update jug, or choose another --jugdir`,
    );
  }
  if (!(Number(marker.format) >= 1) || !KINDS.includes(marker.kind)) {
    const {format, kind} = marker;
    throw new JugError(
      `Expected ${path} to say what kind of store this is, "format": ${FORMAT} and "kind": ${KINDS.map(kind => JSON.stringify(kind)).join(' or ')}; found ${JSON.stringify({format, kind})}. It was changed by hand, or made by another jug: restore the file, update jug, or choose another --jugdir`,
    );
  }
  return {options: {}, ...marker} as Marker;
}

/** Makes the names in a folder durable; files have to be synced on their own. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
