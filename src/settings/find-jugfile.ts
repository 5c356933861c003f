// Which file is meant where a jugfile is named, or not named. Knows nothing of what is in it.

import {existsSync, statSync} from 'node:fs';
import path from 'node:path';
import {JugError} from '../core/errors.js';
import {misused} from '../tasks/usage-errors.js';

/** Looked for in this order. */
const DEFAULTS = ['jugfile.ts', 'jugfile.mts', 'jugfile.js', 'jugfile.mjs'];

/** The absolute path of the jugfile. Errors: a JugError if there is none. */
export function findJugfile(given: string | undefined): string {
  if (given === undefined) {
    const found = DEFAULTS.find(name => existsSync(name));
    if (found !== undefined) return path.resolve(found);
    throw new JugError(
      `Expected a jugfile, found none of ${DEFAULTS.join(', ')} in ${process.cwd()}.\nName it: jug COMMAND path/to/jugfile.ts`,
    );
  }
  if (typeof given !== 'string') throw misused('the path of a jugfile, as a string', given);
  const file = path.resolve(given);
  if (!existsSync(file)) throw new JugError(`Expected a jugfile at ${file}, found nothing there.`);
  if (statSync(file).isDirectory()) {
    throw new JugError(
      `Expected a jugfile at ${file}, found a folder.\nName the file in it: ${given}/jugfile.ts`,
    );
  }
  return file;
}
