// What was thrown or rejected in the main thread where nobody waited for it: whose it is, by its stack. Knows of modules
// of the user's that are not part of a jugfile, as those of stores; what becomes of the run, it does not know.

import {realpathSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {JugError, StoreError} from './errors.js';
import {describeThrown, formatThrown} from './failure.js';
import {tooManyFiles} from './fd-limit.js';

/** By how stacks name their files. */
const storeModules = new Map<string, readonly string[]>();

/** That frames of this file are not the jugfile's. `specifier`: as the user has written it. */
export function noteStoreModule(specifier: string, file: string): void {
  storeModules.set(specifier, namesOf(file));
}

/** As what it is to be told: itself, if it can only be the jugfile's. */
export function strayError(jugfile: string, error: unknown): unknown {
  if (storeModules.size === 0 || error instanceof JugError || tooManyFiles(error) !== undefined) return error;
  const thrown = describeThrown(error);
  const text = formatThrown(thrown);
  // The innermost frame decides: a store is called by jug, and jug by the jugfile.
  for (const frame of (thrown.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))) {
    if (isIn(frame, namesOf(jugfile))) return error;
    for (const [specifier, names] of storeModules) {
      if (!isIn(frame, names)) continue;
      return new StoreError(
        `The store of the module ${specifier} threw, or left a promise behind that was rejected, where nobody waited for it:\n\n${text}`,
        true,
        {cause: error},
      );
    }
  }
  const modules = [...storeModules.keys()].join(' or ');
  return new JugError(
    `Expected the jugfile and the store of the module ${modules} to handle every error, found one that nobody waited for, and cannot tell whose it is:\n\n${text}`,
    3,
    {cause: error},
  );
}

/** As source maps show it, and as node does, which knows a module by where its links lead to. */
function namesOf(file: string): string[] {
  let real = file;
  try {
    real = realpathSync(file);
  } catch {
    // Removed meanwhile: then under its own name.
  }
  return [...new Set([path.resolve(file), real])].flatMap(name => [name, pathToFileURL(name).href]);
}

/** What follows the name is a line, or the query of a module that is evaluated again. */
function isIn(frame: string, names: readonly string[]): boolean {
  return names.some(name => frame.includes(`${name}:`) || frame.includes(`${name}?`));
}
