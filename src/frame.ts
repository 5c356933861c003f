// Which line of the user's program called: for the names of functions, and for messages.

import {findSourceMap} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Position} from './modules.js';

/** Compiled, this file is dist/src/frame.js; the worker's half is in dist/workers. */
const ownFolders = ['./', '../workers/'].map(folder => fileURLToPath(new URL(folder, import.meta.url)));

export class Frame {
  readonly #line: number;
  readonly #column: number;

  constructor(
    /** Absolute path, if the caller is in a file. */
    readonly file: string | undefined,
    line: number,
    column: number,
  ) {
    this.#line = line;
    this.#column = column;
  }

  /** In the text that Node runs, counted from 1. */
  get position(): Position {
    return {line: this.#line, column: this.#column};
  }

  /** `primes.ts:4`, in the file as it was written. */
  get site(): string {
    if (this.file === undefined) return 'the jugfile';
    const map = findSourceMap(this.file);
    const entry = map?.findEntry(this.#line - 1, this.#column - 1);
    const line = entry !== undefined && 'originalLine' in entry ? entry.originalLine + 1 : this.#line;
    return `${path.basename(this.file)}:${line}`;
  }

  /** The same by the way to it from a folder: `lib/features.ts:4`. */
  siteFrom(folder: string): string {
    return this.file === undefined
      ? this.site
      : path.join(path.dirname(path.relative(folder, this.file)), this.site);
  }
}

/** The innermost frame of the stack that is neither Node's nor jug's own. */
export function userFrame(): Frame {
  for (const site of callSites()) {
    const name = site.getFileName() ?? 'node:unknown';
    if (name.startsWith('node:')) continue;
    const file = pathOf(name);
    if (isOwn(file)) continue;
    return new Frame(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
  }
  return new Frame(undefined, 0, 0);
}

/** Whether a function of the language, such as `String`, is the first on the stack that is not in our files. */
export function isCalledBy(name: string): boolean {
  const site = callSites().find(candidate => !isOwn(pathOf(candidate.getFileName() ?? '')));
  return site?.getFunctionName() === name && (site.getFileName() ?? undefined) === undefined;
}

/** Of a file, which Node names by its path or its URL, the path; another name stays. */
export function pathOf(name: string): string {
  return name.startsWith('file:') ? fileURLToPath(name) : name;
}

/** Whether a file is one of jug's. */
export function isOwn(file: string): boolean {
  return ownFolders.some(folder => file.startsWith(folder));
}

function callSites(): readonly NodeJS.CallSite[] {
  const {prepareStackTrace, stackTraceLimit} = Error;
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_error, sites) => sites;
    return new Error().stack as unknown as NodeJS.CallSite[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
