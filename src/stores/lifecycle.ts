// What a store refuses, whatever it does otherwise: every call once it was closed or broke, and changes if it was opened
// to be read.

import {JugError, StoreError} from '../core/errors.js';
import type {Store} from './store.js';

export interface Guard {
  /** Refuses when the store is closed or broken; notes a fatal error. */
  run<T>(fn: () => T | Promise<T>): Promise<T>;
  check(): void;
  /** Once; whatever happens in it, the store is closed afterwards. */
  close(fn: () => void | Promise<void>): Promise<void>;
}

export function guard(location: string): Guard {
  let fatal: StoreError | undefined;
  let closed = false;

  function check(): void {
    if (fatal !== undefined) throw fatal;
    if (closed) {
      throw new JugError(
        `Expected the store ${location} to be open, found it closed already.\nRead results before \`await store.close()\`; after a run, open them with \`await init(jugfile)\`.`,
      );
    }
  }

  return {
    check,
    async run(fn) {
      check();
      try {
        return await fn();
      } catch (error) {
        if (error instanceof StoreError && error.fatal) fatal = error;
        throw error;
      }
    },
    async close(fn) {
      if (closed) return;
      closed = true;
      try {
        await fn();
      } catch (error) {
        // What broke before was told before.
        if (fatal === undefined) throw error;
      }
    },
  };
}

/** The half that looks, and the one that changes something. */
export type ReadingHalf = Pick<Store, 'has' | 'load' | 'hashes' | 'heads' | 'failures' | 'origin'>;
type ChangingHalf = Pick<
  Store,
  'save' | 'remove' | 'removeFailures' | 'setAside' | 'acquire' | 'release' | 'breakLocks' | 'pack'
>;

/** Of a store that was opened to be read. */
export function refusingHalf(location: string): ChangingHalf {
  const refuse = async (): Promise<never> => {
    throw openedToRead(location);
  };
  return {
    save: refuse,
    remove: refuse,
    removeFailures: refuse,
    setAside: refuse,
    acquire: refuse,
    release: refuse,
    breakLocks: refuse,
    pack: refuse,
  };
}

export function openedToRead(location: string): Error {
  return new Error(`This is a bug in jug: the store ${location} was opened to be read only`);
}
