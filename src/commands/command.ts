// A command is a value: what it is called with, and what it does. The table of them is index.ts.

import {InvalidArgumentError, type Command as Parser} from 'commander';
import {type ExitCode, JugError} from '../core/errors.js';
import {strayError} from '../core/unhandled.js';
import {jugfileError, type Look, look, type Rest} from '../evaluation/evaluate.js';
import {type Patience, watchUnawaited} from '../evaluation/floating-parts.js';
import {LookingHost} from '../evaluation/graph-host.js';
import {findJugfile} from '../settings/find-jugfile.js';
import {chosenJugdir} from '../settings/jugdir.js';
import {ABSENT, absentStore} from '../stores/empty-store.js';
import {missingAt, openStore} from '../stores/registry.js';
import type {Access, Store} from '../stores/store.js';
import {tellOfHashing} from '../tasks/hashing-report.js';
import type {Program} from '../tasks/provenance.js';

/** What commander made of the flags; each command knows its own. */
export interface Options {
  readonly [flag: string]: unknown;
  readonly jugdir?: string;
  readonly target?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly short?: boolean;
  /** Seconds. */
  readonly grace?: number;
}

export interface Invocation {
  /** As it was given, if it was. */
  readonly jugfile: string | undefined;
  /** What follows the jugfile, or `--`: the jugfile's own arguments. */
  readonly args: readonly string[];
  /** The last of `args`: those that follow `--`. */
  readonly afterDashes: readonly string[];
  readonly options: Options;
  /** Data goes here: stdout. */
  readonly print: (text: string) => void;
  /** What happens on the way goes here: stderr. */
  readonly note: (text: string) => void;
}

export interface Command {
  /** A command line that stands first in its help. */
  readonly example: string;
  /**
   * What follows its name, each with what it means, instead of a jugfile and the jugfile's arguments. Such a command
   * has no --jugdir, and `args` are these words.
   */
  readonly words?: readonly (readonly [word: string, meaning: string])[];
  /** Declares the options that it has beside those of every command. */
  configure(parser: Parser): void;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** Reads the value of an option that is a number from `least` to `most`. Errors: commander's, with the option's name. */
type Reader = (least: number, most?: number) => (text: string) => number;

export const seconds: Reader = reader('a number of seconds, at least', Number.isFinite);
export const wholeNumber: Reader = reader('a whole number of at least', Number.isInteger);

function reader(expected: string, isRight: (number: number) => boolean): Reader {
  return (least, most) => text => {
    const number = Number(text);
    if (isRight(number) && number >= least && number <= (most ?? Infinity) && text.trim() !== '')
      return number;
    const limit = most === undefined ? '' : ` and at most ${most}`;
    throw new InvalidArgumentError(`Expected ${expected} ${least}${limit}.`);
  };
}

/** How a command opens its store. `inspect`: to read it, and as what it is about; a `read` one may be missing. */
type Use = Access | 'inspect';

export interface Looked extends Look {
  readonly store: () => Promise<Store>;
  /** The same, or one that was made since, where there was none. */
  readonly storeNow: () => Promise<Store>;
  /**
   * Opens it to be changed, for as long as `use` takes; it is closed to be read meanwhile, as some kinds cannot be opened twice
   * in one process. Nobody may ask it at the same time.
   */
  readonly changing: <T>(use: (store: Store) => Promise<T>) => Promise<T>;
  /** As results of this jugfile name it. */
  readonly program: Program;
}

/** Evaluates the jugfile as far as it goes, calls `use`, and closes the store if it was opened. */
export async function withLook(
  {jugfile, args, options, note}: Invocation,
  how: Use,
  use: (looked: Looked) => Promise<ExitCode>,
): Promise<ExitCode> {
  tellOfHashing(note);
  const file = findJugfile(jugfile);
  const jugdir = chosenJugdir(file, options.jugdir);
  const opened: Promise<Store>[] = [];
  const store = async (): Promise<Store> => {
    if (opened.length === 0) opened.push(jugdir.opened(openThere));
    return opened[0]!;
  };
  /** One that is missing is not made to be changed or inspected: there would be nothing in it. */
  const openThere = async (place: string): Promise<Store> => {
    const missing = how === 'read' ? undefined : await missingAt(place);
    if (missing === undefined) return openStore(place, how === 'write' ? 'write' : 'read');
    if (jugdir.isGiven) throw notThere(missing);
    note(`There is no store at ${missing} yet.`);
    return absentStore(missing);
  };
  const unheeded = unheededErrors(file);
  try {
    // Told before the jugfile is evaluated: it is not the jugfile's fault.
    if (how !== 'read' && jugdir.isGiven) await store();
    const looked = await Promise.race([
      unheeded.error,
      look(file, args, jugdir, store, LookingHost, restOf(note)),
    ]);
    // Of what the jugfile's last lines leave behind, node tells in its next turn: before anything is changed.
    await Promise.race([unheeded.error, new Promise(resolve => setImmediate(resolve))]);
    if (looked.stoppedAt !== undefined) {
      note(
        `The jugfile waits at a barrier (${looked.stoppedAt.site}): what it defines after that is not known yet.`,
      );
    }
    if (looked.unended !== undefined) {
      note(
        `The jugfile has come to its last line, but something that it started has not ended (${looked.unended.what}): what is defined after that is not known.`,
      );
    }
    const {removals} = looked.host;
    if (removals.length > 0) {
      note(
        `The jugfile calls invalidate() (${removals.join(', ')}): only \`jug execute\` does that, and this command goes by what is there.`,
      );
    }
    const storeNow = async (): Promise<Store> => {
      const {current} = jugdir;
      if ((await store()).kind === ABSENT && (await missingAt(current)) === undefined)
        opened.unshift(openStore(current, 'read'));
      return store();
    };
    const changing = async <T>(change: (store: Store) => Promise<T>): Promise<T> => {
      const {current} = jugdir;
      const missing = await missingAt(current);
      if (missing !== undefined) throw notThere(missing);
      for (const opening of opened.splice(0)) await (await opening).close();
      const writable = await openStore(current, 'write');
      try {
        return await change(writable);
      } finally {
        await writable.close();
        opened.push(openStore(current, 'read'));
      }
    };
    const code = await use({...looked, store, storeNow, changing, program: jugdir.program});
    return await Promise.race([unheeded.error, code]);
  } finally {
    for (const opening of opened) await (await opening.catch(() => undefined))?.close();
    unheeded.release();
  }
}

/** As `execute` waits, but not for long: who looks wants to see something. */
const LOOKING: Patience = {still: 10_000, open: 1000, total: 30_000};

function restOf(note: Invocation['note']): Rest {
  return until =>
    new Promise(resolve => {
      const release = watchUnawaited(LOOKING, resolve, what =>
        note(`Something that the jugfile started goes on (${what}): waiting for its end.`),
      );
      void until.then(() => {
        release();
        resolve(undefined);
      });
    });
}

/**
 * What `run` prints is printed when it has ended, and the store is closed: some stores write only then what was
 * changed. Nothing of it, if that failed.
 */
export async function printingLast(
  invocation: Invocation,
  run: (invocation: Invocation) => Promise<ExitCode>,
): Promise<ExitCode> {
  const printed: string[] = [];
  const code = await run({...invocation, print: text => void printed.push(text)});
  for (const text of printed) invocation.print(text);
  return code;
}

/** For what is about the store alone: the jugfile is evaluated only to learn which store it means. */
export async function withStore(
  invocation: Invocation,
  access: Access,
  use: (store: Store) => Promise<ExitCode>,
): Promise<ExitCode> {
  const {jugdir} = invocation.options;
  if (jugdir === undefined || invocation.jugfile !== undefined) {
    const how = access === 'read' ? 'inspect' : access;
    return withLook({...invocation, note: () => {}}, how, async looked => use(await looked.store()));
  }
  const missing = await missingAt(jugdir);
  if (missing !== undefined) throw notThere(missing);
  const store = await openStore(jugdir, access);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function notThere(place: string): JugError {
  return new JugError(
    `Expected a store at ${place}, found nothing there.\nFix --jugdir, or run \`jug execute\` first, which makes it.`,
  );
}

/** Rejections and exceptions that nobody handles: they end the command as if the jugfile had thrown them, or the store. */
function unheededErrors(file: string): {readonly error: Promise<never>; release(): void} {
  let refuse: (error: unknown) => void = () => {};
  const error = new Promise<never>((_, reject) => {
    refuse = thrown => reject(jugfileError(file, strayError(file, thrown)));
  });
  error.catch(() => {});
  process.on('unhandledRejection', refuse).on('uncaughtException', refuse);
  return {
    error,
    release: () => void process.off('unhandledRejection', refuse).off('uncaughtException', refuse),
  };
}
