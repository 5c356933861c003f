// Calls of process.exit by handlers of signals that the jugfile has set, or a library of its own: on ctrl-C many a
// library cleans up, and ends the process. A run is to store first what is computed. Knows no run.

import {syncBuiltinESMExports} from 'node:module';

const SIGNALS: ReadonlySet<string | symbol> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);

let received = false;

/** Whether a signal has come that somebody in this process handles. */
export function isSignalled(): boolean {
  return received;
}

/** Called before anybody handles a signal: without a handler, it would end the process, and does so still. */
export function noteSignals(): void {
  const noted = new Set<string | symbol>();
  const onSignal = (): void => {
    received = true;
  };
  // Before the handlers of others, which may exit.
  process.on('newListener', name => {
    if (!SIGNALS.has(name) || noted.has(name)) return;
    noted.add(name);
    process.prependListener(name as NodeJS.Signals, onSignal);
  });
  process.on('removeListener', name => {
    if (!noted.has(name) || process.listenerCount(name) > 1) return;
    noted.delete(name);
    process.off(name as NodeJS.Signals, onSignal);
  });
}

/** Once a signal has come, process.exit does nothing until the answer is called: the run ends, and then the process. */
export function deferExits(): () => void {
  const {exit} = process;
  const deferring = (code?: number | string | null): void => {
    if (!received) exit.call(process, code);
  };
  process.exit = deferring as typeof exit;
  syncBuiltinESMExports();
  return () => {
    if (process.exit === deferring) process.exit = exit;
    syncBuiltinESMExports();
  };
}
