// Where results are kept: what the command line says, else the jugfile by setJugdir, else the user's settings, else a
// folder beside the jugfile. Settled when the store is first needed. Knows no stores.

import path from 'node:path';
import {JugError} from '../errors.js';
import {userFrame} from '../frame.js';
import {settingsFor} from './settings.js';

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
  readonly #isGiven: boolean;
  readonly #jugfile: string;
  #isSettled = false;

  /** `given` on the command line, or by a program; `otherwise` what is taken if the jugfile says nothing either. */
  constructor(jugfile: string, given: string | undefined, otherwise = defaultJugdir(jugfile)) {
    this.#jugfile = jugfile;
    this.#isGiven = given !== undefined;
    this.#current = expandJugdir(given ?? otherwise, jugfile);
  }

  /** As far as it is known. */
  get current(): string {
    return this.#current;
  }

  /** Whether the jugfile has no say in it. */
  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** What the jugfile wants. Called while the line is on the stack. Errors: a JugError, if the store is in use. */
  set(jugdir: string): void {
    const {site} = userFrame();
    if (typeof jugdir !== 'string' || jugdir === '') {
      throw new JugError(
        `Expected setJugdir to be given a folder, or another jugdir; found ${JSON.stringify(jugdir) ?? String(jugdir)} (${site}).`,
      );
    }
    const wanted = expandJugdir(jugdir, this.#jugfile);
    if (this.#isGiven || wanted === this.#current) return;
    if (this.#isSettled) {
      throw new JugError(
        `Expected setJugdir(${JSON.stringify(jugdir)}) before anything is run or looked up (${site}); found results in use in ${this.#current}.\n` +
          'Call it at the top of the jugfile, before the first await.',
      );
    }
    this.#current = wanted;
  }

  /** From now on it stays. */
  settle(): string {
    this.#isSettled = true;
    return this.#current;
  }
}

/** Errors: a JugError, for settings that cannot be understood. */
export function chosenJugdir(jugfile: string, given: string | undefined): Jugdir {
  return new Jugdir(jugfile, given, settingsFor(path.dirname(jugfile)).jugdir);
}
