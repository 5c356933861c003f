// The default store: LMDB on a local disk, for any number of processes on one machine. Puts together results
// (results.ts), locks (locks.ts) and the gates that each of both is opened and written through; decides what is
// refused, created and cleaned up at open. The laws behind it are in docs/architecture.md.

import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {JugError, StoreError} from '../../core/errors.js';
import {cannotWrite, examineFolder, isFull, makeFolders, networkOf} from '../folder.js';
import {beginMarker, checkMarker, finishMarker} from '../manifest.js';
import {mayShareBoot, thisOwner, thisPlace} from '../owner.js';
import {damagedOf, keepDamaged} from '../quarantine.js';
import type {Access, Packing, Store, StoreOptions} from '../store.js';
import {
  ENVIRONMENT_OPTIONS,
  type Environment,
  fileIdentity,
  hasData,
  openEnvironment,
} from './environment.js';
import {largeFiles, removeAbandonedDrafts} from './large-files.js';
import {CLAIM_TABLES, type Claims, countChanges, listLiving, listLocks, openClaims} from './locks.js';
import {closeAll, describe, guardOf, INTERVAL, KIND, locksFolderIn, type Opened} from './open-databases.js';
import {openToRead} from './read-only.js';
import {readingHalf} from './reader.js';
import {openResults, RESULT_TABLES, type Results} from './results.js';
import {type Gate, openGate, PATIENCE, PATIENCE_OF_RUNS, removedMeanwhile} from './safety/mutex.js';
import {examineData, failureToOpen, probeSpace} from './safety/preflight.js';
import {watchOnce} from './watch.js';

/** Milliseconds between two looks at whether the files are still the ones we opened. */
const LOOK_EVERY = 1000;
const NOTHING_TO_PACK: Packing = {
  kind: 'nothing',
  why: 'Nothing to pack: small results that were saved together share a place in the database already.',
};

export async function openLmdb(path: string, access: Access, {tryAgain}: StoreOptions): Promise<Store> {
  const folder = resolve(path);
  refuseNetwork(folder);
  const found = examineFolder(folder);
  if (access === 'read') return openToRead(folder, path);
  if (found === 'store') checkMarker(folder, KIND);
  return openToWrite(folder, path, tryAgain ? PATIENCE_OF_RUNS : PATIENCE);
}

function refuseNetwork(folder: string): void {
  const name = networkOf(folder);
  if (name === undefined) return;
  throw new JugError(
    `${folder} is on a network filesystem (${name}), where the default store would lose results. Use --jugdir file:${folder} for a store made for it, or redis://…`,
  );
}

function openToWrite(folder: string, location: string, patience: number): Store {
  const gate = enter(folder, patience);
  const large = largeFiles(join(folder, 'large'));
  let results: Results;
  let resultsEnvironment: Environment;
  let locks: Opened;
  let claims: Claims;
  try {
    resultsEnvironment = gate.hold(() => {
      gate.sweep();
      return openOrCreate(folder, gate);
    });
    results = openResults(resultsEnvironment, large);
    locks = gate.hold(() => openLocks(folder, patience));
    claims = openClaims(locks.environment, thisOwner());
  } catch (error) {
    gate.close();
    throw failureToOpen(error, folder);
  }
  void removeAbandonedDrafts(join(folder, 'large'));
  const identity = fileIdentity(resultsEnvironment.dataFile);
  const state = guardOf(folder, location);
  let looked = performance.now();

  function stillOurs(): void {
    const now = performance.now();
    if (now - looked < LOOK_EVERY) return;
    looked = now;
    if (fileIdentity(resultsEnvironment.dataFile) === identity) return;
    throw removedMeanwhile(folder);
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
          });
          // After their results: nobody who is given one of these locks can miss that it is finished.
          locks.gate.hold(() => claims.release(saving.release));
        } finally {
          for (const draft of drafts) await large.discard(draft);
        }
      }),
    remove: hashes => state.run(() => (hashes.length === 0 ? [] : gate.hold(() => results.remove(hashes)))),
    setAside: hashes =>
      state.run(async () => {
        const before = new Map(hashes.map(hash => [hash, results.stored(hash)]));
        const damaged = damagedOf(hashes, await results.load(hashes));
        keepDamaged(join(folder, 'damaged'), damaged);
        if (damaged.length === 0) return [];
        return gate.hold(() => {
          const left = damaged
            .map(([hash]) => hash)
            .filter(hash => areEqual(before.get(hash), results.stored(hash)));
          return results.remove(left);
        });
      }),
    removeFailures: hashes =>
      state.run(() => (hashes.length === 0 ? undefined : gate.hold(() => results.removeFailures(hashes)))),
    acquire: hashes =>
      state.run(() =>
        hashes.length === 0 ? [] : locks.gate.hold(() => claims.acquire(hashes, results.finishedTest)),
      ),
    release: hashes => state.run(() => locks.gate.hold(() => claims.release(hashes))),
    locks: () => state.run(() => listLocks(locks.environment)),
    living: () => state.run(() => listLiving(locks.environment)),
    breakLocks: everyone => state.run(() => locks.gate.hold(() => claims.break(everyone))),
    changes: () => state.run(() => results.commits() + countChanges(locks.environment)),
    watch: onChange => watchOnce([resultsEnvironment.dataFile, locks.environment.dataFile], onChange),
    describe: () => state.run(() => describe(folder, results.damaged())),
    pack: () =>
      state.run(() => {
        let packed = 0;
        let bundles = 0;
        for (const hashes of results.singles()) {
          const done = gate.hold(() => results.pack(hashes));
          packed += done.results;
          bundles += done.bundles;
        }
        return packed === 0
          ? NOTHING_TO_PACK
          : {kind: 'packed', results: packed, into: `${bundles} bundle${bundles === 1 ? '' : 's'}`};
      }),
    close: () =>
      state.close(() => {
        if (fileIdentity(resultsEnvironment.dataFile) === identity) giveBack(locks.gate, claims);
        closeAll(locks, {environment: resultsEnvironment, gate});
      }),
  };
}

function areEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

function giveBack(gate: Gate, claims: Claims): void {
  try {
    gate.hold(() => claims.releaseAll());
  } catch (error) {
    // On a full disk not even that can be written. Locks of a process that has ended are given away anyway.
    if (!(error instanceof StoreError)) throw error;
  }
}

function enter(folder: string, patience: number): Gate {
  try {
    makeFolders(folder);
    const gate = openGate(join(folder, 'gate'), folder, patience);
    try {
      probeSpace(join(folder, 'gate'), folder);
    } catch (error) {
      gate.close();
      throw error;
    }
    return gate;
  } catch (error) {
    if (error instanceof JugError) throw error;
    if (isFull(error)) probeSpace(folder);
    throw cannotWrite(folder, error);
  }
}

/** In the gate. */
function openOrCreate(folder: string, gate: Gate): Environment {
  const found = examineFolder(folder);
  if (found === 'store') {
    checkMarker(folder, KIND);
    examineData(join(folder, 'data.mdb'));
  } else {
    beginMarker(folder, KIND, ENVIRONMENT_OPTIONS);
    // Left by a process that died while it created this store: nothing was acknowledged yet.
    for (const name of ['data.mdb', 'lock.mdb']) rmSync(join(folder, name), {force: true});
  }
  const environment = openEnvironment(folder, RESULT_TABLES, {readOnly: false, volatile: false}, gate)!;
  if (found !== 'store') finishMarker(folder);
  return environment;
}

/** In the results' gate. Locks of another boot are nobody's: their folder is removed unread. */
function openLocks(folder: string, patience: number): Opened {
  const locksFolder = locksFolderIn(folder);
  const here = thisPlace();
  for (const name of readdirSync(folder)) {
    const bootId = /^locks-(.*)/s.exec(name)?.[1];
    if (bootId !== undefined && !mayShareBoot({...here, bootId}, here))
      rmSync(join(folder, name), {recursive: true, force: true});
  }
  // LMDB makes two pages at once; a shorter file is of a process that died at it.
  if (!hasData(locksFolder)) rmSync(locksFolder, {recursive: true, force: true});
  mkdirSync(locksFolder, {recursive: true});
  const gate = openGate(join(locksFolder, 'gate'), folder, patience);
  const environment = gate.hold(() => {
    gate.sweep();
    return openEnvironment(locksFolder, CLAIM_TABLES, {readOnly: false, volatile: true}, gate)!;
  });
  return {environment, gate};
}
