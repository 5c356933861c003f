// An LMDB store that is opened to be read: by workers, and by commands that only look. Creates nothing, and works where
// nothing can be written.

import {join} from 'node:path';
import {JugError, StoreError} from '../../core/errors.js';
import {examineFolder, isFull, isWritable, makingRoom, reasonOf} from '../folder.js';
import {refusingHalf} from '../lifecycle.js';
import {checkMarker} from '../manifest.js';
import type {Store} from '../store.js';
import {type Environment, hasData, openEnvironment} from './environment.js';
import {largeFiles} from './large-files.js';
import {CLAIM_TABLES, countChanges, listLiving, listLocks} from './locks.js';
import {closeAll, describe, guardOf, INTERVAL, KIND, locksFolderIn, type Opened} from './open-databases.js';
import {readingHalf} from './reader.js';
import {openResults, RESULT_TABLES, type Results} from './results.js';
import {type Gate, openGate, openGateway} from './safety/mutex.js';
import {examineData} from './safety/preflight.js';

/** A store that is not there yet is empty, and looked for again at each call. */
export function openToRead(folder: string, location: string): Store {
  const state = guardOf(folder, location);
  const locksFolder = locksFolderIn(folder);
  let opened: Opened | undefined;
  let results: Results | undefined;
  let locks: Opened | undefined;

  function current(): Results | undefined {
    if (results !== undefined) return results;
    if (examineFolder(folder) !== 'store') return undefined;
    checkMarker(folder, KIND);
    opened = openOnly(folder, folder, RESULT_TABLES, false);
    results = opened && openResults(opened.environment, largeFiles(join(folder, 'large')));
    return results;
  }

  function currentLocks(): Environment | undefined {
    if (locks === undefined && current() !== undefined && hasData(locksFolder))
      locks = openOnly(folder, locksFolder, CLAIM_TABLES, true);
    return locks?.environment;
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
    describe: () => state.run(() => describe(folder, current()?.damaged() ?? 0)),
    locks: () =>
      state.run(() => {
        const environment = currentLocks();
        return environment === undefined ? [] : listLocks(environment);
      }),
    living: () =>
      state.run(() => {
        const environment = currentLocks();
        return environment === undefined ? [] : listLiving(environment);
      }),
    close: () =>
      state.close(() => {
        closeAll(locks, opened);
      }),
  };
}

/** `undefined`: it is not completely created yet. */
function openOnly(
  store: string,
  folder: string,
  tables: readonly string[],
  volatile: boolean,
): Opened | undefined {
  const gate = enterToRead(store, folder);
  let environment: Environment | undefined;
  try {
    environment = gate.hold(() => {
      if (!volatile) examineData(join(folder, 'data.mdb'));
      return openEnvironment(folder, tables, {readOnly: true, volatile}, gate);
    });
    return environment && {environment, gate};
  } finally {
    if (environment === undefined) gate.close();
  }
}

function enterToRead(store: string, folder: string): Gate {
  try {
    return openGate(join(folder, 'gate'), store);
  } catch (error) {
    const {message} = error as Error;
    if (isFull(error)) {
      throw new StoreError(
        `Cannot open the store in ${store}: not even a name can be made on its disk (${reasonOf(error)}). ${makingRoom(store)}`,
        false,
        {cause: error},
      );
    }
    // Without the gate an open is harmless only where LMDB cannot write to its table of readers either.
    if (isWritable(join(folder, 'lock.mdb'))) {
      throw new JugError(
        `Cannot write to ${join(folder, 'gate')}, but to ${join(folder, 'lock.mdb')}: ${message}. Give this user both or neither`,
        2,
        {cause: error},
      );
    }
    return openGateway;
  }
}
