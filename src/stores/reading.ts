// What an LMDB store does the same way whether it was opened to be read or to be written: look, and keep in
// mind that it was closed or broken.

import {StoreError} from '../errors.js';
import type {Results} from './results.js';
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
    if (closed) throw new Error(`This is a bug in jug: the store ${location} was used after it was closed`);
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

type ReadingHalf = Pick<Store, 'has' | 'load' | 'hashes' | 'heads' | 'failures' | 'origin'>;

/** `current` answers `undefined` for as long as there is no store. */
export function readingHalf(current: () => Results | undefined, state: Guard): ReadingHalf {
  async function* each<T>(
    list: (results: Results) => AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[]> {
    const results = await state.run(current);
    if (results === undefined) return;
    for await (const chunk of list(results)) {
      yield chunk;
      state.check();
    }
  }

  return {
    has: hashes => state.run(() => current()?.has(hashes) ?? hashes.map(() => false)),
    load: hashes => state.run(() => current()?.load(hashes) ?? hashes.map(() => undefined)),
    hashes: () => each(results => results.hashes()),
    heads: () => each(results => results.heads()),
    failures: () => each(results => results.failures()),
    origin: id => state.run(() => current()?.origin(id)),
  };
}
