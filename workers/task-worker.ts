// The worker thread's entry. Evaluates the jugfile to have its functions, then runs batches: loads arguments, calls
// the function, encodes the result, hands the bytes back. Never writes to the store, holds no lock.

import {createRequire} from 'node:module';
import {MessageChannel, workerData} from 'node:worker_threads';
import {type Remote, transfer, wrap} from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
// Loaded before the loader's hooks are in place, since every import then takes a detour through them.
import '../src/index.js';
import {StoreError} from '../src/core/errors.js';
import {describeThrown} from '../src/core/failure.js';
import {importFile, installLoader, isWritten, shareSources} from '../src/loader/loader.js';
import type {
  Beginning,
  Chunk,
  Environment,
  MainService,
  Reply,
  Request,
  WorkerSetup,
} from '../src/run/protocol.js';
import {openStore} from '../src/stores/registry.js';
import {openPatiently} from '../src/stores/retry.js';
import type {Reading} from '../src/stores/store.js';
import {rootOf} from '../src/tasks/functions.js';
import {setHost} from '../src/tasks/host.js';
import {Garbage} from './collect-garbage.js';
import {Alone} from './exclusive-sections.js';
import type {Flushed} from './outcome-writer.js';
import {storeOfMain} from './remote-store.js';
import {onJugfileFailure, runBatch} from './run-batch.js';
import {asJugfile} from './task-context.js';
import {batchBegins, batchEnds, greet} from './thread-exit.js';
import {guardTopLevel} from './top-level.js';
import {WorkerHost} from './worker-host.js';

const setup = workerData as WorkerSetup;
const main = connect();

let opening: Promise<Reading> | undefined;
const store = (): Promise<Reading> => (opening ??= openReading());

/** Main says by itself that the store is away, since it needs it too. */
async function openReading(): Promise<Reading> {
  const jugdir = (await main.jugdir()) as string | undefined;
  if (jugdir === undefined) return storeOfMain(main);
  return openPatiently(() => openStore(jugdir, 'read'), {
    milliseconds: setup.storePatience,
    onAway() {},
    onBack() {},
  });
}

const host = new WorkerHost(rootOf(setup.jugfile), store, {
  recover: (missing, time) => main.recover(missing, time) as Promise<boolean>,
  sites: ids => main.sites(ids) as Promise<string[]>,
});

const garbage = new Garbage();

/** What the pool calls, once the jugfile is evaluated as far as main has come. */
export async function started(): Promise<(request: Request) => Promise<unknown>> {
  setHost(host);
  installLoader();
  const {sources, env, stdin} = (await main.begin()) as Beginning;
  applyEnvironment(env);
  const piece = (place: number) => main.stdin(place) as Promise<Uint8Array | null>;
  const isGoingOn = (): boolean => !hasRun || !host.isAtRest || !host.replay.isDelivered;
  const alone = new Alone(setup.changing);
  host.onRest = () => alone.leave();
  guardTopLevel({
    stdin: {file: stdin, piece},
    isGoingOn,
    alone() {
      // What a timer of the jugfile's does is told by nothing to be over.
      if (!host.isAtRest) alone.take();
    },
    warn: message => void main.danger(message),
  });
  shareSources(sources);
  process.argv = [process.argv[0]!, setup.jugfile, ...process.argv.slice(2)];
  void follow();
  host.mindsThread = () => isWritten(/\bisMainThread\b|\bthreadId\b|\bisWorker\b/);
  onJugfileFailure(error => host.fail(error));
  host.follow(asJugfile(() => importFile(setup.jugfile)));
  // What it threw is told with the first batch.
  await host.reach({words: 0, questions: 0, made: 0}).catch(() => {});
  applyEnvironment(env);
  await garbage.collect(host.made);
  await main.ready();
  return task;
}

async function follow(): Promise<never> {
  for (;;) {
    const chunk = (await main.follow()) as Chunk;
    if (chunk.env !== undefined) applyEnvironment(chunk.env);
    host.take(chunk);
  }
}

/** Main's environment is that of the run: what is asked of it is to be the same everywhere. */
function applyEnvironment(env: Environment): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete process.env[name];
    else if (process.env[name] !== value) process.env[name] = value;
  }
}

/** Whether there was a batch. */
let hasRun = false;

async function task(request: Request): Promise<unknown> {
  hasRun = true;
  batchBegins();
  try {
    return await answer(request);
  } finally {
    await batchEnds();
  }
}

async function answer({id, epoch, batch}: Request): Promise<unknown> {
  try {
    await host.reach(epoch, batch.function);
    await garbage.collect(host.made);
  } catch (error) {
    return {kind: 'unusable', error: describeThrown(error)} satisfies Reply;
  }
  try {
    return moved(
      await runBatch(batch, host, {
        request: id,
        progress: ({outcomes, transfers}) =>
          main.progress(id, transfer(outcomes, transfers)) as Promise<void>,
        warn: message => void main.warn(message),
      }),
    );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Opened anew, should it be asked for again.
    opening = undefined;
    return {kind: 'storeless', message: error.message} satisfies Reply;
  }
}

/** All of the pool's library, of which a worker needs three words; and most runs of a few tasks none. */
let piscina: typeof import('piscina') | undefined;

/** Tells piscina to transfer the bytes instead of copying them. */
function moved({outcomes, transfers}: Flushed): unknown {
  const reply: Reply = {kind: 'outcomes', outcomes};
  if (transfers.length === 0) return reply;
  // Not by import(), which takes a detour through the loader's hooks.
  piscina ??= createRequire(import.meta.url)('piscina') as typeof import('piscina');
  const {move, transferableSymbol, valueSymbol} = piscina;
  return move({
    get [transferableSymbol]() {
      return transfers;
    },
    get [valueSymbol]() {
      return reply;
    },
  } as never);
}

function connect(): Remote<MainService> {
  const {port1, port2} = new MessageChannel();
  greet(port2);
  return wrap<MainService>(nodeEndpoint(port1));
}
