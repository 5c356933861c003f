// Who this process is, and whether another one still lives. Told by pid and start time, never by a clock or a
// timeout: a stopped process keeps what it holds, a killed one loses it at once. Knows neither locks nor stores.

import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';
import {threadId} from 'node:worker_threads';
import type {Owner} from './store.js';

/** Where a pid means something: two processes that differ here cannot tell whether the other lives. */
export interface Place {
  readonly host: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

/** One thread of one process. A worker thread can end while its process goes on, so it is told apart. */
export interface Thread {
  readonly pid: number;
  /** The operating system's id; where there is no /proc, node's number of the thread. */
  readonly tid: number;
  /** Clock ticks since boot; 0 where there is no /proc. */
  readonly startTime: number;
}

/** Not told by this system, or not in this sandbox; another process of the same boot may know it. */
export const UNKNOWN_BOOT = 'unknown-boot';

let place: Place | undefined;
let owner: Owner | undefined;

export function thisPlace(): Place {
  place ??= {host: hostname(), bootId: readBootId(), pidNamespace: readLink('/proc/self/ns/pid') ?? ''};
  return place;
}

/** The same object each time: the token is one a process, and made anew after a fork. */
export function thisOwner(): Owner {
  if (owner?.pid !== process.pid) {
    const {host, bootId} = thisPlace();
    const startTime = ownStartTime(`/proc/${process.pid}/stat`);
    owner = {host, bootId, pid: process.pid, startTime, token: randomBytes(16).toString('hex')};
  }
  return owner;
}

/** May both have run in one boot of one machine? */
export function mayShareBoot(
  one: Pick<Place, 'host' | 'bootId'>,
  other: Pick<Place, 'host' | 'bootId'>,
): boolean {
  if (one.bootId === other.bootId) return true;
  return one.host === other.host && [one.bootId, other.bootId].includes(UNKNOWN_BOOT);
}

/** Whoever is on another host counts as living: nothing here can tell. */
export function isAlive(owner: Owner): boolean {
  const here = thisPlace();
  if (!mayShareBoot(owner, here)) return owner.host !== here.host;
  return isThreadAlive({pid: owner.pid, tid: owner.pid, startTime: owner.startTime});
}

export function thisThread(): Thread {
  const self = readLink('/proc/thread-self');
  const tid = self === undefined ? Number.NaN : Number(self.slice(self.lastIndexOf('/') + 1));
  if (Number.isNaN(tid)) return {pid: process.pid, tid: threadId, startTime: 0};
  return {pid: process.pid, tid, startTime: ownStartTime(`/proc/${process.pid}/task/${tid}/stat`)};
}

/** For threads of this place only. */
export function isThreadAlive({pid, tid, startTime}: Thread): boolean {
  // Without /proc a thread cannot be told from its process; a reused pid then counts as the owner.
  if (startTime === 0) return processExists(pid);
  const started = startTimeOf(`/proc/${pid}/task/${tid}/stat`);
  if (started === 'hidden') return processExists(pid);
  if (started !== undefined) return started === startTime;
  // With `hidepid` a living process of another user has no folder at all.
  return !existsSync(`/proc/${pid}`) && processExists(pid);
}

/** `undefined`: there is no such thread, or it has ended and only waits for its parent to notice. */
function startTimeOf(path: string): number | 'hidden' | undefined {
  let stat: string;
  try {
    stat = readFileSync(path, 'latin1');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    // Only these say that it is gone. Not being let look, or having no file descriptor left to look by, says nothing.
    return code === 'ENOENT' || code === 'ESRCH' ? undefined : 'hidden';
  }
  // The name in parentheses may hold spaces and parentheses itself; what follows the last one is regular.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

function ownStartTime(path: string): number {
  const started = startTimeOf(path);
  return typeof started === 'number' ? started : 0;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch (error) {
    // Whoever is wrong about this takes all others for dead: nothing that passes may decide it.
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code!))
      throw error;
    // Not Linux. macOS has the same under another name; elsewhere every boot looks alike.
    if (process.platform !== 'darwin') return UNKNOWN_BOOT;
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], {encoding: 'utf8'}).trim().toLowerCase();
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
