// How many files a process may have open: told before a run begins that would need more, and where an error comes from
// that. Knows Linux's way to ask; elsewhere nothing is told before.

import {readFileSync} from 'node:fs';
import {JugError} from './errors.js';

/** What a command may have open at a time that has no workers, and what each worker adds while it starts: as counted. */
const BASE = 48;
const PER_WORKER = 32;
/** What is advised where nobody says how many workers there are. */
const LEAST_FILES = 256;

/** Errors: a JugError, if so many workers cannot start. Half of them would, and the rest would fail here and there. */
export function demandFiles(jobs: number): void {
  const needed = BASE + PER_WORKER * jobs;
  const allowed = limitOfFiles();
  if (allowed === undefined || allowed >= needed) return;
  throw new JugError(
    `Expected to be allowed at least ${needed} open files for ${jobs} workers, found that this process is allowed ${allowed}.\n` +
      `Raise the limit, as with: ulimit -n ${Math.max(1024, needed)}. Or take fewer workers: -j`,
    2,
  );
}

/**
 * What is told where an error comes from too many open files: a module that could not be read for it looks like one that is
 * broken, or missing. `undefined`: it comes from something else.
 */
export function tooManyFiles(error: unknown): JugError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
    const {code} = cause as NodeJS.ErrnoException;
    const isOfSystem = code === 'ENFILE' || /\bENFILE\b/.test(cause.message);
    if (!isOfSystem && code !== 'EMFILE' && !/\bEMFILE\b|too many open files/i.test(cause.message)) continue;
    const found = isOfSystem
      ? 'that all processes of this machine together have too many open (ENFILE). End some, or raise the limit of the system'
      : `that this process is allowed ${limitOfFiles() ?? 'fewer'} (EMFILE). Raise the limit, as with: ulimit -n 1024`;
    return new JugError(
      `Expected to be allowed at least ${LEAST_FILES} open files, found ${found}`,
      error instanceof JugError ? error.exitCode : 4,
      {cause: error},
    );
  }
  return undefined;
}

/** `undefined`: no limit, or not known here; to ask takes a file, too, of which there may be none left. */
function limitOfFiles(): number | undefined {
  try {
    const found = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
