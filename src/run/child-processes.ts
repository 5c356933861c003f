// The programs that a process has started, and those that they have: found by who is whose parent, and ended. What has
// left the tree, as daemons do, is not found.

import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** With its number, who it is: numbers are given again. */
  readonly started: string;
}

/** What was sent to it last. */
interface Asked {
  readonly at: number;
  readonly isKilled: boolean;
}

/** Milliseconds between two looks, from the first signal to the last, and until one that does not end is left alone. */
const LOOK_EVERY = 50;
const SOFT = 500;
const PATIENCE = 1000;

/**
 * Ends all of them, also those that are started until `done`: by SIGTERM, and by SIGKILL if that is of no use. One whose
 * parent has ended before is remembered.
 */
export async function endDescendants(root: number, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  const end = done
    .catch(() => {})
    .finally(() => {
      isDone = true;
    });
  const asked = new Map<string, Asked>();
  for (;;) {
    const isLast = isDone;
    let left = 0;
    for (const one of familyOf(root, asked)) {
      const before = asked.get(nameOf(one));
      if (before === undefined) {
        asked.set(nameOf(one), {at: performance.now(), isKilled: false});
        signal(one.pid, 'SIGTERM');
      } else if (before.isKilled) {
        if (performance.now() - before.at > PATIENCE) continue;
      } else if (performance.now() - before.at > SOFT) {
        asked.set(nameOf(one), {at: performance.now(), isKilled: true});
        signal(one.pid, 'SIGKILL');
      }
      left++;
    }
    if (left === 0 && isLast) return;
    await Promise.race([sleep(LOOK_EVERY), ...(isDone ? [] : [end])]);
  }
}

function nameOf({pid, started}: Process): string {
  return `${pid} ${started}`;
}

/** The descendants of `root` and of those that are known. */
function familyOf(root: number, known: ReadonlyMap<string, unknown>): Process[] {
  const children = new Map<number, Process[]>();
  const family = new Set<Process>();
  for (const one of processes()) {
    children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
    if (known.has(nameOf(one))) family.add(one);
  }
  for (const child of children.get(root) ?? []) family.add(child);
  // A set is gone through in the order in which it grows.
  for (const {pid} of family) for (const child of children.get(pid) ?? []) family.add(child);
  return [...family];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended, or is somebody else's.
  }
}

function processes(): Process[] {
  if (process.platform === 'linux') return ofProc();
  if (process.platform === 'win32') return [];
  const {pid: own, stdout} = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,lstart='], {encoding: 'utf8'});
  return [...(stdout ?? '').matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)]
    .map(([, pid, parent, started]) => ({pid: Number(pid), parent: Number(parent), started: started!}))
    .filter(({pid}) => pid !== own);
}

/** Zombies are left out: they have ended, and wait for their parent to hear of it. */
function ofProc(): Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // The name, in brackets, may have anything in it.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return fields[0] === 'Z'
          ? []
          : [{pid: Number(name), parent: Number(fields[1]), started: fields[19]!}];
      } catch {
        return [];
      }
    });
}
