// jug execute: runs what the jugfile defines, says how far it is, and minds ctrl-c.

import {Option} from 'commander';
import {defaultJobs} from '../api/default-jobs.js';
import {type Run, startRun} from '../api/run.js';
import {type ExecuteOptions, GRACE, MOST_LEASE, MOST_WAIT} from '../api/run-options.js';
import {type ExitCode, JugError, StoreError} from '../core/errors.js';
import {type Patience, UnawaitedParts} from '../evaluation/floating-parts.js';
import {recordStdin} from '../evaluation/stdin.js';
import {exitCodeWith} from '../run/unended-work.js';
import {watchTasklets} from '../tasks/change-watch.js';
import {tellOfHashing} from '../tasks/hashing-report.js';
import {KeptOutput} from '../ui/screen/kept-output.js';
import {type Command, type Invocation, seconds, wholeNumber} from './command.js';
import {deferExits} from './deferred-exits.js';
import {leaveThreads, threadsAreStuck} from './leaving.js';
import {openView, showPrints, VIEWS} from './views.js';

/**
 * Where npm or its like has started jug, one press of ctrl-c may come twice, from the terminal and from npm, some
 * milliseconds apart, and more on a busy machine: a repeat within so many milliseconds is the same press. Elsewhere each counts.
 */
const SAME_PRESS_MS = process.env.npm_lifecycle_event === undefined ? 0 : 700;
/** Milliseconds for threads to end and results to be stored, in which more presses are impatience. */
const ENDING = 700;
/** What goes on by itself when all else is done is waited for nearly as node would; what is merely open is not. */
const UNAWAITED: Patience = {still: 600_000, open: 5_000, total: Number.POSITIVE_INFINITY};
/** Milliseconds for the run to end after its tasks were ended: more than its parts may take. */
const LAST_RESORT = 5000;

export const execute: Command = {
  example: 'jug execute -j 8 primes.ts',
  configure(parser) {
    const {jobs, from} = defaultJobs();
    parser
      .addOption(
        new Option('-j, --jobs <n>', 'how many workers')
          .argParser(wholeNumber(1))
          .default(jobs, `${jobs}, ${from}`),
      )
      .option('--target <name>', 'only these functions and what they need: name, module.function, or /regex/')
      .option('--keep-going', 'after a failure, run all that can still run')
      .option('--keep-failed', 'do not try again what failed in an earlier run')
      .option(
        '--wait-cycle-time <seconds>',
        'with the next: how long to wait for tasks that others hold',
        wholeNumber(0),
        12,
      )
      .option('--nr-wait-cycles <n>', 'how many times that', wholeNumber(0), 150)
      .option(
        '--lease <seconds>',
        'after how long without a sign of life a process on another machine counts as dead',
        seconds(1, MOST_LEASE),
        30,
      )
      .option(
        '--store-patience <seconds>',
        'how long a store that is away is waited for; what is computed is kept meanwhile',
        seconds(0, MOST_WAIT),
        600,
      )
      .option(
        '--grace <seconds>',
        'how long running tasks may go on after SIGTERM or SIGHUP, and what tasks have left open at the end',
        seconds(0, MOST_WAIT),
        GRACE,
      )
      .addOption(
        new Option(
          '--ui <view>',
          'how the run is shown: drawn on a terminal, in lines, as JSON for programs, or not at all',
        ).choices(VIEWS),
      )
      .addOption(
        new Option('--color <when>', 'whether what is drawn has colours').choices([
          'auto',
          'always',
          'never',
        ]),
      )
      .option('-q, --quiet', 'say nothing but what fails: --ui none')
      .option('--debug', 'refuse tasks that change their arguments, or make tasks');
  },
  async run(invocation) {
    let run: Run | undefined;
    let signals: Signals | undefined;
    const printed = new KeptOutput();
    const view = openView({invocation, run: () => run, printed, ending: () => signals!.ending});
    const {reporter} = view;
    const options = {...(invocation.options as ExecuteOptions), args: invocation.args};
    if (options.debug === true) watchTasklets();
    tellOfHashing(message => reporter.on({type: 'warning', message}));
    recordStdin();
    run = await startRun(invocation.jugfile, options, reporter, showPrints(invocation, printed));
    signals = handleSignals(run, invocation);
    const unawaited = partsOf(run, invocation);
    try {
      const summary = await run.summary;
      await view.report(summary);
      const code = exitCodeWith(await run.ended, summary.exitCode);
      if (summary.end.kind === 'jugfile') throw summary.end.error;
      return signals.received ?? (code || tellUnended(unawaited, invocation));
    } catch (error) {
      throw signals.received !== undefined && error instanceof StoreError
        ? endedBySignal(error, signals.received)
        : error;
    } finally {
      unawaited.release();
      if ((await run.ended).stuck > 0) threadsAreStuck();
      signals.release();
      reporter.close();
    }
  },
};

/** Has the run wait for what goes on by itself. */
function partsOf({scheduler}: Run, {note}: Invocation): UnawaitedParts {
  const parts = new UnawaitedParts(
    UNAWAITED,
    () => {
      const {failed, waiting, ready, finished, running} = scheduler.states.total;
      return failed + waiting + ready + finished + running + scheduler.waiters.passed;
    },
    () => scheduler.signal(),
    what =>
      note(
        `Something that the jugfile started goes on (${what}): waiting for its end, which may bring tasks.`,
      ),
  );
  scheduler.waiters.isUnderWay = () => parts.isUnderWay();
  return parts;
}

function tellUnended({unended}: UnawaitedParts, {note}: Invocation): ExitCode {
  if (unended === undefined) return 0;
  if (unended.kind === 'open') {
    note(
      `All else is done, and something that the jugfile started is still open (${unended.what}): it is not waited for. Close it, or call its unref().`,
    );
    return 0;
  }
  note(
    `Expected the jugfile to come to its end, found that something it started has not moved for ten minutes (${unended.what}).\n` +
      'Tasks that it would define after that are not run. In the jugfile, await what defines tasks.',
  );
  return 4;
}

/**
 * Whoever ends a run, or limits its time, is to see by the exit code that it was this which ended it, also where the
 * store was away: what is lost is told, and the next run computes it again, or finds that the store is still away.
 */
function endedBySignal(error: StoreError, received: ExitCode): JugError {
  return new JugError(error.message, received, {cause: error});
}

/** The exit codes of signals: 128 and the signal's number. */
type Received = 129 | 130 | 143;

interface Signals {
  readonly received: Received | undefined;
  /** When running tasks are ended, by the signal that came first. */
  readonly ending: string;
  release(): void;
}

function handleSignals(run: Run, {note, options}: Invocation): Signals {
  const grace = options.grace ?? GRACE;
  let received: Signals['received'];
  let lastPress = Number.NEGATIVE_INFINITY;
  let endingSince: number | undefined;

  /** An ordinary exit would wait for threads that do not end. */
  const die = (): void => {
    note('jug: A task is inside native code and does not end; jug ends without it.');
    release();
    threadsAreStuck();
    leaveThreads(received ?? 130);
  };
  const end = (): void => {
    endingSince = performance.now();
    note(run.isOver ? 'ending what tasks have left open' : 'ending the running tasks');
    run.interrupt();
    setTimeout(die, LAST_RESORT).unref();
  };
  const interrupt = (): void => {
    const now = performance.now();
    if (now - lastPress < SAME_PRESS_MS) return;
    lastPress = now;
    if (endingSince !== undefined) {
      if (now - endingSince >= ENDING) die();
    } else if (received !== undefined || run.isOver) {
      received ??= 130;
      end();
    } else {
      received = 130;
      run.interrupt();
    }
  };
  /** By somebody who does not look on, and will not press again. */
  const terminate = (code: 129 | 143): void => {
    if (received === 129 || received === 143) return;
    const isFirst = received === undefined;
    received = code;
    if (isFirst && !run.isOver) run.interrupt();
    setTimeout(() => endingSince ?? end(), grace * 1000).unref();
  };
  const onTerm = (): void => terminate(143);
  const onHangup = (): void => terminate(129);
  // Nobody's rejection or exception in the main thread is the jugfile's, or the store's: what is computed is stored all the same.
  const failed = (error: unknown): void => run.fail(error);
  const allowExits = deferExits();
  function release(): void {
    allowExits();
    process.off('SIGINT', interrupt).off('SIGTERM', onTerm).off('SIGHUP', onHangup);
    process.off('unhandledRejection', failed).off('uncaughtException', failed);
  }
  process.on('SIGINT', interrupt).on('SIGTERM', onTerm).on('SIGHUP', onHangup);
  process.on('unhandledRejection', failed).on('uncaughtException', failed);
  return {
    get received() {
      return received;
    },
    get ending() {
      return received === 130
        ? 'ctrl-c again ends them now'
        : `what still runs in ${grace} s is ended: --grace`;
    },
    release,
  };
}
