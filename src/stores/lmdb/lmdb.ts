// The default store: LMDB on a local disk, for any number of processes on one machine. Puts together results
// (results.ts), locks (claims.ts) and the gate that both are opened and written through; decides what is
// refused, created and cleaned up at open. The laws behind it are in docs/architecture.md.

import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {JugError, StoreError} from '../../errors.js';
import {keepDamaged} from '../damaged.js';
import {
  bytesIn,
  cannotWrite,
  examineFolder,
  freeSpace,
  isWritable,
  makeFolders,
  networkOf,
} from '../folder.js';
import {guard, refusingHalf} from '../guard.js';
import {beginMarker, checkMarker, FORMAT, finishMarker} from '../marker.js';
import {thisOwner, thisPlace} from '../owner.js';
import type {Access, Description, Packing, Store} from '../store.js';
import {CLAIM_TABLES, type Claims, countChanges, listLocks, openClaims} from './claims.js';
import {
  ENVIRONMENT_OPTIONS,
  type Environment,
  fileIdentity,
  hasData,
  openEnvironment,
} from './environment.js';
import {type Gate, openGate, openGateway} from './gate.js';
import {largeFiles, removeAbandonedDrafts} from './large.js';
import {examineData, failureToOpen, probeSpace} from './preflight.js';
import {readingHalf} from './reading.js';
import {openResults, RESULT_TABLES, type Results} from './results.js';
import {watchOnce} from './watch.js';

const KIND = 'lmdb';
/** Milliseconds between two looks at whether the files are still the ones we opened. */
const LOOK_EVERY = 1000;
/** Milliseconds: a look for changes is two reads of a number. */
const INTERVAL = 60;
const NOTHING_TO_PACK: Packing = {
  kind: 'nothing',
  why: 'An LMDB store keeps all its small results in one file, and uses what is freed in it for new ones.',
};

export async function openLmdb(path: string, access: Access): Promise<Store> {
  const folder = resolve(path);
  refuseNetwork(folder);
  const found = examineFolder(folder);
  if (access === 'read') return openToRead(folder, path);
  if (found === 'store') checkMarker(folder, KIND);
  return openToWrite(folder, path);
}

function refuseNetwork(folder: string): void {
  const name = networkOf(folder);
  if (name === undefined) return;
  throw new JugError(
    `${folder} is on a network filesystem (${name}), where the default store would lose results. Use --jugdir file:${folder} for a store made for it, or redis://…`,
  );
}

function openToWrite(folder: string, location: string): Store {
  const gate = enter(folder);
  const large = largeFiles(join(folder, 'large'));
  let results: Results;
  let resultsEnvironment: Environment;
  let locksEnvironment: Environment;
  let claims: Claims;
  try {
    resultsEnvironment = gate.hold(() => {
      gate.sweep();
      return openOrCreate(folder, gate);
    });
    results = openResults(resultsEnvironment, large);
    locksEnvironment = gate.hold(() => openLocks(folder, gate));
    claims = openClaims(locksEnvironment, thisOwner());
  } catch (error) {
    gate.close();
    throw failureToOpen(error, folder);
  }
  void removeAbandonedDrafts(join(folder, 'large'));
  const identity = fileIdentity(resultsEnvironment.dataFile);
  const state = guard(location);
  let looked = performance.now();

  function stillOurs(): void {
    const now = performance.now();
    if (now - looked < LOOK_EVERY) return;
    looked = now;
    if (fileIdentity(resultsEnvironment.dataFile) === identity) return;
    throw new StoreError(
      `The store ${folder} was removed or replaced while this process used it. What it saved before is in the removed files; start again`,
      true,
    );
  }

  return {
    kind: KIND,
    location,
    interval: INTERVAL,
    ...readingHalf(() => results, state),
    save: saving =>
      state.run(async () => {
        const drafts = saving.results.length === 0 ? [] : await results.draft(saving);
        try {
          gate.hold(() => {
            stillOurs();
            results.save(saving, drafts);
            claims.release(saving.release);
          });
        } finally {
          for (const draft of drafts) await large.discard(draft);
        }
      }),
    remove: hashes => state.run(() => (hashes.length === 0 ? [] : gate.hold(() => results.remove(hashes)))),
    setAside: hashes =>
      state.run(async () => {
        const records = await results.load(hashes);
        keepDamaged(join(folder, 'damaged'), hashes, records);
        return hashes.length === 0 ? [] : gate.hold(() => results.remove(hashes));
      }),
    removeFailures: hashes =>
      state.run(() => (hashes.length === 0 ? undefined : gate.hold(() => results.removeFailures(hashes)))),
    acquire: hashes =>
      state.run(() =>
        hashes.length === 0 ? [] : gate.hold(() => claims.acquire(hashes, results.finishedTest())),
      ),
    release: hashes => state.run(() => gate.hold(() => claims.release(hashes))),
    locks: () => state.run(() => listLocks(locksEnvironment)),
    breakLocks: everyone => state.run(() => gate.hold(() => claims.break(everyone))),
    changes: () => state.run(() => results.commits() + countChanges(locksEnvironment)),
    watch: onChange => watchOnce([resultsEnvironment.dataFile, locksEnvironment.dataFile], onChange),
    describe: () => state.run(() => describe(folder)),
    pack: () => state.run(() => NOTHING_TO_PACK),
    close: () =>
      state.close(() => {
        if (fileIdentity(resultsEnvironment.dataFile) === identity) giveBack(gate, claims);
        locksEnvironment.close();
        resultsEnvironment.close();
        gate.close();
      }),
  };
}

function describe(folder: string): Description {
  const free = Math.floor(freeSpace(folder) / 2 ** 20);
  return {
    format: FORMAT,
    bytes: bytesIn(folder),
    notes: [{kind: 'fact', text: `${free} MB are free on its disk.`}],
  };
}

function giveBack(gate: Gate, claims: Claims): void {
  try {
    gate.hold(() => claims.releaseAll());
  } catch (error) {
    // On a full disk not even that can be written. Locks of a process that has ended are given away anyway.
    if (!(error instanceof StoreError)) throw error;
  }
}

/** Creates nothing. A store that is not there yet is empty, and looked for again at each call. */
function openToRead(folder: string, location: string): Store {
  const state = guard(location);
  const locksFolder = join(folder, locksName());
  let gate: Gate | undefined;
  let environment: Environment | undefined;
  let results: Results | undefined;
  let locks: Environment | undefined;

  function current(): Results | undefined {
    if (results !== undefined) return results;
    if (examineFolder(folder) !== 'store') return undefined;
    checkMarker(folder, KIND);
    gate ??= enterToRead(folder);
    const way = gate;
    environment = way.hold(() => {
      examineData(join(folder, 'data.mdb'));
      return openEnvironment(folder, RESULT_TABLES, {readOnly: true, volatile: false}, way);
    });
    results = environment && openResults(environment, largeFiles(join(folder, 'large')));
    return results;
  }

  function currentLocks(): Environment | undefined {
    if (locks !== undefined || current() === undefined || !hasData(locksFolder)) return locks;
    const way = gate!;
    locks = way.hold(() => openEnvironment(locksFolder, CLAIM_TABLES, {readOnly: true, volatile: true}, way));
    return locks;
  }

  // Damage and a newer format are told at once, not by the first read.
  current();
  return {
    kind: KIND,
    location,
    interval: INTERVAL,
    ...readingHalf(current, state),
    ...refusingHalf(location),
    changes: () =>
      state.run(() => {
        const environment = currentLocks();
        return (current()?.commits() ?? 0) + (environment === undefined ? 0 : countChanges(environment));
      }),
    describe: () => state.run(() => describe(folder)),
    locks: () =>
      state.run(() => {
        const environment = currentLocks();
        return environment === undefined ? [] : listLocks(environment);
      }),
    close: () =>
      state.close(() => {
        locks?.close();
        environment?.close();
        gate?.close();
      }),
  };
}

function enter(folder: string): Gate {
  try {
    makeFolders(folder);
    const gate = openGate(join(folder, 'gate'));
    try {
      probeSpace(join(folder, 'gate'));
    } catch (error) {
      gate.close();
      throw error;
    }
    return gate;
  } catch (error) {
    if (error instanceof JugError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') probeSpace(folder);
    throw cannotWrite(folder, error);
  }
}

function enterToRead(folder: string): Gate {
  try {
    return openGate(join(folder, 'gate'));
  } catch (error) {
    // Without the gate an open is harmless only where LMDB cannot write to its table of readers either.
    if (isWritable(join(folder, 'lock.mdb'))) {
      throw new JugError(
        `Cannot write to ${join(folder, 'gate')}, but to ${join(folder, 'lock.mdb')}: ${(error as Error).message}. Give this user both or neither`,
        2,
        {cause: error},
      );
    }
    return openGateway;
  }
}

/** In the gate. */
function openOrCreate(folder: string, gate: Gate): Environment {
  const found = examineFolder(folder);
  const dataFile = join(folder, 'data.mdb');
  if (found === 'store') {
    checkMarker(folder, KIND);
    if (!existsSync(dataFile)) {
      throw new StoreError(
        `The store ${folder} has lost its data file data.mdb. Restore it from a copy, or remove the whole folder to compute everything again`,
        true,
      );
    }
    examineData(dataFile);
  } else {
    beginMarker(folder, KIND, ENVIRONMENT_OPTIONS);
    // Left by a process that died while it created this store: nothing was acknowledged yet.
    for (const name of ['data.mdb', 'lock.mdb']) rmSync(join(folder, name), {force: true});
  }
  const environment = openEnvironment(folder, RESULT_TABLES, {readOnly: false, volatile: false}, gate)!;
  if (found !== 'store') finishMarker(folder);
  return environment;
}

/** In the gate. Locks of another boot are nobody's: their folder is removed unread. */
function openLocks(folder: string, gate: Gate): Environment {
  const mine = locksName();
  for (const name of readdirSync(folder)) {
    if (name.startsWith('locks-') && name !== mine) {
      rmSync(join(folder, name), {recursive: true, force: true});
    }
  }
  const locksFolder = join(folder, mine);
  // LMDB makes two pages at once; a shorter file is of a process that died at it.
  if (!hasData(locksFolder)) rmSync(locksFolder, {recursive: true, force: true});
  mkdirSync(locksFolder, {recursive: true});
  return openEnvironment(locksFolder, CLAIM_TABLES, {readOnly: false, volatile: true}, gate)!;
}

function locksName(): string {
  return `locks-${thisPlace().bootId}`;
}
