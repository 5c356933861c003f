// The view of a run where nobody draws: plain lines. Progress seldom, failures at once. Knows no stream, and writes no
// escape sequence.

import type {Event, Progress, Reporter} from '../graph/events.js';
import {Failures} from './equal-failures.js';
import {clockText, durationText, grouped, rateText} from './format.js';
import type {RunModel, Shown, ShownFunction} from './model.js';
import {failureText, headerText, leftText, percentText, stoppingText} from './wording.js';

export interface PlainOptions {
  readonly write: (line: string) => void;
  readonly model: RunModel;
  readonly progress: () => Progress;
  /** When running tasks are ended after an interrupt, in words: whoever interrupts the run knows. */
  readonly ending: () => string;
  /** Says failures and warnings alone. */
  readonly isQuiet?: boolean;
  readonly now?: () => number;
}

/** Milliseconds between two looks. */
const LOOK = 500;
/** Milliseconds between two lines of progress; and where nothing moves, after ever more of them. */
const SILENCE = 10_000;
const MOST_SILENCE = 600_000;
/** Milliseconds of evaluating the jugfile after which it is said that nothing else goes on. */
const EVALUATION = 5000;
/** Milliseconds after which a running task is worth naming. */
const LONG = 10_000;
/** Functions that one line names. */
const MOST_NAMES = 3;

export interface PlainReporter extends Reporter {
  /** Says which failures there were that are like those it has told: to be called before the end is told. */
  tellRepeats(): void;
}

export function plainReporter(options: PlainOptions): PlainReporter {
  const {write, model, progress, ending, isQuiet = false, now = () => performance.now()} = options;
  const failures = new Failures();
  const lines = new Lines();
  const clock = (): string => `[${clockText(model.elapsed(now()))}]`;

  const timer = isQuiet
    ? undefined
    : setInterval(() => {
        const shown = model.shown(progress(), now());
        for (const line of lines.of(shown, () => failures.takeRepeats())) write(`${clock()} ${line}`);
      }, LOOK);
  timer?.unref();

  const tellRepeats = (): void => {
    for (const line of failures.takeRepeats()) write(`${clock()} ${line}`);
  };

  return {
    tellRepeats,
    on(event: Event): void {
      model.on(event, now());
      switch (event.type) {
        case 'failed': {
          if (!failures.isNew(event)) break;
          const by = event.elsewhere ? ' in another process' : '';
          const where = `${event.task} ${event.hash.slice(0, 12)}${by}`;
          write(`${clock()} FAILED ${where}\n${failureText(event.failure.error)}`);
          break;
        }
        case 'stopping':
          write(stoppingText(event.reason, event.running, ending));
          break;
        case 'away':
          write(
            `${clock()} waiting for the store, for up to ${clockText(event.patience)}; what is computed is kept: ${event.reason}`,
          );
          break;
        case 'back':
          write(`${clock()} the store is back after ${(event.away / 1000).toFixed(1)} s`);
          break;
        case 'warning':
          write(`warning: ${event.message}`);
          break;
        case 'loaded':
        case 'started':
        case 'finished':
          break;
      }
    },
    ...(!isQuiet && {recall: earlier => model.recall(earlier)}),
    close() {
      clearInterval(timer);
      tellRepeats();
    },
  };
}

/** What is said when: knows what it has said. */
class Lines {
  #isBegun = false;
  /** When the last line of progress was said, and what it said of what moves. */
  #said = 0;
  #moved = '';
  #silence = SILENCE;
  #all = 0;
  /** Functions that were told to be complete, with how many tasks they had. */
  readonly #complete = new Map<string, number>();

  *of(shown: Shown, repeats: () => readonly string[]): Generator<string> {
    if (!this.#isBegun) {
      if (shown.all === 0 && shown.elapsed < EVALUATION) return;
      // What is finished already is complete without a word.
      for (const {name, all} of shown.functions.filter(isComplete)) this.#complete.set(name, all);
      this.#isBegun = shown.all > 0;
      if (this.#isBegun || this.#all === 0) yield `jug execute ${headerText(shown)}`;
      this.#all = shown.all === 0 ? -1 : shown.all;
    }
    if (shown.all === 0) return;
    const complete = shown.functions.filter(fn => isComplete(fn) && this.#complete.get(fn.name) !== fn.all);
    if (complete.length > 0) yield completeText(complete);
    for (const {name, all} of complete) this.#complete.set(name, all);
    const progress = this.#progress(shown);
    if (progress === undefined) return;
    yield* repeats();
    yield progress;
  }

  #progress(shown: Shown): string | undefined {
    const {all, finished, failed, running, elsewhere, rate, left, elapsed} = shown;
    if (elapsed - this.#said < this.#silence) return undefined;
    const moved = `${all} ${finished} ${failed}`;
    this.#silence = moved === this.#moved ? Math.min(this.#silence * 2, MOST_SILENCE) : SILENCE;
    this.#moved = moved;
    this.#said = elapsed;
    const more = this.#all > 0 && all > this.#all ? ` (+${grouped(all - this.#all)} tasks)` : '';
    this.#all = all;
    return [
      `${percentText(finished, all).padStart(4)} ${grouped(finished)}/${grouped(all)}${more}`,
      `running ${running}`,
      ...(elsewhere === 0 ? [] : [`held by others ${grouped(elsewhere)}`]),
      `failed ${failed}`,
      rateText(rate),
      ...(left === undefined ? [] : [leftText(left)]),
      ...namesText(shown),
    ].join('  ');
  }
}

function isComplete({all, finished}: ShownFunction): boolean {
  return all > 0 && finished === all;
}

/** `done primes.isPrime (99), primes.sum (1)` */
function completeText(complete: readonly ShownFunction[]): string {
  const named = complete.slice(0, MOST_NAMES).map(({name, all}) => `${name} (${grouped(all)})`);
  const rest = complete.length - named.length;
  return `done ${named.join(', ')}${rest > 0 ? ` and ${rest} more functions` : ''}`;
}

/** Which functions are under way, and the task that has been running longest, if that is long. */
function namesText({functions, tasks}: Shown): string[] {
  const open = functions.filter(({running, ready}) => running + ready > 0);
  const named = [...open.filter(({running}) => running > 0), ...open.filter(({running}) => running === 0)]
    .slice(0, MOST_NAMES)
    .map(({name, finished, all}) => `${name} ${grouped(finished)}/${grouped(all)}`);
  const oldest = tasks.find(({age}) => age >= LONG);
  return [
    ...(named.length === 0 ? [] : [named.join(', ')]),
    ...(oldest === undefined ? [] : [`${oldest.task} for ${durationText(oldest.age)}`]),
  ];
}
