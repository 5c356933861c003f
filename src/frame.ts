// Which line of the user's program called: for the names of functions, and for messages.

import {findSourceMap} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

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

  /** `primes.ts:4`, in the file as it was written. */
  get site(): string {
    if (this.file === undefined) return 'the jugfile';
    const map = findSourceMap(this.file);
    const entry = map?.findEntry(this.#line - 1, this.#column - 1);
    const line = entry !== undefined && 'originalLine' in entry ? entry.originalLine + 1 : this.#line;
    return `${path.basename(this.file)}:${line}`;
  }
}

/** The innermost frame of the stack that is neither Node's nor jug's own. */
export function userFrame(): Frame {
  const {prepareStackTrace, stackTraceLimit} = Error;
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_error, sites) => sites;
    for (const site of new Error().stack as unknown as NodeJS.CallSite[]) {
      const name = site.getFileName() ?? 'node:unknown';
      if (name.startsWith('node:')) continue;
      const file = name.startsWith('file:') ? fileURLToPath(name) : name;
      if (ownFolders.some(folder => file.startsWith(folder))) continue;
      return new Frame(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
    }
    return new Frame(undefined, 0, 0);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
