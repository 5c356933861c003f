// Who holds the gate (mutex.ts), or may: the file that each thread has there, which says who it is, and whether that thread
// still lives. Knows the files, and nothing of taking turns.

import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {StoreError} from '../../../core/errors.js';
import {isFull} from '../../folder.js';
import {isThreadAlive, mayShareBoot, type Place, type Thread, thisPlace} from '../../owner.js';

export type Holder = Thread & Place;

/** Instead of the id of a boot. */
const BEFORE_POWER_CUT = 'the one before the power cut';
/** The names of threads' own files. */
const OWN = /^\d+-\d+-\d+(?:@|$)/;

/**
 * Makes the file that says who this thread is, and answers with its path. Never writes to one that is there: somebody may be
 * about to read it, by a link that it had a moment ago, and one that says nothing is taken for that of a dead thread.
 */
export function present(folder: string, me: Holder): string {
  const own = join(folder, nameOf(me));
  try {
    unlinkIfThere(own);
    writeFileSync(own, JSON.stringify(me), {flag: 'wx'});
    return own;
  } catch (error) {
    if (!isFull(error)) throw error;
    // A disk that has no room for what a file says nearly always has some for a name.
    unlinkIfThere(own);
    const place = [me.host, me.bootId, me.pidNamespace].map(encodeURIComponent);
    const full = `${own}@${place.join('@')}`;
    writeFileSync(full, '');
    return full;
  }
}

export function nameOf({pid, tid, startTime}: Thread): string {
  return `${pid}-${tid}-${startTime}`;
}

/** Of a file that says nothing: of one that was made on a full disk, or not yet written when its process died. */
export function holderOf(name: string): Holder {
  const [thread = '', ...place] = name.split('@');
  const [pid = 0, tid = 0, startTime = 0] = thread.split('-').map(Number);
  const here = thisPlace();
  const [host = here.host, bootId = here.bootId, pidNamespace = here.pidNamespace] =
    place.map(decodeURIComponent);
  return {pid, tid, startTime, host, bootId, pidNamespace};
}

/** Of a thread's own file, which may be about to be written. */
export function readOwn(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Of what a thread's own file was linked to. `undefined`: nobody, one who is just letting go, or one who cannot be told. */
export function readHolder(path: string): Holder | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const told = parse(readFileSync(fd, 'utf8'));
    if (told !== undefined) return told;
    const {ino} = fstatSync(fd, {bigint: true});
    const holder = lostHolder(dirname(path), ino);
    // Looked at last: whoever let go meanwhile may have left, and taken the name along that says who it was.
    return isLinked(path, ino) ? holder : undefined;
  } catch {
    // What cannot be read, for want of a file descriptor or of rights, is not empty.
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

/**
 * A file is linked only after it was written. So one that has nothing to read in it was made on a full disk, and its first
 * name says everything; or it was there before a power cut, which took what was not on the disk yet: that name says whose it was.
 */
function lostHolder(folder: string, inode: bigint): Holder {
  const name = readdirSync(folder).find(name => OWN.test(name) && isLinked(join(folder, name), inode));
  if (name?.includes('@')) return holderOf(name);
  return {...holderOf(name ?? ''), bootId: BEFORE_POWER_CUT};
}

function isLinked(path: string, inode: bigint): boolean {
  return statSync(path, {bigint: true, throwIfNoEntry: false})?.ino === inode;
}

export function isDead(holder: Holder, path: string): boolean {
  const here = thisPlace();
  if (holder.bootId === BEFORE_POWER_CUT) return true;
  const isOfThisBoot = mayShareBoot(holder, here);
  if (isOfThisBoot && holder.pidNamespace === here.pidNamespace) return !isThreadAlive(holder);
  // Everything that ran before this machine was started anew is dead.
  if (!isOfThisBoot && holder.host === here.host) return true;
  throw new StoreError(
    `This store is in use by process ${holder.pid} in ${
      isOfThisBoot ? 'another container (PID namespace)' : `another machine (${holder.host})`
    }, and jug cannot tell from here whether that process still runs. The default store is for processes that see each other; use a file: or redis: store to share it. If nothing runs there any more, remove ${path}`,
    true,
  );
}

export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
