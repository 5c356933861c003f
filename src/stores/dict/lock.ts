// Who writes a file: one process at a time, since whoever writes it last would undo what others wrote. Each announces
// itself in a file of its own beside it, and then looks for others: of two that come at once, at least the second
// sees the first. Names are never used again, so that removing a dead one's can hit nobody else's.

import {readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {JugError} from '../../core/errors.js';
import {makeFolders} from '../folder.js';
import {isAlive, thisOwner} from '../owner.js';
import type {Owner} from '../store.js';

export interface FileLock {
  release(): Promise<void>;
}

/** Two that came at the same moment both give way, and come again. */
const TRIES = 4;
/** Milliseconds until then, at most. */
const PAUSE = 50;

/** Files that this very process writes: the same owner, but not the same store. */
const ours = new Set<string>();

/** Errors: a JugError, if another process that is alive writes `path`. */
export async function lockFile(path: string): Promise<FileLock> {
  const own = `${path}.lock-${thisOwner().token}`;
  if (ours.has(path)) throw inUse(path, 'this process');
  ours.add(path);
  try {
    for (let tries = 1; ; tries++) {
      announce(own, path);
      const other = livingOther(path, own);
      if (other === undefined) break;
      rmSync(own, {force: true});
      if (tries === TRIES) throw inUse(path, `process ${other.pid} on ${other.host}`);
      await sleep(Math.random() * PAUSE);
    }
  } catch (error) {
    ours.delete(path);
    throw error;
  }
  return {
    async release() {
      ours.delete(path);
      try {
        rmSync(own, {force: true});
      } catch {
        // The folder is gone, or may not be written any more; the lock of a process that has ended is nobody's.
      }
    },
  };
}

function announce(own: string, path: string): void {
  try {
    makeFolders(dirname(path));
    // Under another name until it is whole: it is there with all that it says, or not at all, also after a power cut.
    const draft = `${own}.part`;
    writeFileSync(draft, JSON.stringify(thisOwner()), {flush: true});
    renameSync(draft, own);
  } catch (error) {
    throw new JugError(`Cannot write beside the dict_store ${path}: ${(error as Error).message}`, 2, {
      cause: error,
    });
  }
}

function livingOther(path: string, own: string): Owner | undefined {
  const prefix = `${basename(path)}.lock-`;
  for (const name of readdirSync(dirname(path))) {
    const file = join(dirname(path), name);
    if (!name.startsWith(prefix) || file === own || name.endsWith('.part')) continue;
    const owner = ownerIn(file);
    if (owner === undefined) continue;
    if (isAlive(owner)) return owner;
    rmSync(file, {force: true});
  }
  return undefined;
}

/** `undefined`: it was given back meanwhile. */
function ownerIn(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new JugError(
      `${file} should say which process writes beside it, but cannot be understood: ${(error as Error).message}. Remove it if no jug is running`,
      2,
      {cause: error},
    );
  }
}

function inUse(path: string, who: string): JugError {
  return new JugError(
    `The dict_store ${path} is in use by ${who}, and can be written by one process at a time.\n` +
      'Wait until it has ended, or use a store for several processes, as in --jugdir primes.jugdata',
  );
}
