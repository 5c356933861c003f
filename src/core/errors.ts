// Every error that is the user's to fix, and its text: what was expected, what was found, where, what to do.
// Anything thrown that is not a JugError is a bug of jug's, or an error of the jugfile's own.

import {inspect} from 'node:util';

/** 0 all finished · 1 a task failed · 2 usage · 3 the jugfile could not be loaded · 4 incomplete for another reason. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 129 | 130 | 143;

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
  /** Hashes of the results that are not stored; `undefined`: nothing is known of them. */
  readonly unsaved: ReadonlySet<string> | undefined;
  constructor(
    message: string,
    readonly fatal: boolean,
    {
      exitCode = 4,
      unsaved,
      ...options
    }: ErrorOptions & {readonly exitCode?: ExitCode; readonly unsaved?: ReadonlySet<string>} = {},
  ) {
    super(message, exitCode, options);
    this.unsaved = unsaved;
  }
}

/** A store that answers has no room for what it is to save; for a part of that it may have. */
export class NoRoom extends StoreError {
  constructor(message: string, unsaved?: ReadonlySet<string>, options?: ErrorOptions) {
    super(message, false, {...options, ...(unsaved && {unsaved})});
  }

  /** What an error comes from, if it is this. */
  static behind(error: Error): NoRoom | undefined {
    return [error, error.cause].find(one => one instanceof NoRoom);
  }
}

/** A value in a message, in a few words, on one line. */
export function shown(value: unknown): string {
  return inspect(typeof value === 'string' ? shortened(value) : value, {
    depth: 0,
    breakLength: Infinity,
    compact: true,
    maxStringLength: LONGEST_TEXT,
  });
}

/** Characters of a text in a message. */
const LONGEST_TEXT = 60;

/** Without its middle, if it is long: of a path, the end says which it is. */
function shortened(text: string): string {
  const half = LONGEST_TEXT / 2;
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, half - 1)}…${text.slice(-half)}`;
}

/** The arguments of a call, as whoever wrote it has them: functions by their names. */
export function shownArguments(args: readonly unknown[]): string {
  return args.map(arg => (typeof arg === 'function' && arg.name !== '' ? arg.name : shown(arg))).join(', ');
}

/** For INSPECT of what only wraps a value: it is shown as that. */
export function shownAs(value: unknown, depth: number, options: object): string {
  return inspect(typeof value === 'string' ? shortened(value) : value, {...options, depth});
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
