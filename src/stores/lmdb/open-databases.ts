// What an LMDB store that was opened to be written and one that was opened to be read have in common: two environments,
// each with a gate of its own, and what can be told of its folder.

import {join} from 'node:path';
import {JugError, StoreError} from '../../core/errors.js';
import {bytesIn, freeSpace, reasonOf} from '../folder.js';
import {type Guard, guard} from '../lifecycle.js';
import {FORMAT} from '../manifest.js';
import {thisPlace} from '../owner.js';
import type {Description, Note} from '../store.js';
import type {Environment} from './environment.js';
import type {Gate} from './safety/mutex.js';

export const KIND = 'lmdb';
/** Milliseconds: a look for changes is two reads of a number. */
export const INTERVAL = 60;

/** Results and locks have a gate each: nobody waits for another's results to be synced when all he wants is a lock. */
export interface Opened {
  readonly environment: Environment;
  readonly gate: Gate;
}

/** A guard that also tells what the system refuses beside LMDB: rights may come back, and files be closed. */
export function guardOf(folder: string, location: string): Guard {
  const state = guard(location);
  return {
    ...state,
    run: fn =>
      state.run(async () => {
        try {
          return await fn();
        } catch (error) {
          if (error instanceof JugError || typeof (error as NodeJS.ErrnoException).syscall !== 'string')
            throw error;
          throw new StoreError(`The store in ${folder} cannot be used now: ${reasonOf(error)}`, false, {
            cause: error,
          });
        }
      }),
  };
}

export function closeAll(...all: readonly (Opened | undefined)[]): void {
  for (const opened of all) {
    opened?.environment.close();
    opened?.gate.close();
  }
}

/** `damaged`: bundles. */
export function describe(folder: string, damaged: number): Description {
  const free = Math.floor(freeSpace(folder) / 2 ** 20);
  return {
    format: FORMAT,
    bytes: bytesIn(folder),
    notes: [{kind: 'fact', text: `${free} MB are free on its disk.`}, ...damageIn(damaged)],
  };
}

/** Locks belong to one boot of the machine. */
export function locksFolderIn(folder: string): string {
  return join(folder, `locks-${thisPlace().bootId}`);
}

function damageIn(bundles: number): Note[] {
  if (bundles === 0) return [];
  const what = bundles === 1 ? 'A bundle of results is' : `${bundles} bundles of results are`;
  return [
    {
      kind: 'damage',
      text: `${what} damaged: they count as not there, and \`jug execute\` computes them again.`,
    },
  ];
}
