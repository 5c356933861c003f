// What was not finished when a run had ended: told to the user, and what it means for the exit code.

import type {ExitCode} from '../core/errors.js';

export interface Remains {
  /** Tasks whose work was cut off, and what it was: `m.f(1): a timer`. */
  readonly open: readonly string[];
  /** Threads that did not end. */
  readonly stuck: number;
}

/** How many tasks are named. */
const MOST = 10;

/** Lines for the user, after so many milliseconds. */
export function remainsText({open, stuck}: Remains, waited: number): string[] {
  const lines: string[] = [];
  if (open.length > 0) {
    const more = open.length > MOST ? `\n  and ${open.length - MOST} more` : '';
    const named = open.slice(0, MOST).map(one => `\n  ${one}`);
    lines.push(
      `Expected what tasks have left open to be done soon after the run, found work under way after ${(waited / 1000).toFixed(1)} s (--grace), and cut it off:` +
        `${named.join('')}${more}\nAwait it in the task, and close what it opens.`,
    );
  }
  if (stuck > 0) {
    const where = stuck === 1 ? 'A thread' : `${stuck} threads`;
    lines.push(
      `${where} cannot be ended: a task is inside native code, or has left it at work. jug ends without it.`,
    );
  }
  return lines;
}

/** A run is not called finished that has cut off what a task was still writing. */
export function exitCodeWith({open}: Remains, code: ExitCode): ExitCode {
  return code === 0 && open.length > 0 ? 4 : code;
}
