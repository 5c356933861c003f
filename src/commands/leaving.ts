// How a process ends in which a thread does not: an ordinary exit would wait for the native code that is at work in it. Knows
// nothing of runs.

const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM'};

/** Node >= 22.15, and not on Windows; not in the types of Node 20. */
const {execve} = process as {execve?: (file: string, args: readonly string[]) => never};

let isStuck = false;

/** From now on an ordinary exit would wait, perhaps for ever. */
export function threadsAreStuck(): void {
  isStuck = true;
}

/**
 * Ends the process without its threads, if there are such: by the signal that the exit code stands for; else with the exit
 * code, where node can become another program; else by SIGKILL, as nothing less ends it.
 */
export function leaveThreads(code: number): void {
  if (!isStuck) return;
  const signal = SIGNALS[code];
  if (signal !== undefined) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  try {
    execve?.('/bin/sh', ['sh', '-c', `exit ${code}`]);
  } catch {
    // There is no shell.
  }
  process.kill(process.pid, 'SIGKILL');
}
