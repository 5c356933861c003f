// The runner of real runs: a piscina pool of worker threads, and a comlink channel to each of them. At most one batch
// a worker is inside piscina; the scheduler does the queueing.

import {setTimeout as sleep} from 'node:timers/promises';
import type {Worker} from 'node:worker_threads';
import {expose, transfer} from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import {Piscina} from 'piscina';
import {StoreError} from '../core/errors.js';
import {describeThrown, type Thrown, ThrownElsewhere} from '../core/failure.js';
import {entryPath} from '../core/package-files.js';
import {stdinRecord} from '../evaluation/stdin.js';
import type {PrintSink} from '../graph/events.js';
import type {Sources} from '../loader/loader.js';
import type {Reading} from '../stores/store.js';
import type {TaskHash} from '../values/task-hash.js';
import {endDescendants} from './child-processes.js';
import type {Journal} from './journal.js';
import {Prints} from './prints.js';
import type {Batch, MainService, Missing, Outcomes, Reply, Request, WorkerSetup} from './protocol.js';
import type {BatchEnd, Runner} from './runner.js';
import type {Remains} from './unended-work.js';
import {isGreeting, Threads} from './worker-threads.js';

/**
 * Milliseconds for which a thread has the jugfile for itself: most top levels are done by then, so that what two threads
 * would do to one folder is done one after the other.
 */
const TURN_MS = 100;

const ENTRY = entryPath('workers/entry.cjs');

export interface PoolOptions {
  readonly jobs: number;
  /** What a worker needs to know at its start. */
  readonly setup: () => Omit<WorkerSetup, 'changing'>;
  /** The jugfile's own arguments. */
  readonly argv: readonly string[];
  /** Settles when the jugfile has come to something to be run: workers are to evaluate it, too. */
  readonly begun: Promise<void>;
  readonly journal: Journal;
  /** TypeScript that is loaded by then. */
  readonly sources: () => Sources;
  /** Makes anew what was missing at `time`, by this thread's clock; `undefined`: it was never there. */
  readonly recover: (missing: Missing, time: number) => Promise<void> | undefined;
  /** As MainService says. */
  readonly jugdir: () => Promise<string | undefined>;
  /** For workers that cannot open it themselves. */
  readonly store: Reading;
  readonly warn: (message: string) => void;
  /** Shows what tasks print. */
  readonly show: PrintSink;
}

export interface Pool extends Runner {
  /**
   * Ends the threads, and waits up to `grace` milliseconds for what tasks have left open in them. Settles soon after
   * that in any case.
   */
  finish(grace: number): Promise<Remains>;
  /** With the programs that tasks have started. */
  kill(): Promise<Remains>;
}

/** Starts no thread before it is told that there is something to run: a run that finds everything finished needs none. */
export function openPool(options: PoolOptions): Pool {
  const reports = new Map<number, (outcomes: Outcomes) => void>();
  const kills = new Map<number, () => void>();
  const threads = new Threads(options.warn);
  const prints = new Prints(options.show);
  let pool: Piscina | undefined;
  let requests = 0;
  let ending: Promise<Remains> | undefined;
  let cut: () => void = () => {};
  const killed = new Promise<void>(resolve => {
    cut = resolve;
  });
  let isKilled = false;
  let hasWarned = false;

  /** Settles when the next thread may evaluate the jugfile. */
  let turn: Promise<void> = Promise.resolve();
  /** Of batches that were handed to the pool. */
  const waitings = new Set<AbortController>();
  const dangers = new Set<string>();
  const arrivals = new Arrivals(options.jobs);
  const service = {
    sites: (ids: readonly number[]) => options.journal.sites(ids),
    async recover(missing: Missing, time: number) {
      const recovery = options.recover(missing, time - performance.timeOrigin);
      await recovery;
      return recovery !== undefined;
    },
    stdin: (place: number) => stdinRecord.piece(place),
    danger(message: string) {
      if (dangers.has(message)) return;
      dangers.add(message);
      options.warn(message);
    },
    progress(request: number, outcomes: Outcomes) {
      prints.flush();
      reports.get(request)?.(outcomes);
    },
    warn(message: string) {
      prints.flush();
      options.warn(message);
    },
    jugdir: options.jugdir,
    ...readingService(options.store),
  };

  /** Only functions, and frozen: comlink lets the other side write to whatever is exposed. */
  function serviceOfOne(): MainService {
    const reader = options.journal.reader();
    let evaluated: () => void = () => {};
    return Object.freeze({
      ...service,
      async begin() {
        await options.begun;
        const before = turn;
        turn = Promise.race([
          new Promise<void>(resolve => {
            evaluated = resolve;
          }),
          before.then(() => sleep(TURN_MS, undefined, {ref: false})),
        ]);
        await before;
        return {sources: options.sources(), env: reader.environment(), stdin: stdinRecord.file};
      },
      ready() {
        evaluated();
        return arrivals.arrived();
      },
      follow: () => reader.next(),
    });
  }

  function start(): Piscina {
    const created = new Piscina({
      filename: ENTRY,
      minThreads: options.jobs,
      maxThreads: options.jobs,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A worker that sleeps in Atomics.wait could not go on with a jugfile that is suspended in it.
      atomics: 'disabled',
      workerData: {
        ...options.setup(),
        changing: new Int32Array(new SharedArrayBuffer(4)),
      } satisfies WorkerSetup,
      argv: [...options.argv],
    });
    // One that has died without having been ready is not waited for.
    created.on('workerDestroy', () => {
      void arrivals.arrived();
      // The pool starts no other where one has died before it was ready: nobody would take what waits.
      setImmediate(() => {
        if (created.threads.length === 0) for (const waiting of [...waitings]) waiting.abort();
      });
    });
    // Errors of idle workers arrive here and nowhere else; without a listener they would end the process.
    created.on('error', error => {
      options.warn(`A worker failed while it was idle: ${describeThrown(error).message}`);
    });
    created.on('message', (message: unknown) => {
      if (!isGreeting(message)) return strange();
      expose(serviceOfOne(), nodeEndpoint(message.port));
      message.port.unref();
      const worker = created.threads.find(({threadId}) => threadId === message.thread);
      if (worker === undefined) return;
      const {port, ring} = message.prints;
      threads.greeted(message, worker, prints.listen(message.thread, port, ring));
    });
    return created;
  }

  function strange(): void {
    if (hasWarned) return;
    hasWarned = true;
    options.warn(
      "Expected nobody but jug to use a worker's parentPort, found that the jugfile, or a module, has posted a message to it. " +
        'Nobody hears it: a task returns what it has to say.',
    );
  }

  async function answer(request: Request): Promise<BatchEnd> {
    const waiting = new AbortController();
    waitings.add(waiting);
    try {
      pool ??= start();
      const reply = (await pool.run(request, {signal: waiting.signal})) as Reply;
      prints.flush();
      if (reply.kind === 'unusable') return {kind: 'unusable', error: new ThrownElsewhere(reply.error)};
      if (reply.kind === 'storeless') return {kind: 'unusable', error: new StoreError(reply.message, true)};
      reports.get(request.id)?.(reply.outcomes);
      return {kind: 'done'};
    } catch (error) {
      if (isKilled) return {kind: 'killed'};
      return {kind: 'died', error: waiting.signal.aborted ? NEVER_READY : whyItDied(error)};
    } finally {
      waitings.delete(waiting);
    }
  }

  /** Those that are there; when they have ended, no others are started for them. */
  function lastThreads(): readonly Worker[] {
    if (pool === undefined) return [];
    pool.options.minThreads = 0;
    return pool.threads;
  }

  return {
    size: options.jobs,
    prepare() {
      if (ending === undefined) pool ??= start();
    },
    async run(batch: Batch, report, names): Promise<BatchEnd> {
      if (isKilled) return {kind: 'killed'};
      const id = requests++;
      reports.set(id, report);
      prints.named(id, names);
      const end = await new Promise<BatchEnd>(resolve => {
        // A thread that does not end is not waited for.
        kills.set(id, () => resolve({kind: 'killed'}));
        void answer({id, epoch: options.journal.epoch, batch}).then(resolve);
      });
      reports.delete(id);
      kills.delete(id);
      return end;
    },
    finish(grace) {
      ending ??= threads.finish(lastThreads(), grace, killed);
      return ending;
    },
    kill() {
      isKilled = true;
      if (ending === undefined) ending = threads.end(lastThreads());
      else void endDescendants(process.pid, ending);
      cut();
      for (const kill of kills.values()) kill();
      return ending;
    },
  };
}

/** The threads of the beginning; those that take the place of others are not waited for. */
class Arrivals {
  #missing: number;
  readonly #all: Promise<void>;
  #open: () => void = () => {};

  constructor(threads: number) {
    this.#missing = threads;
    this.#all = new Promise(resolve => {
      this.#open = resolve;
    });
  }

  /** One of them has evaluated the jugfile, or never will. Settles when all have. */
  arrived(): Promise<void> {
    this.#missing--;
    if (this.#missing <= 0) this.#open();
    return this.#all;
  }
}

/**
 * Always answers: with an error, if the store does. A worker that was ended meanwhile is not there to hear it, and
 * nothing waits for it here.
 */
function readingService(store: Reading): Pick<MainService, keyof Reading> {
  return {
    has: hashes => store.has(hashes),
    async load(hashes) {
      const records = await store.load(hashes);
      return transfer(records, transferable(records));
    },
    locks: () => store.locks(),
    async failures() {
      const all: (readonly [TaskHash, Uint8Array])[] = [];
      for await (const chunk of store.failures()) all.push(...chunk);
      return all;
    },
  };
}

/** Memory that holds one record and nothing else: what is small may stand in a pool of node's. */
function transferable(records: readonly (Uint8Array | undefined)[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const record of records) {
    const buffer = record?.buffer;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === record!.byteLength) buffers.add(buffer);
  }
  return [...buffers];
}

const NEVER_READY: Thrown = {
  name: 'Exit',
  message: 'the worker thread ended while it evaluated the jugfile, which it does for its functions',
};

function whyItDied(error: unknown): Thrown {
  const thrown = describeThrown(error);
  const exit = /worker exited with code: (\d+)/i.exec(thrown.message);
  if (exit !== null) {
    return {
      name: 'Exit',
      message: `the task called process.exit(${exit[1]}); a task ends by returning or throwing`,
    };
  }
  if (thrown.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return {
      name: 'OutOfMemory',
      message:
        'the task ran out of memory; NODE_OPTIONS=--max-old-space-size=MEGABYTES gives each worker more',
    };
  }
  return thrown;
}
