// A whole run: the jugfile, the store, the workers and the scheduler put together. What `jug execute` and the
// library's `execute` both do.

import {readFileSync} from 'node:fs';
import {type ExitCode, JugError, StoreError} from '../core/errors.js';
import {demandFiles} from '../core/fd-limit.js';
import {strayError} from '../core/unhandled.js';
import {evaluate, jugfileError} from '../evaluation/evaluate.js';
import type {Barrier, GraphHost} from '../evaluation/graph-host.js';
import type {Event, Printed, PrintSink, Reporter} from '../graph/events.js';
import type {TaskGraph} from '../graph/graph.js';
import {loaderData} from '../loader/loader.js';
import {earlierDurations} from '../run/earlier-durations.js';
import {withUnsaved} from '../run/lost-results.js';
import {type Others, othersIn} from '../run/peers/other-processes.js';
import {openPool} from '../run/pool.js';
import type {End} from '../run/run-end.js';
import {RunHost} from '../run/run-host.js';
import {Scheduler} from '../run/scheduler.js';
import {exitCodeWith, type Remains, remainsText} from '../run/unended-work.js';
import {findJugfile} from '../settings/find-jugfile.js';
import {chosenJugdir} from '../settings/jugdir.js';
import {lateStore} from '../stores/lazy-store.js';
import {askedStore} from '../stores/pending-calls.js';
import {withoutPassword} from '../stores/redact.js';
import {isNew, isOpenedByWorkers, loadStore, openStore} from '../stores/registry.js';
import {patient} from '../stores/retry.js';
import {DEFAULT_LEASE, type Store, type StoreOptions} from '../stores/store.js';
import {rootOf} from '../tasks/functions.js';
import {madeFor} from '../tasks/provenance.js';
import {isMeant, parseTarget, type Target} from '../tasks/target.js';
import {wantsColours} from '../ui/paint.js';
import {printedText} from '../ui/task-output.js';
import {defaultJobs} from './default-jobs.js';
import {type ExecuteOptions, GRACE} from './run-options.js';
import {type Summary, Tally} from './summary.js';

/** Milliseconds that a call to the store may still take when running tasks are ended; with closing it, two seconds. */
const PARTING = 1500;
/** Milliseconds that a batch of tasks may take before others are given what it has not started. */
const LATE = 250;

/** A run that can be interrupted, and looked at while it goes on. */
export interface Run {
  readonly scheduler: Scheduler;
  /** Absolute. */
  readonly jugfile: string;
  /** Where results are; without a password. Until the first of them is looked for, the jugfile may say another place. */
  readonly jugdir: string;
  readonly workers: number;
  readonly graph: TaskGraph;
  /** As long as it can be asked. */
  readonly store: Store | undefined;
  /** Who else is at work on the same results, by their locks. Never rejects; `undefined`, where it cannot be told now. */
  others(): Promise<Others | undefined>;
  /** When all is stored, and the store is closed. */
  readonly summary: Promise<Summary>;
  /** When the threads have ended, or were given up. Never rejects. */
  readonly ended: Promise<Remains>;
  /** Whether there is nothing to come but that. */
  readonly isOver: boolean;
  /** First call: starts nothing new. Second: ends the threads. */
  interrupt(): void;
  /** Something of the jugfile, or of a store's module, failed where nobody waited for it: the run ends, and keeps what is computed. */
  fail(error: unknown): void;
}

export async function startRun(
  given: string | undefined,
  options: ExecuteOptions,
  reporter?: Reporter,
  show: PrintSink = showOnStderr,
): Promise<Run> {
  const jugfile = findJugfile(given);
  const jugdir = chosenJugdir(jugfile, options.jugdir);
  const args = options.args ?? [];
  const target = options.target === undefined ? undefined : parseTarget(options.target);
  const jobs = options.jobs ?? defaultJobs().jobs;
  demandFiles(jobs);
  const storePatience = (options.storePatience ?? 600) * 1000;
  const grace = (options.grace ?? GRACE) * 1000;
  const lease = options.lease === undefined ? DEFAULT_LEASE : options.lease * 1000;
  const tally = new Tally();
  const emit = (event: Event): void => {
    tally.on(event);
    reporter?.on(event);
    options.onEvent?.(event);
  };
  const storeOptions: StoreOptions = {
    lease,
    tryAgain: true,
    note: message => emit({type: 'warning', message}),
    onSilence: (error, milliseconds) => store.silent(error, milliseconds),
  };
  const openThere = (place: string): Promise<Store> => openStore(place, 'write', storeOptions);
  const late = lateStore(withoutPassword(jugdir.current), async () => {
    const opened = await jugdir.opened(openThere, message => emit({type: 'warning', message}));
    madeFor(jugdir.program);
    return opened;
  });
  const store = patient(late, {
    milliseconds: storePatience,
    onAway: ({message}) => emit({type: 'away', reason: message, patience: storePatience}),
    onBack: away => emit({type: 'back', away}),
  });
  const asked = askedStore(
    async () => store,
    () => scheduler.signal(),
  );
  const host = new RunHost(rootOf(jugfile), async () => asked.store);
  jugdir.functions = host.functions;
  let begin: () => void = () => {};
  const begun = new Promise<void>(resolve => {
    begin = resolve;
  });
  const runner = openPool({
    jobs,
    setup: () => ({jugfile, storePatience}),
    argv: args,
    begun,
    journal: host.journal,
    sources: loaderData,
    recover: (missing, time) => scheduler.recover(missing, time),
    warn: message => emit({type: 'warning', message}),
    show,
    async jugdir() {
      // Not before main needs it: the jugfile may still say where it is.
      await begun;
      await late.ready();
      return (await isOpenedByWorkers(jugdir.current)) ? jugdir.current : undefined;
    },
    store,
  });
  if (isNew(jugdir.current) && (jugdir.isGiven || !mayMove(jugfile))) runner.prepare();
  const runOptions = {
    target,
    keepGoing: options.keepGoing ?? false,
    keepFailed: options.keepFailed ?? false,
    patience: (options.waitCycleTime ?? 12) * (options.nrWaitCycles ?? 150) * 1000,
    debug: options.debug ?? false,
    late: LATE,
  };
  const scheduler = new Scheduler(host.graph, store, runner, runOptions, emit, late);
  host.settle = (ids, barrier) => {
    // A jugfile may wait before it has defined anything.
    setImmediate(begin);
    const passing = scheduler.waiters.wait(ids, barrier);
    scheduler.signal();
    return passing;
  };
  scheduler.waiters.isAsking = asked.isAsked;
  host.atHand = scheduler.waiters.fresh;
  host.recover = missing => scheduler.recover(missing);
  host.onJugdir = wanted => jugdir.set(wanted);
  let defined = false;
  host.onDefine = () => {
    scheduler.signal();
    // What the jugfile does in one go after its first task is still before anything is run.
    if (!defined) setImmediate(begin);
    defined = true;
  };
  let interrupts = 0;
  let isBroken = false;
  /** Everything is stored, and the store is closed. */
  let isClosed = false;
  /** It is there, and asked by the run. */
  let isOpen = false;
  let isClosing = false;
  async function close(): Promise<void> {
    isClosing = true;
    await store.close().catch(error => {
      throw withUnsaved(error, host.graph);
    });
  }

  async function runThrough(evaluation: Promise<unknown>): Promise<End> {
    isOpen = true;
    for (const {kind, text} of (await store.describe()).notes) {
      if (kind !== 'fact') emit({type: 'warning', message: text});
    }
    // For an estimate: no run fails for it.
    if (reporter?.recall !== undefined) reporter.recall(await earlierDurations(store).catch(() => new Map()));
    return scheduler.run(evaluation);
  }

  const summary = (async (): Promise<Summary> => {
    try {
      await loadStore(jugdir.current);
      const evaluation = evaluate(jugfile, args, host);
      const refusals: End[] = [];
      evaluation.catch(error => refusals.push({kind: 'jugfile', error}));
      evaluation.then(() => host.journal.end()).catch(() => {});
      evaluation.then(begin, begin);
      await begun;
      // What the jugfile throws before anything could run leaves no store behind.
      const end = refusals[0] ?? (await runThrough(evaluation));
      // That the store broke is not the jugfile's fault, though it was the jugfile that asked.
      if (end.kind === 'jugfile' && (end.error instanceof StoreError || end.error === jugdir.refusal))
        throw end.error;
      if (end.kind === 'finished' || end.kind === 'stuck') refuseIdle(target, scheduler, host);
      return {
        ...tally.summary(scheduler, id => String(host.graph.task(id))),
        end: told(end, jugfile, scheduler.waiters.barriers),
        exitCode: exitCodeOf(end, scheduler),
      };
    } catch (error) {
      isBroken = error instanceof StoreError && error.fatal && store.kind === 'lmdb';
      throw error;
    } finally {
      host.isOver = true;
      // What broke LMDB may have broken the process (stores/lmdb/safety/free-space.ts): before it ends, it says what is lost. Its locks
      // are given away anyway; other stores are closed first, as what they hold is saved, or given back, only then.
      if (isBroken) close().catch(() => {});
      else await close();
      isClosed = true;
    }
  })();

  /** Nothing that tasks have left behind keeps the run from being stored and told: threads end after that. */
  async function endThreads(): Promise<Remains> {
    const begun = performance.now();
    const remains = await runner.finish(grace);
    const waited = Math.min(performance.now() - begun, grace);
    for (const message of remainsText(remains, waited)) emit({type: 'warning', message});
    return remains;
  }
  return {
    scheduler,
    jugfile,
    get jugdir() {
      return withoutPassword(jugdir.current);
    },
    workers: jobs,
    graph: host.graph,
    get store() {
      return isOpen && !isClosing ? store : undefined;
    },
    others: async () => (isOpen && !isClosing ? othersIn(store).catch(() => undefined) : undefined),
    summary,
    ended: summary.then(endThreads, () => (isBroken ? runner.kill() : endThreads())),
    get isOver() {
      return isClosed;
    },
    interrupt() {
      interrupts++;
      begin();
      if (interrupts === 1 && !isClosed) return scheduler.stop('interrupt');
      store.giveUp(PARTING);
      void runner.kill();
    },
    fail(error) {
      begin();
      scheduler.fail(strayError(jugfile, error));
    },
  };
}

/** That of a run whose threads have ended as well. */
export async function wholeSummary({summary, ended}: Run): Promise<Summary> {
  const remains = await ended;
  const whole = await summary;
  return {...whole, exitCode: exitCodeWith(remains, whole.exitCode)};
}

/** In a script, whose stdout is its own. */
function showOnStderr(printed: Printed, done: () => void): void {
  const {stderr} = process;
  const hasColours = wantsColours('auto', process.env, () => (stderr.isTTY ? stderr.getColorDepth() : 1));
  stderr.write(printedText(printed, hasColours), () => done());
}

/** What the jugfile threw, as the user is to see it. */
function told(end: End, jugfile: string, barriers: readonly Barrier[]): Summary['end'] {
  return end.kind === 'jugfile' ? {kind: 'jugfile', error: jugfileError(jugfile, end.error, barriers)} : end;
}

/** Whether the jugfile may say that results are kept elsewhere: then it is not known yet that there are none. */
function mayMove(jugfile: string): boolean {
  return readFileSync(jugfile, 'utf8').includes('setJugdir');
}

function exitCodeOf(end: End, scheduler: Scheduler): ExitCode {
  const {failed} = scheduler.states.total;
  switch (end.kind) {
    case 'finished':
      return 0;
    case 'stopped':
      return end.reason === 'interrupt' ? 130 : 1;
    case 'stuck':
      return failed > 0 ? 1 : 4;
    case 'jugfile':
      return 3;
  }
}

/** A target that means nothing is a slip of the pen, and no success. */
function refuseIdle(target: Target | undefined, {waiters}: Scheduler, {graph}: GraphHost): void {
  if (target === undefined) return;
  for (const task of graph.tasks()) if (isMeant(target, task)) return;
  const [barrier] = waiters.barriers;
  const beyond =
    barrier === undefined ? '' : ` before the barrier at ${barrier.site}, which waits for others`;
  throw new JugError(`No task of the jugfile matches ${target.text}${beyond}: nothing was run.`);
}
