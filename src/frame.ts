// Which line of the user's program called: for the names of functions, and for messages.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {type Position, pathOf, writtenAt} from './source-maps.js';

/** Compiled, this file is dist/src/frame.js; the worker's half is in dist/workers. */
const ownFolders = ['./', '../workers/'].map(folder => fileURLToPath(new URL(folder, import.meta.url)));

export class Frame {
  readonly #position: Position;
  readonly #script: string | undefined;

  constructor(
    /** Absolute path, if the caller is in a file. */
    readonly file: string | undefined,
    line: number,
    column: number,
    /** What a stack calls the file, where that is not its path: the URL of a module. */
    script = file,
  ) {
    this.#position = {line, column};
    this.#script = script;
  }

  /** `primes.ts:4`, in the file as it was written. */
  get site(): string {
    if (this.file === undefined || this.#script === undefined) return 'the jugfile';
    const {line} = writtenAt(this.#script, this.#position) ?? this.#position;
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
    return new Frame(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1, name);
  }
  return new Frame(undefined, 0, 0);
}

/** Whether a function of the language, such as `String`, is the first on the stack that is not in our files. */
export function isCalledBy(name: string): boolean {
  const site = callSites().find(candidate => !isOwn(pathOf(candidate.getFileName() ?? '')));
  return site?.getFunctionName() === name && (site.getFileName() ?? undefined) === undefined;
}

function isOwn(file: string): boolean {
  return ownFolders.some(folder => file.startsWith(folder));
}

/** What is read of a frame. */
type Site = Pick<NodeJS.CallSite, 'getFileName' | 'getLineNumber' | 'getColumnNumber' | 'getFunctionName'>;

function callSites(): readonly Site[] {
  const {prepareStackTrace, stackTraceLimit} = Error;
  try {
    Error.stackTraceLimit = DEEPEST;
    Error.prepareStackTrace = (_error, sites) => sites;
    const sites: unknown = new Error().stack;
    if (Array.isArray(sites)) return sites as NodeJS.CallSite[];
  } catch {
    // Frozen by --frozen-intrinsics.
  } finally {
    // What could not be changed need not be put back.
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
  return sitesIn(new Error().stack);
}

/** Frames. */
const DEEPEST = 50;

/** The same from a stack as text, where somebody sees to it that there is nothing else. */
function sitesIn(stack: unknown): readonly Site[] {
  return [...String(stack).matchAll(/^\s+at (?:(.+) \()?(?:async )?(.+?)(?::(\d+):(\d+))?\)?$/gm)].map(
    ([, caller, file, line, column]) => ({
      getFunctionName: () => caller ?? null,
      getFileName: () => (file === '<anonymous>' ? null : file!),
      getLineNumber: () => (line === undefined ? null : Number(line)),
      getColumnNumber: () => (column === undefined ? null : Number(column)),
    }),
  );
}
