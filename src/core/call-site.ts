// Which line of the user's program called: for the names of functions, and for messages.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Position} from './module-exports.js';
import {ownFolders} from './package-files.js';
import {pathOf, writtenAt} from './source-maps.js';

const ownPaths = ownFolders.map(folder => fileURLToPath(folder));

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

  /** Path, line and column in the text that Node runs, which are the same in every thread. */
  get place(): string {
    return `${this.file ?? ''}:${this.#position.line}:${this.#position.column}`;
  }

  /** In the text that Node runs, counted from 1. */
  get position(): Position {
    return this.#position;
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

/** Of a frame's `place`, its `site`. */
export function siteOf(place: string): string {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/s.exec(place) ?? [];
  return new Frame(file === '' ? undefined : file, Number(line), Number(column)).site;
}

/** Frames that are looked at: ours above the user's are a few, and each costs. Where those do not do, there are more. */
const FEW_FRAMES = 8;
const MANY_FRAMES = 50;

/** The innermost frame of the stack that is neither Node's nor jug's own. */
export function userFrame(): Frame {
  const few = callSites(FEW_FRAMES);
  return (
    userFrameIn(few) ?? (few.length < FEW_FRAMES ? undefined : userFrameIn(callSites(MANY_FRAMES))) ?? NOWHERE
  );
}

const NOWHERE = new Frame(undefined, 0, 0);

function userFrameIn(sites: readonly Site[]): Frame | undefined {
  for (const site of sites) {
    const name = site.getFileName() ?? 'node:unknown';
    const file = userFile(name);
    if (file !== undefined)
      return new Frame(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1, name);
  }
  return undefined;
}

/** By how a stack names them: the paths of files; `undefined` for those that are Node's or ours. */
const userFiles = new Map<string, string | undefined>();

function userFile(name: string): string | undefined {
  if (userFiles.has(name)) return userFiles.get(name);
  const file = name.startsWith('node:') ? undefined : pathOf(name);
  const known = file === undefined || isOwn(file) ? undefined : file;
  userFiles.set(name, known);
  return known;
}

/** Who has called `called`, a function on the stack: a frame of the user's own code, if nobody else's stands between. */
export function userCallerOf(called: Callable): Frame | undefined {
  const [site] = callSites(1, called);
  const name = site?.getFileName() ?? 'node:unknown';
  const file = name.includes('/node_modules/') ? undefined : userFile(name);
  return file === undefined
    ? undefined
    : new Frame(file, site?.getLineNumber() ?? 1, site?.getColumnNumber() ?? 1, name);
}

/** Whether a function of the language, such as `String`, is the first on the stack that is not in our files. */
export function isCalledBy(name: string): boolean {
  const site = callSites(MANY_FRAMES).find(candidate => !isOwn(pathOf(candidate.getFileName() ?? '')));
  return site?.getFunctionName() === name && (site.getFileName() ?? undefined) === undefined;
}

/** The file of the first on the stack that is not in our files, as a stack names it; of the language itself, none. */
export function callingFile(): string {
  const site = callSites(FEW_FRAMES).find(candidate => !isOwn(pathOf(candidate.getFileName() ?? '')));
  return site?.getFileName() ?? '';
}

/** Whether a file is one of jug's. */
export function isOwn(file: string): boolean {
  return ownPaths.some(folder => file.startsWith(folder));
}

type Callable = (...args: never[]) => unknown;

/** What is read of a frame. */
type Site = Pick<NodeJS.CallSite, 'getFileName' | 'getLineNumber' | 'getColumnNumber' | 'getFunctionName'>;

/** `above`: a function on the stack, below which none is looked at. */
function callSites(limit: number, above: Callable = callSites): readonly Site[] {
  const {prepareStackTrace, stackTraceLimit} = Error;
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_error, sites) => sites;
    const holder: {readonly stack?: unknown} = {};
    Error.captureStackTrace(holder, above);
    const sites = holder.stack;
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
