// The modules that this thread has loaded, and the text of each as Node was given it. Knows nothing of what is looked for
// in it.

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {types} from 'node:util';

/** In a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a loader knows. */
export interface Modules {
  /** Whether no module of the user's, or of a package that the user imports, is missing among those it tells. */
  readonly isComplete: boolean;
  urls(): readonly string[];
  /** What it has made of a file. `undefined`: what is in the file is run as it is. */
  textOf(url: string): string | undefined;
}

let loader: Modules = {isComplete: false, urls: () => [], textOf: () => undefined};

/** For the loader, once it is installed. */
export function modulesFrom(modules: Modules): void {
  loader = modules;
}

/** The paths of all. `undefined`: there may be others. */
export function loadedFiles(): ReadonlySet<string> | undefined {
  if (!loader.isComplete) return undefined;
  const files = loader.urls().filter(url => url.startsWith('file:'));
  return new Set(files.map(url => fileURLToPath(url)));
}

/** URLs of CommonJS, which a loader does not see everywhere. */
export function requiredUrls(): readonly string[] {
  return Object.keys(cache)
    .filter(file => !/\.(?:node|json)$/.test(file))
    .map(file => pathToFileURL(file).href);
}

const {cache} = createRequire(import.meta.url);

/** Whether a module of CommonJS in a package exports it under its own name, or it is all that the module exports. */
export function exportedByPackage(fn: {readonly name: string}): boolean {
  return Object.keys(cache).some(
    file => /[/\\]node_modules[/\\]/.test(file) && isExport(cache[file]?.exports as unknown, fn),
  );
}

function isExport(exported: unknown, fn: {readonly name: string}): boolean {
  if (exported === fn) return true;
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) return false;
  if (types.isProxy(exported) || !Object.hasOwn(exported, fn.name)) return false;
  return (exported as Record<string, unknown>)[fn.name] === fn;
}

/** A file that has changed since it was loaded may have another text than what is run. `undefined`: it cannot be read. */
export function textOf(file: string): string | undefined {
  try {
    return loader.textOf(pathToFileURL(file).href) ?? readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** How many characters come before a position; undefined: the text has no such line. */
export function offsetIn(text: string, {line, column}: Position): number | undefined {
  let start = 0;
  for (let at = 1; at < line; at++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return undefined;
  }
  return start + column - 1;
}
