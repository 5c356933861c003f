// The programs that tasks have started: whose they are, which of them a signal has ended, and whether they are still
// waited for. A signal to the whole process group, as ctrl-C in a terminal is one, ends them as well, and what their task
// makes of it is then no failure of the task. Knows nothing of what main makes of that.

import childProcess, {type ChildProcess, type SpawnSyncReturns} from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import {type EventEmitter, errorMonitor} from 'node:events';
import {syncBuiltinESMExports} from 'node:module';
import {type Running, running} from './task-context.js';

/** Those that end a run, and the exit codes of programs, such as shells, that were ended by them or had a child that was. */
const SIGNALS: ReadonlySet<unknown> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 129, 130, 143]);

const interrupted = new WeakSet<Running>();
const living = new Set<ChildProcess>();

/** Whether a signal has ended a program of this task. */
export function isInterrupted(task: Running): boolean {
  return interrupted.has(task);
}

/** The pipes of programs that are not done: what still comes out of them is waited for. */
export function pipesOfChildren(): ReadonlySet<unknown> {
  return new Set([...living].flatMap(({stdio}) => [...(stdio ?? [])]).filter(stream => stream !== null));
}

/** Ends those that are waited for: not what was started to go on by itself, which is `unref`ed. */
export function endChildren(): void {
  for (const child of living) if (isAwaited(child)) child.kill();
}

function isAwaited(child: ChildProcess): boolean {
  const {_handle: handle} = child as {readonly _handle?: {hasRef(): boolean} | null};
  return handle?.hasRef() ?? false;
}

function note(task: Running | undefined, ...ends: readonly unknown[]): void {
  if (task !== undefined && ends.some(end => SIGNALS.has(end))) interrupted.add(task);
}

/** From now on programs are seen. */
export function watchChildren(): void {
  diagnostics.subscribe('child_process', message => {
    const {process: child} = message as {readonly process: ChildProcess};
    const task = running.getStore();
    living.add(child);
    // Its first listener: the task hears of it later.
    child.once('exit', (code, signal) => note(task, code, signal));
    child.once('close', () => living.delete(child));
    // Who has no listener for errors is to be told by node, so that this must not be one.
    (child as EventEmitter).once(errorMonitor, () => {
      if (child.pid === undefined) living.delete(child);
    });
  });
  watchSync('spawnSync');
  watchSync('execFileSync');
  watchSync('execSync');
  syncBuiltinESMExports();
}

/** Where the thread stands still until the program has ended, no event tells of it. */
function watchSync(name: 'spawnSync' | 'execFileSync' | 'execSync'): void {
  const original = childProcess[name] as (...args: unknown[]) => unknown;
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    try {
      const result = original.apply(this, args);
      if (name === 'spawnSync') noteEnd(result);
      return result;
    } catch (error) {
      noteEnd(error);
      throw error;
    }
  };
  Object.defineProperty(watched, 'name', {value: name});
  Object.defineProperty(watched, 'length', {value: original.length});
  Object.assign(childProcess, {[name]: watched});
}

function noteEnd(end: unknown): void {
  if (typeof end !== 'object' || end === null) return;
  const {signal, status} = end as Partial<SpawnSyncReturns<unknown>>;
  note(running.getStore(), signal, status);
}
