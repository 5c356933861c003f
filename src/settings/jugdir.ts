// Where results are kept: what the command line says, else the jugfile by setJugdir, else the user's settings, else a
// folder beside the jugfile, in the one form that all go by. Settled when the store is first needed. Opens none.

import path from 'node:path';
import {userFrame} from '../core/call-site.js';
import {JugError, StoreError} from '../core/errors.js';
import {checkedStore} from '../stores/checked-store.js';
import {withoutPassword} from '../stores/redact.js';
import {normalJugdir, pathOf} from '../stores/registry.js';
import type {Store} from '../stores/store.js';
import type {Program} from '../tasks/provenance.js';
import {type Functions, ProgramCheck, programOf} from './programs.js';
import {type SetJugdir, settingsFor} from './settings.js';

/** `<jugfile>.jugdata`, beside the jugfile: `primes.ts` → `primes.jugdata`. */
export function defaultJugdir(jugfile: string): string {
  return jugfile.replace(/\.[^./\\]+$/, '.jugdata');
}

/** `%(jugfile)s` is the jugfile's name without its ending, `%(date)s` the day as YYYY-MM-DD, by the local clock. */
export function expandJugdir(jugdir: string, jugfile: string, now = new Date()): string {
  const digits = (number: number): string => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}-${digits(now.getMonth() + 1)}-${digits(now.getDate())}`;
  return jugdir.replaceAll('%(jugfile)s', path.parse(jugfile).name).replaceAll('%(date)s', date);
}

export class Jugdir {
  #current: string;
  /** Undefined on the command line, or beside the jugfile. */
  #site: string | undefined;
  readonly #isGiven: boolean;
  readonly #jugfile: string;
  readonly #isShared: boolean;
  #isSettled = false;
  #refusal: unknown;
  /** Those of the jugfile, once it is evaluated. */
  functions: Functions = {met: new Set()};

  /** `given` on the command line, or by a program; `set`, by settings, is taken if the jugfile says nothing either. */
  constructor(jugfile: string, given: string | undefined, set: SetJugdir | undefined, isShared = false) {
    this.#jugfile = jugfile;
    this.#isShared = isShared;
    this.#isGiven = given !== undefined;
    this.#current = normalJugdir(expandJugdir(given ?? set?.jugdir ?? defaultJugdir(jugfile), jugfile));
    this.#site = given === undefined ? set?.site : undefined;
  }

  /** As far as it is known. */
  get current(): string {
    return this.#current;
  }

  /** Whether the jugfile has no say in it. */
  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** Why it could not be opened, if it could not: an error that is not the jugfile's, be it the jugfile that meets it. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** What the jugfile wants. Called while the line is on the stack. Errors: a JugError, if the store is in use. */
  set(jugdir: string): void {
    const {site} = userFrame();
    if (typeof jugdir !== 'string' || jugdir === '') {
      throw new JugError(
        `Expected setJugdir to be given a folder, or another jugdir; found ${JSON.stringify(jugdir) ?? String(jugdir)} (${site}).`,
      );
    }
    const wanted = normalJugdir(expandJugdir(jugdir, this.#jugfile));
    if (this.#isGiven || wanted === this.#current) return;
    if (this.#isSettled) {
      throw new JugError(
        `Expected setJugdir(${JSON.stringify(withoutPassword(jugdir))}) before anything is run or looked up (${site}); found results in use in ${withoutPassword(this.#current)}.\n` +
          'Call it at the top of the jugfile, before the first await.',
      );
    }
    this.#current = wanted;
    this.#site = site;
  }

  /** Once it is settled. */
  get program(): Program {
    return programOf(this.#jugfile, pathOf(this.#current));
  }

  /**
   * Opens what it names; from now on it stays. Errors: those of `open`, with the place where the jugdir was set, since
   * the user may not have it in mind. What is asked of the store then is refused with a JugError, if another program has results of
   * a function of the same name there. `enter`: the store is to know of this program; called with what the user should know.
   */
  async opened(open: (jugdir: string) => Promise<Store>, enter?: (note: string) => void): Promise<Store> {
    this.#isSettled = true;
    let store: Store;
    try {
      store = await open(this.#current);
    } catch (error) {
      throw this.#refused(error);
    }
    const isShared = this.#isShared;
    const programs = new ProgramCheck(store, {program: this.program, isShared, enter});
    let refusal: unknown;
    return checkedStore(store, () =>
      programs.check(this.functions)?.catch(error => {
        if (error instanceof StoreError) throw error;
        refusal ??= this.#refused(error);
        throw refusal;
      }),
    );
  }

  #refused(error: unknown): unknown {
    this.#refusal = this.#withSite(error);
    return this.#refusal;
  }

  #withSite(error: unknown): unknown {
    if (this.#site === undefined || !(error instanceof JugError)) return error;
    const message = `${error.message}\nThe jugdir is set in ${this.#site}.`;
    return error instanceof StoreError
      ? new StoreError(message, error.fatal, {cause: error, exitCode: error.exitCode})
      : new JugError(message, error.exitCode, {cause: error});
  }
}

/** Errors: a JugError, for settings that cannot be understood. */
export function chosenJugdir(jugfile: string, given: string | undefined): Jugdir {
  const {jugdir, share} = settingsFor(path.dirname(jugfile));
  return new Jugdir(jugfile, given, jugdir, share);
}
