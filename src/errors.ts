// Every error that is the user's to mend, and its text: what was expected, what was found, where, what to do.
// Anything thrown that is not a JugError is a bug of jug's, or an error of the jugfile's own.

import {readFileSync} from 'node:fs';
import {inspect} from 'node:util';

/** 0 all finished · 1 a task failed · 2 usage · 3 the jugfile could not be loaded · 4 incomplete for another reason. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130 | 143;

/** Printed without a stack of ours; ends the command with `exitCode`. */
export class JugError extends Error {
  override readonly name: string = 'JugError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = 2,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The store cannot do what was asked. `fatal`: nothing more can be done with it by this process. */
export class StoreError extends JugError {
  override readonly name = 'StoreError';
  constructor(
    message: string,
    readonly fatal: boolean,
    {exitCode = 4, ...options}: ErrorOptions & {readonly exitCode?: ExitCode} = {},
  ) {
    super(message, exitCode, options);
  }
}

/** A store that answers has no room for what it is to save; for a part of that it may have. */
export class NoRoom extends StoreError {
  constructor(
    message: string,
    /** Hashes of the results that are not stored; `undefined`: nothing is known of them. */
    readonly unsaved?: ReadonlySet<string>,
    options?: ErrorOptions,
  ) {
    super(message, false, options);
  }

  /** What an error comes from, if it is this. */
  static behind(error: Error): NoRoom | undefined {
    return [error, error.cause].find(one => one instanceof NoRoom);
  }
}

/** What a run with a few workers may have open at a time, with some to spare. */
const LEAST_FILES = 256;

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
      : `${limitOfFiles()} (EMFILE). Raise the limit, as with: ulimit -n 1024`;
    return new JugError(
      `Expected to be allowed at least ${LEAST_FILES} open files, found ${found}`,
      error instanceof JugError ? error.exitCode : 4,
      {cause: error},
    );
  }
  return undefined;
}

/** To ask takes a file, too, of which there may be one again. */
function limitOfFiles(): string {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))!;
    return `that this process is allowed ${soft}`;
  } catch {
    return 'that this process is allowed fewer';
  }
}

/** A value in a message, in a few words. */
export function shown(value: unknown): string {
  return inspect(value, {depth: 0, breakLength: Infinity, maxStringLength: 40});
}

/**
 * The method by which an object says how it is shown: `inspect.custom` of node:util, whose own declaration would ask
 * for node's types of whoever checks a jugfile.
 */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** Closes a switch over a union: a variant that was forgotten does not compile. */
export function unreachable(variant: never): never {
  throw new Error(`This is a bug in jug: no case for ${JSON.stringify(variant)}`);
}
