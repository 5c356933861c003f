// What is open in this thread, by what node tells: what may go on by itself, and what waits for others, perhaps for ever.
// Knows no jugfile. The command line alone asks: in a script, most of it would be the script's.

import {syncBuiltinESMExports} from 'node:module';
import {Socket} from 'node:net';
import timers from 'node:timers';

export interface OpenEnds {
  /** Whether bytes or files are moving: what does not stand still is waited for, however long it takes. */
  readonly isMoving: boolean;
  /** What is to come to an end, though nobody knows when: `a timer`. */
  readonly underWay: readonly string[];
  /** What node would wait for without end: `a server`. */
  readonly open: readonly string[];
  /** Whether jug's own keeps the process alive, so that node cannot tell the rest. */
  readonly ownsSome: boolean;
}

/** Milliseconds for which a socket counts as moving after it did. */
const LULL = 2000;

/** What each kind of handle is called. */
const OPEN: Readonly<Record<string, string>> = {
  Server: 'a server',
  FSWatcher: 'a watcher of files',
  StatWatcher: 'a watcher of files',
};

type Interval = NodeJS.Timeout & {readonly _destroyed?: boolean};

/** The jugfile's, and those of whoever was called `asOwn`. */
const intervals = new Set<WeakRef<Interval>>();
const ownIntervals = new Set<WeakRef<Interval>>();
const ownHandles = new WeakSet<object>();

/** From now on, intervals are told from timers that go off once. */
export function noteIntervals(): void {
  const {setInterval} = timers;
  const noting = (...words: Parameters<typeof setInterval>): NodeJS.Timeout => {
    const interval = setInterval(...words);
    intervals.add(new WeakRef(interval));
    return interval;
  };
  timers.setInterval = Object.assign(noting, setInterval) as typeof setInterval;
  globalThis.setInterval = timers.setInterval;
  syncBuiltinESMExports();
}

/**
 * What `body` leaves open is taken for jug's own, as is what others open meanwhile: for modules of the user's that are no part of
 * the jugfile.
 */
export async function asOwn<T>(body: () => Promise<T>): Promise<T> {
  const before = new Set(handles());
  const intervalsBefore = new Set(intervals);
  try {
    return await body();
  } finally {
    for (const handle of handles()) if (!before.has(handle)) ownHandles.add(handle);
    for (const interval of intervals) {
      if (intervalsBefore.has(interval)) continue;
      intervals.delete(interval);
      ownIntervals.add(interval);
    }
  }
}

/** How much of it is there: `1` counts as `a timer`. */
function counted(count: number, one: string): string[] {
  if (count === 0) return [];
  return [count === 1 ? one : `${count} ${one.replace(/^an? /, '')}s`];
}

/** One look after the other: a socket is judged by what it did since. */
export class OpenEndsWatch {
  readonly #sockets = new WeakMap<
    Socket,
    {read: number; written: number; isAnswered: boolean; moved: number}
  >();

  look(): OpenEnds {
    const all = handles();
    const others = all.filter(handle => !isOwn(handle));
    const sockets = others.filter((handle): handle is Socket => handle instanceof Socket);
    const states = sockets.map(socket => this.#stateOf(socket));
    const count = (state: string): number => states.filter(each => each === state).length;
    const open = others.map(({constructor: {name}}) => OPEN[name]).filter(name => name !== undefined);
    const [repeated, own] = [setAmong(intervals), setAmong(ownIntervals)];
    return {
      isMoving: internals._getActiveRequests().length > 0 || count('moving') > 0,
      ownsSome: own > 0 || all.some(handle => ownHandles.has(handle)),
      underWay: [
        ...counted(Math.max(0, timersSet() - repeated - own), 'a timer'),
        ...counted(count('moving') + count('unanswered'), 'a connection'),
        ...counted(others.length - sockets.length - open.length, 'a process or thread').map(text =>
          text.replace(/threads$/, 'processes or threads'),
        ),
      ],
      open: [
        ...counted(repeated, 'an interval'),
        ...counted(count('idle'), 'an open connection'),
        ...(count('stdin') > 0 ? ['the standard input'] : []),
        ...new Set(open),
      ],
    };
  }

  #stateOf(socket: Socket): 'moving' | 'unanswered' | 'idle' | 'stdin' {
    // Asked for by its name, it would be opened.
    if ((socket as {fd?: unknown}).fd === 0) return 'stdin';
    const now = performance.now();
    const {bytesRead: read, bytesWritten: written} = socket;
    const before = this.#sockets.get(socket);
    const hasMoved = before !== undefined && (before.read !== read || before.written !== written);
    const isAnswered = before !== undefined && !hasMoved ? before.isAnswered : read > (before?.read ?? 0);
    const moved = hasMoved ? now : (before?.moved ?? Number.NEGATIVE_INFINITY);
    this.#sockets.set(socket, {read, written, isAnswered, moved});
    if (now - moved < LULL || socket.connecting) return 'moving';
    // A request of node's own client is there until it is answered.
    const isAsked = (socket as {_httpMessage?: unknown})._httpMessage != null;
    return isAsked || (!isAnswered && written > 0) ? 'unanswered' : 'idle';
  }
}

function isOwn(handle: object): boolean {
  return handle === process.stdout || handle === process.stderr || ownHandles.has(handle);
}

/** Of node's that keep it alive; it has no other way to ask for them, and none but these knows whose they are. */
const internals = process as unknown as {
  _getActiveHandles(): readonly object[];
  _getActiveRequests(): readonly object[];
};

function handles(): readonly object[] {
  return internals._getActiveHandles();
}

function timersSet(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
}

function setAmong(intervals: Set<WeakRef<Interval>>): number {
  let count = 0;
  for (const reference of intervals) {
    const interval = reference.deref();
    if (interval === undefined || interval._destroyed) intervals.delete(reference);
    else if (interval.hasRef()) count++;
  }
  return count;
}
