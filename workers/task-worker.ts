// The worker thread's entry. Evaluates the jugfile to have its functions, then runs batches: loads arguments, calls
// the function, encodes the result, hands the bytes back. Never writes to the store, holds no lock.

import {MessageChannel, workerData} from 'node:worker_threads';
import {type Remote, transfer, wrap} from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import {move, transferableSymbol, valueSymbol} from 'piscina';
// Loaded before the loader's hooks are in place, since every import then takes a detour through them.
import '../src/index.js';
import {StoreError} from '../src/errors.js';
import {describeThrown} from '../src/failure.js';
import type {MainService, Reply, Request, WorkerSetup} from '../src/run/protocol.js';
import {openStore} from '../src/stores/open.js';
import {openPatiently} from '../src/stores/patient.js';
import type {Reading} from '../src/stores/store.js';
import {rootOf} from '../src/tasks/functions.js';
import {setHost} from '../src/tasks/host.js';
import {importFile, installLoader} from '../src/typescript/typescript.js';
import {runBatch} from './batch-run.js';
import {batchBegins, batchEnds, greet} from './ending.js';
import {storeOfMain} from './main-store.js';
import type {Flushed} from './outcome-writer.js';
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
  passed: key => main.passed(key) as Promise<boolean>,
  recover: (missing, time) => main.recover(missing, time) as Promise<string | undefined>,
});
setHost(host);
installLoader(setup.sources);
process.argv = [process.argv[0]!, setup.jugfile, ...process.argv.slice(2)];
host.follow(importFile(setup.jugfile));

export default async function task(request: Request): Promise<unknown> {
  batchBegins();
  try {
    return await answer(request);
  } finally {
    await batchEnds();
  }
}

async function answer({id, batch}: Request): Promise<unknown> {
  try {
    await host.reach(batch.epoch, batch.function);
  } catch (error) {
    return {kind: 'unusable', error: describeThrown(error)} satisfies Reply;
  }
  try {
    return moved(
      await runBatch(batch, host, {
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

/** Tells piscina to transfer the bytes instead of copying them. */
function moved({outcomes, transfers}: Flushed): unknown {
  const reply: Reply = {kind: 'outcomes', outcomes};
  if (transfers.length === 0) return reply;
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
