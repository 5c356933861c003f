// Imports a module of the user's that the command line names: a file, TypeScript too, or a package that is installed
// where the command runs. Knows nothing of how a store is asked.

import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {JugError} from '../../core/errors.js';
import {awaiting} from '../../core/pending-awaits.js';
import {noteStoreModule} from '../../core/unhandled.js';
import {importFile, installLoader} from '../../loader/loader.js';
import {self} from '../../loader/resolve.js';

export async function importFrom(specifier: string): Promise<Readonly<Record<string, unknown>>> {
  const isPath = /^\.{0,2}[/\\]|^[a-z]:[/\\]/i.test(specifier);
  const file = isPath ? path.resolve(specifier) : packageFile(specifier);
  if (file === undefined || !existsSync(file)) throw notFound(specifier, isPath);
  noteStoreModule(specifier, file);
  // Before the loader's hooks are in place, since every import then takes a detour through them.
  await import(self);
  installLoader();
  try {
    return await awaiting(importFile(file), () => neverLoaded(specifier));
  } catch (error) {
    if (error instanceof JugError) throw error;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new JugError(`The module ${specifier} could not be loaded:\n\n${text}`, 2, {cause: error});
  }
}

function packageFile(name: string): string | undefined {
  const require = createRequire(path.resolve('jug'));
  try {
    return require.resolve(name);
  } catch {
    // It may be there and be for `import` only, which this way of looking does not find.
    for (const folder of require.resolve.paths(name) ?? []) {
      const entry = importEntry(path.join(folder, name));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

function importEntry(folder: string): string | undefined {
  const description = path.join(folder, 'package.json');
  if (!existsSync(description)) return undefined;
  const {exports} = JSON.parse(readFileSync(description, 'utf8')) as {exports?: unknown};
  const entry = entryIn(exports);
  return entry === undefined ? undefined : path.join(folder, entry);
}

function entryIn(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const conditions = exports as Record<string, unknown>;
  for (const condition of ['.', 'node', 'import', 'default']) {
    const entry = entryIn(conditions[condition]);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function neverLoaded(specifier: string): JugError {
  return new JugError(
    `Expected the module of the jugdir module:${specifier} to run to its end, found that it awaits something that never comes.`,
  );
}

function notFound(specifier: string, isPath: boolean): JugError {
  return new JugError(
    isPath
      ? `Expected a module at ${path.resolve(specifier)}, as the jugdir module:${specifier} says; found nothing there.`
      : `Expected a package ${specifier} where this command runs, as the jugdir module:${specifier} says; found none. Install it, or write ./${specifier} for a file.`,
  );
}
