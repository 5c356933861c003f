// What the library's `execute` may be told, and the refusal of what means nothing: a program written without types, or
// with an option of another version, is told so before anything runs. The command line has its own readers.

import type {Event} from '../graph/events.js';
import {checkNames, misused} from '../tasks/usage-errors.js';

export interface ExecuteOptions {
  /** How many workers; one for each core that may be used, if not given. */
  readonly jobs?: number | undefined;
  /** `<jugfile>.jugdata`, if not given. */
  readonly jugdir?: string | undefined;
  /** The jugfile's own arguments: its `process.argv.slice(2)`. */
  readonly args?: readonly string[] | undefined;
  /** Run only these functions and what they need: a name, `module.function`, or `/regular expression/`. */
  readonly target?: string | undefined;
  /** After a failure, go on with all that can still run. */
  readonly keepGoing?: boolean | undefined;
  /** Do not try again what failed in an earlier run. */
  readonly keepFailed?: boolean | undefined;
  /** Seconds, and how many times so many, without news of tasks that others hold, before the run gives up. */
  readonly waitCycleTime?: number | undefined;
  readonly nrWaitCycles?: number | undefined;
  /** Seconds after which a process on another host that was not heard of counts as dead: 30, if not given. */
  readonly lease?: number | undefined;
  /** Seconds for which a store that is away is waited for: 600, if not given. */
  readonly storePatience?: number | undefined;
  /** Seconds for which what tasks have left open is waited for at the end: 10, if not given. */
  readonly grace?: number | undefined;
  /** Refuse tasks that change their arguments, or make tasks. */
  readonly debug?: boolean | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/** Seconds: a day, in which a task of a machine that has died is not run. */
export const MOST_LEASE = 86_400;
/** Seconds, some 23 days: timers know no longer time. */
export const MOST_WAIT = 2_000_000;

/** Seconds. */
export const GRACE = 10;

interface Kind {
  readonly text: string;
  takes(value: unknown): boolean;
}
const text: Kind = {text: 'a string', takes: value => typeof value === 'string'};
const flag: Kind = {text: 'true or false', takes: value => typeof value === 'boolean'};
const wholeNumber = (least: number): Kind => ({
  text: `a whole number of at least ${least}`,
  takes: value => Number.isInteger(value) && (value as number) >= least,
});
const seconds = (least: number, most?: number): Kind => ({
  text: `a number of seconds, at least ${least}${most === undefined ? '' : ` and at most ${most}`}`,
  takes: value => typeof value === 'number' && value >= least && value <= (most ?? Infinity),
});

const KINDS: Readonly<Record<keyof ExecuteOptions, Kind>> = {
  jobs: wholeNumber(1),
  jugdir: text,
  args: {
    text: 'an array of strings',
    takes: value => Array.isArray(value) && value.every(arg => typeof arg === 'string'),
  },
  target: text,
  keepGoing: flag,
  keepFailed: flag,
  waitCycleTime: seconds(0),
  nrWaitCycles: wholeNumber(0),
  lease: seconds(1, MOST_LEASE),
  storePatience: seconds(0, MOST_WAIT),
  grace: seconds(0, MOST_WAIT),
  debug: flag,
  onEvent: {text: 'a function', takes: value => typeof value === 'function'},
};

/** `options`, if each has a meaning. Errors: a JugError that names the first which has none. */
export function checkedOptions(options: ExecuteOptions): ExecuteOptions {
  checkNames(options, Object.keys(KINDS), 'execute()');
  for (const [name, value] of Object.entries(options)) {
    const kind = KINDS[name as keyof ExecuteOptions];
    if (value !== undefined && !kind.takes(value)) throw misused(`${name} to be ${kind.text}`, value);
  }
  return options;
}
