// The runner of real runs: a piscina pool of worker threads, and a comlink channel to each of them. At most one batch
// a worker is inside piscina; the scheduler does the queueing.

import {fileURLToPath} from 'node:url';
import type {MessagePort} from 'node:worker_threads';
import {expose, transfer} from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import {Piscina} from 'piscina';
import {StoreError} from '../errors.js';
import {describeThrown, type Thrown, ThrownElsewhere} from '../failure.js';
import type {TaskHash} from '../hash.js';
import type {Journal} from '../journal.js';
import type {Reading} from '../stores/store.js';
import type {Sources} from '../typescript/typescript.js';
import type {Batch, MainService, Missing, Outcomes, Reply, Request, WorkerSetup} from './protocol.js';
import type {BatchEnd, Runner} from './runner.js';

const ENTRY = fileURLToPath(new URL('../../workers/entry.cjs', import.meta.url));

export interface PoolOptions {
  readonly jobs: number;
  /** What a worker needs to know at its start. */
  readonly setup: () => WorkerSetup;
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
}

/** Starts no thread before it is told that there is something to run: a run that finds everything finished needs none. */
export function openPool(options: PoolOptions): Runner {
  const reports = new Map<number, (outcomes: Outcomes) => void>();
  let pool: Piscina | undefined;
  let requests = 0;
  let killing: Promise<void> | undefined;

  const threads = new Arrivals(options.jobs);
  const service = {
    sites: (ids: readonly number[]) => options.journal.sites(ids),
    async recover(missing: Missing, time: number) {
      const recovery = options.recover(missing, time - performance.timeOrigin);
      await recovery;
      return recovery !== undefined;
    },
    progress: (request: number, outcomes: Outcomes) => reports.get(request)?.(outcomes),
    warn: options.warn,
    jugdir: options.jugdir,
    ...readingService(options.store),
  };

  /** Only functions, and frozen: comlink lets the other side write to whatever is exposed. */
  function serviceOfOne(): MainService {
    const reader = options.journal.reader();
    return Object.freeze({
      ...service,
      async begin() {
        await options.begun;
        return {sources: options.sources(), env: reader.environment()};
      },
      ready: () => threads.arrived(),
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
      workerData: options.setup(),
      argv: [...options.argv],
    });
    // Errors of idle workers arrive here and nowhere else; without a listener they would end the process.
    // One that has died without having been ready is not waited for.
    created.on('workerDestroy', () => void threads.arrived());
    created.on('error', error => {
      options.warn(`A worker failed while it was idle: ${describeThrown(error).message}`);
    });
    created.on('message', (message: unknown) => {
      const {port} = message as {port: MessagePort};
      expose(serviceOfOne(), nodeEndpoint(port));
      port.unref();
    });
    return created;
  }

  return {
    size: options.jobs,
    prepare() {
      if (killing === undefined) pool ??= start();
    },
    async run(batch: Batch, report): Promise<BatchEnd> {
      const id = requests++;
      reports.set(id, report);
      try {
        pool ??= start();
        const request: Request = {id, epoch: options.journal.length, batch};
        const reply = (await pool.run(request)) as Reply;
        if (reply.kind === 'unusable') return {kind: 'unusable', error: new ThrownElsewhere(reply.error)};
        if (reply.kind === 'storeless') return {kind: 'unusable', error: new StoreError(reply.message, true)};
        report(reply.outcomes);
        return {kind: 'done'};
      } catch (error) {
        return killing !== undefined ? {kind: 'killed'} : {kind: 'died', error: whyItDied(error)};
      } finally {
        reports.delete(id);
      }
    },
    kill() {
      // Asked a second time, piscina would not wait for the threads any more.
      killing ??= pool?.destroy() ?? Promise.resolve();
      return killing;
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
